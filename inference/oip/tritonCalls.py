"""Every call that Triton's own Python client makes of a server and a model, against ours. Usage: tritonCalls.py HOST:PORT TOKEN MODEL TEXT...; prints what came back as JSON."""
import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

url, token, model, *texts = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
client = triton.InferenceServerClient(url)
told = {
    "live": client.is_server_live(), "ready": client.is_server_ready(), "model_ready": client.is_model_ready(model, headers=headers),
    "server": client.get_server_metadata(headers=headers), "model": client.get_model_metadata(model, headers=headers),
}
version = told["model"]["versions"][0]
told["version_ready"] = client.is_model_ready(model, version, headers=headers)


def ask(binary, names=None, request_id="", model_version="", ids=None, values=texts):
    def tensor(name, rows):
        one = triton.InferInput(name, [len(rows)], "BYTES")
        one.set_data_from_numpy(np.array([row.encode() for row in rows], dtype=np.object_), binary_data=binary)
        return one

    inputs = [tensor("product_description", values)] + ([] if ids is None else [tensor("prediction_id", ids)])
    outputs = None if names is None else [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    # The client writes into the headers it is given.
    return client.infer(model, inputs, model_version=model_version, outputs=outputs, request_id=request_id, headers=dict(headers))


def words(result, name):
    return [one.decode() if isinstance(one, bytes) else str(one) for one in result.as_numpy(name).reshape(-1)]


NAMES = ["category", "probability", "probabilities", "categories", "prediction_id"]
told["calls"] = {}
for how, result in {
    "json": ask(False, NAMES, request_id="mine"), "binary": ask(True, NAMES, request_id="mine", model_version=version), "all": ask(True, ids=[f"{sys.argv[1]}-{i}" .replace(".", "_") for i in range(len(texts))]),
    "some": ask(False, ["category"]),
}.items():
    response = result.get_response()
    told["calls"][how] = {
        "id": response.get("id"), "version": response["model_version"], "outputs": [one["name"] for one in response["outputs"]], "category": words(result, "category"),
        **({} if how == "some" else {"categories": words(result, "categories"), "prediction_id": words(result, "prediction_id"), "shape": list(result.as_numpy("probabilities").shape), "sums": result.as_numpy("probabilities").sum(axis=1).tolist(), "probability": result.as_numpy("probability").tolist()}),
    }
told["refusals"] = {}
for name, call in {"empty": lambda: ask(True, values=[" "]), "version": lambda: ask(False, model_version="none"), "model": lambda: client.get_model_metadata("none", headers=headers)}.items():
    try:
        call()
        told["refusals"][name] = None
    except InferenceServerException as error:
        told["refusals"][name] = [error.status(), error.message()]
print(json.dumps(told))
