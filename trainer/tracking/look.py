"""What MLflow's own Python client finds about one model, as JSON. Arguments: the model's name, a folder to download the champion into."""
import hashlib, json, os, sys
import mlflow
from mlflow import MlflowClient

name, folder = sys.argv[1:3]
client = MlflowClient()
experiment = client.get_experiment_by_name(name)

def files(run_id, path=None):
    for one in client.list_artifacts(run_id, path):
        yield from files(run_id, one.path) if one.is_dir else [one.path]

def run(found):
    history = {key: [[m.step, m.value] for m in client.get_metric_history(found.info.run_id, key)] for key in ("loss", "eval_f1", "eval_f1_min")}
    datasets = [{"digest": one.dataset.digest, "source": json.loads(one.dataset.source)["uri"]} for one in found.inputs.dataset_inputs]
    return {"run_id": found.info.run_id, "status": found.info.status, "name": found.info.run_name, "start": found.info.start_time, "end": found.info.end_time, "tags": found.data.tags, "params": found.data.params,
            "metrics": found.data.metrics, "history": history, "datasets": datasets, "artifacts": sorted(files(found.info.run_id))}

def version(one):
    return {"version": one.version, "run_id": one.run_id, "aliases": list(one.aliases), "tags": one.tags}

def champion():
    one = client.get_model_version_by_alias(name, "champion")
    home = mlflow.artifacts.download_artifacts(artifact_uri=one.source, dst_path=folder)
    sha = {file: hashlib.sha256(open(os.path.join(home, file), "rb").read()).hexdigest() for file in sorted(os.listdir(home))}
    return {**version(client.get_model_version(name, one.version)), "files": sha}

runs = [] if experiment is None else client.search_runs([experiment.experiment_id], max_results=500)
versions = client.search_model_versions(f"name = '{name}'", max_results=500)
print(json.dumps({"client": mlflow.__version__, "runs": [run(one) for one in runs], "versions": [version(one) for one in versions], "champion": champion() if versions else None}))
