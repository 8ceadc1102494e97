"""Prints predictions as JSON lines. Knows only the broker and the registry. pip install confluent-kafka fastavro"""
import io, json, sys, urllib.request
import fastavro
from confluent_kafka import Consumer

bootstrap, registry, how_many = sys.argv[1], sys.argv[2], int(sys.argv[3])
schemas = {}

def decode(value):
    schema_id = int.from_bytes(value[1:5], "big")  # 0x00, schema id, Avro
    if schema_id not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{schema_id}") as answer:
            schemas[schema_id] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schemas[schema_id])

consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "example-reader", "auto.offset.reset": "earliest", "enable.auto.commit": False, "isolation.level": "read_committed"})
consumer.subscribe(["predictions"])
while how_many > 0:
    message = consumer.poll(1.0)
    if message is None or message.error():
        continue
    print(json.dumps(decode(message.value()), default=str), flush=True)
    how_many -= 1
consumer.close()
