"""Writes one feedback event. Knows only the broker and the registry. pip install confluent-kafka fastavro"""
import io, json, sys, urllib.request, uuid
import fastavro
from confluent_kafka import Producer

bootstrap, registry, prediction_id, category = sys.argv[1:5]
# librdkafka's default partitioner is CRC32. Ours is Java's murmur2: say so. If you forget, the join puts the record in its place.
partitioner = sys.argv[5] if len(sys.argv) > 5 else "murmur2_random"
compression = sys.argv[6] if len(sys.argv) > 6 else "none"

with urllib.request.urlopen(f"{registry}/subjects/feedback-value/versions/latest") as answer:
    latest = json.load(answer)
feedback = {"prediction_id": prediction_id, "feedback_id": str(uuid.uuid4()), "category": category, "source": "python"}
body = io.BytesIO()
fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(latest["schema"])), feedback)  # other fields: their defaults
value = b"\x00" + latest["id"].to_bytes(4, "big") + body.getvalue()

producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "partitioner": partitioner, "compression.type": compression})
producer.produce("feedback", key=prediction_id.encode(), value=value, on_delivery=lambda error, message: print(error or f"feedback on partition {message.partition()}"))
producer.flush()
