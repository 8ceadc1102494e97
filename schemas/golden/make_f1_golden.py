"""Writes f1.golden.json: pairs and scikit-learn's f1_score on them. Run by hand: python make_f1_golden.py > f1.golden.json"""
import json
import platform
import random

import sklearn
from sklearn.metrics import f1_score

random.seed(20261124)
CASES = []


def case(name, labels, predicted):
    # Categories as the monitor sees them: everything that occurs as label or prediction. None of those has 0/0.
    categories = sorted(set(labels) | set(predicted))
    CASES.append({
        "name": name, "labels": labels, "predicted": predicted, "categories": categories,
        "weighted": f1_score(labels, predicted, labels=categories, average="weighted", zero_division=0),
        "macro": f1_score(labels, predicted, labels=categories, average="macro", zero_division=0),
        "micro": f1_score(labels, predicted, labels=categories, average="micro", zero_division=0),
        "classes": list(f1_score(labels, predicted, labels=categories, average=None, zero_division=0)),
    })


case("all right", ["a", "b", "c"], ["a", "b", "c"])
case("all wrong", ["a", "b"], ["b", "a"])
case("one pair", ["a"], ["a"])
case("a category that is only predicted", ["a", "a", "b"], ["a", "c", "b"])
case("a category that is never predicted", ["a", "b", "b", "c"], ["a", "b", "a", "a"])
for n, names, right in [(10, 3, 0.5), (200, 5, 0.8), (1000, 5, 0.95), (1000, 5, 0.6), (5000, 8, 0.9), (3000, 2, 0.99)]:
    categories = [f"c{i}" for i in range(names)]
    weights = [1 / (i + 1) for i in range(names)]
    labels = random.choices(categories, weights, k=n)
    predicted = [label if random.random() < right else random.choice(categories) for label in labels]
    case(f"{n} pairs, {names} categories, about {right} right", labels, predicted)

print(json.dumps({"provenance": {"scikit-learn": sklearn.__version__, "python": platform.python_version(), "seed": 20261124, "script": "schemas/golden/make_f1_golden.py"}, "cases": CASES}))
