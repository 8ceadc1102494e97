# FastAPI + scikit-learn as a team would write it in an afternoon. MODEL names the pipeline; with KAFKA set every prediction is an event, answered after acks=all (aiokafka).
import json
import os
import time
import uuid
from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI
from pydantic import BaseModel, Field

pipeline = joblib.load(os.environ["MODEL"])
kafka, topic = os.environ.get("KAFKA", ""), os.environ.get("TOPIC", "")
producer = None


@asynccontextmanager
async def life(_app):
    global producer
    if kafka:
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
        await producer.start()
    yield
    if producer:
        await producer.stop()


app = FastAPI(lifespan=life)


class Ask(BaseModel):
    product_description: str = Field(min_length=1, max_length=2000)


@app.get("/health")
async def health():
    return {"status": "live"}


# Within the loop: a thread per request would cost more than so short a piece of work.
@app.post("/v1/predict")
async def predict(ask: Ask):
    probabilities = pipeline.predict_proba([ask.product_description])[0]
    answer = {
        "prediction_id": str(uuid.uuid4()),
        "category": str(pipeline.classes_[probabilities.argmax()]),
        "probabilities": [{"category": str(c), "probability": float(p)} for c, p in zip(pipeline.classes_, probabilities)],
        "model_name": "grocery",
        "model_version": "v1",
        "predicted_at": int(time.time() * 1000),
    }
    if producer:
        event = json.dumps({**answer, "product_description": ask.product_description}).encode()
        await producer.send_and_wait(topic, event, key=answer["prediction_id"].encode())
    return answer
