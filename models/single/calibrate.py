"""What a joint's score means: the share of joints that are right, by score, on held-out people, whole and cut off.

    python models/single/calibrate.py       # after prepare.py; the end of it is the config's score_threshold
"""
import argparse
import os

import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import read_dataset_mat
from nnet.predict import PosePredictor
from util import pck
from util.config import cfg_from_file
from util.image import read_image
from util.skeleton import MPII

HERE = os.path.dirname(os.path.abspath(__file__))


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=os.path.join(HERE, "test/pose_cfg.yaml"))
    parser.add_argument("--data", default=os.path.join(HERE, "train/work"), help="folder that prepare.py wrote")
    args = parser.parse_args()
    predictor = PosePredictor(cfg_from_file(args.config))
    items = [item for name in ("lsp_val", "mpii_val")
             for item in read_dataset_mat(os.path.join(args.data, name + ".mat")) if item.joints]
    pairs = np.array([pair for item in tqdm(items) for pair in scores_and_hits(predictor, item)], float)
    scores, right = pairs.T
    edges = np.arange(0, 1.01, 0.05)
    shares = []
    print("score        joints   share right")
    for low, high in zip(edges[:-1], edges[1:]):
        chosen = (scores >= low) & (scores < high)
        shares.append(right[chosen].mean() if chosen.any() else np.nan)
        print("%.2f - %.2f  %7d   %.2f" % (low, high, chosen.sum(), shares[-1]))
    threshold = next(low for low, share in zip(edges, shares) if share >= 0.5)
    shown = scores >= threshold
    print("from %.2f on a joint is more likely right than wrong: score_threshold. Above it %.0f %% of the joints drawn are "
          "right, and %.0f %% of the right ones are drawn."
          % (threshold, 100 * right[shown].mean(), 100 * right[shown].sum() / right.sum()))


if __name__ == "__main__":
    main()
