# The loop's join and tally in Faust: a table of pairs by prediction id, a table of counts by cell, changes sent from one to the other.
# Arguments: bootstrap servers, registry URL, application id, data folder, output topic.
import io
import json
import logging
import sys
import urllib.request

import faust
from fastavro import parse_schema, schemaless_reader

bootstrap, registry, group, data_dir, output = sys.argv[1:6]
app = faust.App(group, broker=f"kafka://{bootstrap}", datadir=data_dir, processing_guarantee="exactly_once", topic_partitions=4, topic_replication_factor=1, topic_disable_leader=True, web_enabled=False, producer_linger=0.02)
schemas = {}
logging.disable(logging.INFO)


def decode(value):
    """The registry's wire format: 0x00, schema id, Avro."""
    number = int.from_bytes(value[1:5], "big")
    if number not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{number}") as answer:
            schemas[number] = parse_schema(json.loads(json.load(answer)["schema"]))
    return schemaless_reader(io.BytesIO(value[5:]), schemas[number], None)


predictions = app.topic("predictions", key_type=str, value_serializer="raw")
feedback = app.topic("feedback", key_type=str, value_serializer="raw")
changes = app.topic(f"{group}-changes", key_type=str, value_type=int, partitions=4, internal=True)
tallied = app.topic(output, key_type=str, value_type=str, value_serializer="raw")
pairs = app.Table("pairs", default=dict, partitions=4)
counts = app.Table("counts", default=int, partitions=4)


async def pair(key, event):
    """A duplicate changes nothing, a correction takes back what it replaces."""
    before = pairs[key]
    after = {**before, **event}
    if after == before:
        return
    pairs[key] = after
    for one, by in ((before, -1), (after, 1)):
        if len(one) == 3:
            await changes.send(key=f"{one['version']}|{one['label']}|{one['predicted']}", value=by)


@app.agent(predictions)
async def on_prediction(stream):
    async for key, value in stream.items():
        prediction = decode(value)
        await pair(key, {"version": prediction["model_version"], "predicted": prediction["category"]})


@app.agent(feedback)
async def on_feedback(stream):
    async for key, value in stream.items():
        await pair(key, {"label": decode(value)["category"]})


@app.agent(changes)
async def on_change(stream):
    async for cell, by in stream.items():
        counts[cell] += by
        await tallied.send(key=cell, value=str(counts[cell]))


sys.argv = [sys.argv[0], "worker", "--loglevel", "warn", "--without-web"]
app.main()
