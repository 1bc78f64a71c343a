"""AI Challenger's score of predictions: COCO results as test_multiperson.py writes them for pictures that ai2coco.py
converted, in either layout, or a file in the challenge's own form."""
import argparse

from dataset.formats.ai_challenger import read_ai_challenger, read_predictions, write_predictions
from util.ai_challenger_score import THRESHOLDS, precisions
from util.command import run_command


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--annotations", required=True, help="the challenge's, which ai2coco.py converted")
    parser.add_argument("--predictions", default="predictions.json")
    parser.add_argument("--write", metavar="FILE", help="also write the predictions in the challenge's form")
    args = parser.parse_args()
    records = read_ai_challenger(args.annotations)
    predictions = read_predictions(args.predictions, records)
    if args.write:
        write_predictions(args.write, predictions)
        print("wrote %s: %d pictures" % (args.write, len(predictions)))
    annotated = {record.image_id: (record.keypoints, record.boxes) for record in records}
    missed, unknown = len(set(annotated) - set(predictions)), len(set(predictions) - set(annotated))
    print("%d people annotated in %d pictures, %d predicted" % (
        sum(len(record.boxes) for record in records), len(records), sum(map(len, predictions.values()))))
    print("%d pictures have no predictions: their people are missed" % missed)
    if unknown:
        print("%d pictures of the predictions are not annotated: they do not count" % unknown)
    found = precisions(annotated, predictions)
    for threshold, value in zip(THRESHOLDS, found):
        print("OKS > %.2f %.3f" % (threshold, value))
    print("score      %.4f" % found.mean())


if __name__ == "__main__":
    run_command(main)
