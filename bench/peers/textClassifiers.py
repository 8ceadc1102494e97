"""Other text classifiers for ./loop bench train. Arguments: kind, job file, seed. One line of JSON, as bench/train/contender.ts wants it."""
import json
import os
import pickle
import resource
import sys
import tempfile
import time

import numpy as np

kind, job_file, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(job_file, encoding="utf-8") as file:
    job = json.load(file)
texts, labels = job["texts"], job["labels"]
train_texts, train_labels = [texts[i] for i in job["train"]], [labels[i] for i in job["train"]]
test_texts = [texts[i] for i in job["test"]]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def scikit_learn(grams, model):
    """Returns (fit, answer, size in bytes)."""
    import sklearn
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC

    word = ("word", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True))
    char = ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True))
    features = FeatureUnion({"word": [word], "wordchar": [word, char]}[grams])
    classifier = {"svc": LinearSVC(C=0.3, random_state=seed), "logreg": LogisticRegression(C=10, max_iter=200, random_state=seed)}[model]
    pipeline = make_pipeline(features, classifier)

    def answer(some):
        if model == "logreg":
            probabilities = pipeline.predict_proba(some)
        else:  # it has none: the softmax of its margins stands in
            probabilities = softmax(pipeline.decision_function(some))
        return [str(pipeline.classes_[i]) for i in probabilities.argmax(axis=1)], probabilities.max(axis=1)

    return lambda: pipeline.fit(train_texts, train_labels), answer, lambda: len(pickle.dumps(pipeline)), f"scikit-learn {sklearn.__version__}"


def fast_text():
    import fasttext

    names = sorted(set(labels))
    folder = tempfile.mkdtemp()
    path, stored = os.path.join(folder, "train.txt"), os.path.join(folder, "model.bin")
    model = []

    def clean(text):
        return " ".join(text.lower().split())

    def fit():
        with open(path, "w", encoding="utf-8") as file:
            for text, label in zip(train_texts, train_labels):
                file.write(f"__label__{names.index(label)} {clean(text)}\n")
        model.append(fasttext.train_supervised(path, dim=64, epoch=15, lr=0.5, wordNgrams=2, minn=3, maxn=4, bucket=500000, thread=2, verbose=0))

    def answer(some):
        # The wrapper's predict does not know NumPy 2; what it wraps does.
        found = [model[0].f.predict(clean(text) + "\n", 1, 0.0, "strict")[0] for text in some]
        return [names[int(label.removeprefix("__label__"))] for _, label in found], np.minimum(1.0, np.array([p for p, _ in found]))

    def size():
        model[0].save_model(stored)
        return os.path.getsize(stored)

    return fit, answer, size, "fasttext 0.9.3"


fit, answer, size, versions = fast_text() if kind == "fasttext" else scikit_learn(*kind.split("-"))


def cpu():
    return sum(os.times()[:2])


began, cpu_began = time.perf_counter(), cpu()
fit()
train_seconds, train_cpu = time.perf_counter() - began, cpu() - cpu_began
began = time.perf_counter()
predicted, confidence = answer(test_texts)
per_second = len(test_texts) / (time.perf_counter() - began)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({
    "predicted": predicted, "confidence": [float(c) for c in confidence], "trainSeconds": train_seconds, "trainCpuSeconds": train_cpu,
    "peakRssBytes": peak, "modelBytes": size(), "predictionsPerSecond": per_second, "versions": versions,
}))
