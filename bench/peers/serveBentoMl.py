# BentoML + scikit-learn. MODEL names the pipeline.
import os
import time
import uuid

import bentoml
import joblib


@bentoml.service(workers=int(os.environ.get("WORKERS", "2")), traffic={"timeout": 30}, metrics={"enabled": False})
class Classifier:
    def __init__(self):
        self.pipeline = joblib.load(os.environ["MODEL"])

    @bentoml.api
    async def predict(self, product_description: str) -> dict:
        probabilities = self.pipeline.predict_proba([product_description])[0]
        classes = self.pipeline.classes_
        return {
            "prediction_id": str(uuid.uuid4()),
            "category": str(classes[probabilities.argmax()]),
            "probabilities": [{"category": str(c), "probability": float(p)} for c, p in zip(classes, probabilities)],
            "model_name": "grocery",
            "model_version": "v1",
            "predicted_at": int(time.time() * 1000),
        }
