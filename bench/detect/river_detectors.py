"""ADWIN, DDM and Page-Hinkley of River, with their defaults, over streams of label bytes. Each is fed the error bit of every label and resets itself after a drift.

usage: river_detectors.py PLAN.json STREAMS.bin
A plan: [{"categories": K, "runs": N, "labels": L, "enough": E}], the streams one after the other. Prints one JSON line per stream:
{"adwin": [positions of drifts, up to and with the first at or beyond E], "ddm": [...], "ph": [...]}
"""
import json
import sys

from river import drift
from river.drift import binary

DETECTORS = {"adwin": drift.ADWIN, "ddm": binary.DDM, "ph": drift.PageHinkley}


def drifts(make, errors, enough):
    detector = make()
    update = detector.update
    found = []
    for i, error in enumerate(errors):
        update(error)
        if detector.drift_detected:
            found.append(i)
            if i >= enough:
                break
    return found


def main(plan, streams):
    for part in json.load(open(plan)):
        k = part["categories"]
        is_error = bytes(0 if cell // k == cell % k else 1 for cell in range(256))
        for _ in range(part["runs"]):
            errors = streams.read(part["labels"]).translate(is_error)
            print(json.dumps({name: drifts(make, errors, part["enough"]) for name, make in DETECTORS.items()}), flush=True)


with open(sys.argv[2], "rb") as file:
    main(sys.argv[1], file)
