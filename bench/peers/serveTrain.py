# The classifier of the Python servers in `bench serve`: word TF-IDF and logistic regression, learnt from the same rows as ours. Arguments: job file, where the pipeline goes.
# The job file holds texts, labels, and which are to learn from and to judge by. One line of JSON tells the quality.
import json
import sys

import joblib
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

job = json.load(open(sys.argv[1], encoding="utf-8"))
texts, labels = job["texts"], job["labels"]
pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=200, random_state=42))
pipeline.fit([texts[i] for i in job["train"]], [labels[i] for i in job["train"]])
predicted = pipeline.predict([texts[i] for i in job["test"]])
joblib.dump(pipeline, sys.argv[2])
print(json.dumps({"weighted": f1_score([labels[i] for i in job["test"]], predicted, average="weighted"), "versions": f"scikit-learn {sklearn.__version__}"}))
