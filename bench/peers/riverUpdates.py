# How many labels a second River's metrics take: a confusion matrix for all time, weighted F1 of it, and weighted F1 of a rolling window of 1,000.
# Reads a JSON list of [label, predicted] from the standard input, prints labels per second.
import json
import sys
import time

from river import metrics, utils

pairs = json.load(sys.stdin)
matrix = metrics.ConfusionMatrix()
total = metrics.WeightedF1(cm=matrix)
window = utils.Rolling(metrics.WeightedF1, window_size=1000)
started = time.perf_counter()
for label, predicted in pairs:
    matrix.update(label, predicted)
    window.update(label, predicted)
total.get()
window.get()
print(len(pairs) / (time.perf_counter() - started))
