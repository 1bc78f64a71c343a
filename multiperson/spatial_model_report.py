"""How good a spatial model is: does it rank pairs of one person above others (AUC), and do its probabilities mean what
they say (calibration)?"""
import json
import os

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

BINS = 10


def held_out_probabilities(fits):
    """{(a, b): PairFit} -> {(a, b): [n]}: what fits say of the pictures that they have not seen."""
    return {pair: fit.held_out for pair, fit in fits.items()}


def model_probabilities(model, examples):
    """What a SpatialModel says of {(a, b): PairExamples} -> {(a, b): [n]}; for pictures outside its training."""
    return {(a, b): model.probability(a, b, pair.features) for (a, b), pair in examples.items()}


def make_report(examples, probabilities, joint_names):
    """The quality of probabilities {(a, b): [n]} of examples {(a, b): PairExamples} -> a dict for JSON.

    pairs: per pair the numbers of examples, AUC and log loss (natural logarithm), None where a class has no example
    mean_auc: over the pairs that have one, unweighted; calibration: over all examples, see calibration_curve
    """
    pairs = [dict(_quality(examples[a, b].same, probabilities[a, b]), joints=[a, b],
                  names=[joint_names[a], joint_names[b]]) for a, b in sorted(probabilities)]
    areas = [pair["auc"] for pair in pairs if pair["auc"] is not None]
    same, probability = (np.concatenate([np.zeros(0)] + parts) for parts in (
        [examples[pair].same for pair in probabilities], list(probabilities.values())))
    return {"mean_auc": float(np.mean(areas)) if areas else None, "lowest_auc": min(areas) if areas else None,
            "calibration": calibration_curve(same, probability), "pairs": pairs}


def _quality(same, probability):
    both = 0 < np.sum(same) < len(same)
    return {"positives": int(np.sum(same)), "negatives": int(len(same) - np.sum(same)),
            "auc": float(roc_auc_score(same, probability)) if both else None,
            "log_loss": float(log_loss(same, probability, labels=[0, 1])) if both else None}


def calibration_curve(same, probability):
    """Of pairs said to be one person's with a probability within each of BINS equal steps, how many are? -> a dict

    expected_error: the mean of |share - mean probability| over the bins, weighted by their examples (the expected
        calibration error of Naeini et al., AAAI 2015)
    """
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    filled = np.maximum(count, 1)
    mean, share = (np.bincount(place, values, BINS) / filled for values in (probability, same))
    error = float(np.abs(mean - share).dot(count) / max(len(place), 1))
    bins = [{"from": k / BINS, "to": (k + 1) / BINS, "examples": int(count[k]),
             "mean_probability": float(mean[k]), "share_of_one_person": float(share[k])}
            for k in range(BINS) if count[k]]
    return {"expected_error": error, "bins": bins}


def write_report(report, path):
    """Write a report as JSON to `path`, and as a picture next to it (.png)."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as stream:
        json.dump(report, stream, indent=1)
    _figure(report).savefig(os.path.splitext(path)[0] + ".png", dpi=100)


def _figure(report):
    """The calibration curve, and each pair's AUC."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # here: it takes long to load
    from matplotlib.figure import Figure
    pairs = sorted(report["pairs"], key=lambda pair: pair["auc"] or 0)
    figure = Figure(figsize=(12, max(4.0, 0.16 * len(pairs) + 1)))
    FigureCanvasAgg(figure)
    curve, areas = figure.subplots(1, 2)

    bins = report["calibration"]["bins"]
    curve.plot([0, 1], [0, 1], color="0.7")
    curve.plot([b["mean_probability"] for b in bins], [b["share_of_one_person"] for b in bins], "o-")
    for b in bins:
        curve.annotate(str(b["examples"]), (b["mean_probability"], b["share_of_one_person"]), (4, -10),
                       textcoords="offset points", fontsize=7)
    curve.set(xlabel="predicted probability that two detections are one person's",
              ylabel="share of pairs that are (numbers: pairs)", xlim=(0, 1), ylim=(0, 1),
              title="Calibration; expected error %.3f" % report["calibration"]["expected_error"])

    areas.barh(range(len(pairs)), [pair["auc"] or 0 for pair in pairs])
    areas.set_yticks(range(len(pairs)))
    areas.set_yticklabels(["%s - %s" % tuple(pair["names"]) for pair in pairs], fontsize=6)
    areas.set(xlim=(0.5, 1), title="AUC" if report["mean_auc"] is None else "AUC; mean %.3f" % report["mean_auc"])
    figure.tight_layout()
    return figure
