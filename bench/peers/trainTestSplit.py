"""scikit-learn's stratified split of rows: labels as a JSON list on standard input, {"train": [...], "test": [...]} on standard output."""
import json
import sys

from sklearn.model_selection import train_test_split

labels = json.load(sys.stdin)
train, test = train_test_split(list(range(len(labels))), test_size=0.2, random_state=42, stratify=labels)
print(json.dumps({"train": train, "test": test}))
