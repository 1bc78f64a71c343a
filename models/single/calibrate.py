"""What a joint's score means: the share of joints that are right, by score, on held-out people, whole and cut off.

    python models/single/calibrate.py       # after prepare.py; draws reliability.png beside it

The end of what it prints is the config's score_threshold.
"""
import argparse
import os

import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import read_dataset_mat
from nnet.predict import PosePredictor
from util import pck
from util.config import cfg_from_file
from util.image import read_image
from util.skeleton import MPII

HERE = os.path.dirname(os.path.abspath(__file__))
SETS = {"lsp_val": "LSP-extended", "mpii_val": "MPII"}
EDGES = np.linspace(0, 1, 21)  # of the ranges of scores
ODDS = 2.6  # of 2, 2.4, 2.6, 2.8, 3 the one with which the printed distance is smallest


def cut(image, pose):
    """The picture, and its upper and lower part, cut at half the person's height: [(part, first row)]."""
    middle = int(np.clip(pose[:, 1].mean(), 40, image.shape[0] - 40))
    return [(image, 0), (image[:middle], 0), (image[middle:], middle)]


def scores_and_hits(predictor, item):
    """[(score, right)] of the labelled joints in the picture and in its halves. A joint that was cut off is never right:
    it should score low."""
    poses, labelled = pck.stack_people(item.joints[:1], MPII.num_joints)
    torso = pck.pair_lengths(poses, labelled, *pck.torso_joints(MPII))
    if not np.isfinite(torso[0]):
        return []
    image = read_image(item.im_path)
    found = []
    for part, first_row in cut(image, poses[0][labelled[0]]):
        pose = predictor.find(part).pose
        truth = poses[0] - [0, first_row]
        inside = (truth >= 0).all(axis=1) & (truth < part.shape[1::-1]).all(axis=1)
        near = np.linalg.norm(pose[:, :2] - truth, axis=1) <= 0.2 * torso[0]
        found += list(zip(pose[labelled[0], 2], (near & inside)[labelled[0]]))
    return found


def reliability(pairs):
    """(joints, mean score, share that is right) of each range of scores, from [N, 2] (score, right); nan where it is empty."""
    place = np.clip(np.digitize(pairs[:, 0], EDGES), 1, len(EDGES) - 1) - 1
    counts, scores, right = (np.bincount(place, weights, len(EDGES) - 1) for weights in [None] + list(pairs.T))
    with np.errstate(invalid="ignore"):
        return counts, scores / counts, right / counts


def probability(scores):
    """That a joint is right, by its score: the odds are ODDS times those that the score says."""
    return ODDS * scores / (1 + (ODDS - 1) * scores)


def distance(pairs):
    """Between scores and the shares that are right, a mean over the joints."""
    counts, scores, shares = reliability(pairs)
    return np.nansum(counts * np.abs(scores - shares)) / len(pairs)


def draw(path, found):
    """found: {name of a set: [N, 2] (score, right)}"""
    figure, axis = plt.subplots(figsize=(5, 4))
    axis.plot([0, 1], [0, 1], color="0.7", label="if scores were probabilities")
    for name, pairs in dict(found, both=np.concatenate(list(found.values()))).items():
        _, scores, shares = reliability(pairs)
        axis.plot(scores, shares, marker=".", label=name)
    axis.set(xlabel="score", ylabel="share of joints that are right", xlim=(0, 1), ylim=(0, 1))
    axis.legend(frameon=False, loc="lower right")
    figure.savefig(path, dpi=80, bbox_inches="tight")


def report(found):
    """Print the shares by score, and the score from which on joints are more likely right than wrong in each set."""
    pairs = np.concatenate(list(found.values()))
    shares = [reliability(of_set)[2] for of_set in found.values()]
    print("score         joints   share that is right: %s" % ", ".join(found))
    for low, high, count, share in zip(EDGES[:-1], EDGES[1:], reliability(pairs)[0], zip(*shares)):
        print("%.2f - %.2f  %7d   %s" % (low, high, count, "  ".join("%.2f" % value for value in share)))
    threshold = next(low for low, share in zip(EDGES, zip(*shares)) if min(share) >= 0.5)
    shown, right = pairs[:, 0] >= threshold, pairs[:, 1]
    print("mean distance of a score from its share: %.3f; with %g s / (1 + %g s) for a score s: %.3f" % (
        distance(pairs), ODDS, ODDS - 1, distance(np.column_stack([probability(pairs[:, 0]), right]))))
    print("from %.2f on a joint is more likely right than wrong: score_threshold. Above it %.0f %% of the joints drawn are "
          "right, and %.0f %% of the right ones are drawn."
          % (threshold, 100 * right[shown].mean(), 100 * right[shown].sum() / right.sum()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=os.path.join(HERE, "test/pose_cfg.yaml"))
    parser.add_argument("--data", default=os.path.join(HERE, "train/work"), help="folder that prepare.py wrote")
    args = parser.parse_args()
    predictor = PosePredictor(cfg_from_file(args.config))
    found = {}
    for file, name in SETS.items():
        items = [item for item in read_dataset_mat(os.path.join(args.data, file + ".mat")) if item.joints]
        found[name] = np.array([pair for item in tqdm(items, name) for pair in scores_and_hits(predictor, item)], float)
    report(found)
    draw(os.path.join(HERE, "reliability.png"), found)


if __name__ == "__main__":
    main()
