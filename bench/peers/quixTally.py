# The loop's join and tally in Quix Streams: both topics as one stream, one state per prediction id, changes re-keyed by cell and summed.
# (Its own joins are append-only: a correction could not take back what it replaces.) Exactly once.
# Arguments: bootstrap servers, registry URL, consumer group, state folder, output topic.
import sys

from quixstreams import Application
from quixstreams.models.serializers.avro import AvroDeserializer
from quixstreams.models.serializers.schema_registry import SchemaRegistryClientConfig

bootstrap, registry, group, state_dir, output = sys.argv[1:6]
app = Application(broker_address=bootstrap, consumer_group=group, state_dir=state_dir, auto_offset_reset="earliest", processing_guarantee="exactly-once", loglevel="WARNING")
avro = AvroDeserializer(schema_registry_client_config=SchemaRegistryClientConfig(url=registry))
predictions = app.dataframe(app.topic("predictions", value_deserializer=avro, key_deserializer="str"))
feedback = app.dataframe(app.topic("feedback", value_deserializer=avro, key_deserializer="str"))


def pair(event, state):
    """What an event changes: [[cell, -1 or 1], ...]. A duplicate changes nothing, a correction takes back what it replaces."""
    before = state.get("pair", {})
    after = {**before, **event}
    if after == before:
        return []
    state.set("pair", after)
    return [[f"{one['version']}|{one['label']}|{one['predicted']}", by] for one, by in ((before, -1), (after, 1)) if len(one) == 3]


def add(change, state):
    total = state.get("count", 0) + change[1]
    state.set("count", total)
    return str(total)


predictions = predictions.apply(lambda p: {"version": p["model_version"], "predicted": p["category"]})
feedback = feedback.apply(lambda f: {"label": f["category"]})
tally = predictions.concat(feedback).apply(pair, stateful=True, expand=True).group_by(lambda change: change[0], name="cell", key_serializer="str", key_deserializer="str")
tally.apply(add, stateful=True).to_topic(app.topic(output, key_serializer="str", value_serializer="str"))
app.run()
