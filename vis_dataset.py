"""Look at a data set as the network sees it: draws training pictures with their joints and target maps to files."""
import argparse
import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (after the backend is chosen)
import numpy as np  # noqa: E402

from dataset import factory  # noqa: E402
from dataset.pose_dataset import Batch  # noqa: E402
from nnet.predict import argmax_pose_predict  # noqa: E402
from util.command import run_command  # noqa: E402
from util.config import load_config  # noqa: E402
from util.visualize import show_heatmaps  # noqa: E402


def draw(cfg, out, count):
    """Write <out>/<number>_<image>.png for the first pictures of an epoch: each joint's map, and the joints that the
    maps and location refinements encode."""
    cfg.batch_size = 1
    dataset = factory.create(cfg)
    os.makedirs(out, exist_ok=True)
    for number in range(min(count, dataset.num_images)):
        batch = dataset.next_batch()
        image = batch[Batch.inputs][0].astype(np.uint8)
        scores = batch[Batch.part_score_targets][0]
        locref = None
        if cfg.location_refinement:
            locref = batch[Batch.locref_targets][0].reshape(scores.shape + (2,)) * cfg.locref_stdev
        pose = argmax_pose_predict(scores, locref, cfg.stride)
        pose[pose[:, 2] == 0] = np.nan  # a joint that the picture has not
        figure = show_heatmaps(cfg, image, scores, pose[np.isfinite(pose[:, 2])])
        name = os.path.splitext(os.path.basename(batch[Batch.data_item].im_path))[0]
        path = os.path.join(out, "%03d_%s.png" % (number, name))
        figure.savefig(path, dpi=80)
        plt.close(figure)
        print("wrote %s" % path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--out", default="out/dataset", help="folder of the drawings")
    parser.add_argument("--count", type=int, default=10, help="how many pictures")
    args = parser.parse_args()
    draw(load_config(args.config), args.out, args.count)


if __name__ == "__main__":
    run_command(main)
