"""Look at a data set as the network sees it: draws training pictures with their joints and target maps to files. Or look at
who was followed in a video: a strip of its frames, and a short moving picture, each track in a colour of its own.

    python vis_dataset.py --config pose_cfg.yaml
    python vis_dataset.py --poses out/street_pose.jsonl --video street.mp4    # out/dataset/street_pose.png and .webp
"""
import argparse
import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 (after the backend is chosen)
import numpy as np  # noqa: E402

from dataset import factory  # noqa: E402
from dataset.pose_dataset import Batch  # noqa: E402
from multiperson.strip import write_strip  # noqa: E402
from nnet.predict import argmax_pose_predict  # noqa: E402
from util.command import UserError, run_command  # noqa: E402
from util.config import load_config  # noqa: E402
from util.visualize import show_heatmaps  # noqa: E402


def draw(cfg, out, count):
    """Write <out>/<number>_<image>.png for the first pictures of an epoch: each joint's map, and the joints that the
    maps and location refinements encode. Raises UserError."""
    cfg.batch_size = 1
    dataset = factory.create(cfg)
    if not dataset.has_gt:
        raise UserError("the data set %s has no joints to draw" % cfg.dataset)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--out", default="out/dataset", help="folder of the drawings")
    parser.add_argument("--count", type=int, default=10, help="how many pictures, or frames")
    parser.add_argument("--poses", help="instead of a data set: what demo/video.py wrote about --video")
    parser.add_argument("--video", help="a file, or a folder of pictures")
    args = parser.parse_args()
    if (args.poses is None) != (args.video is None):
        parser.error("--poses and --video go together")
    if args.count < 1:
        parser.error("--count: %d is not at least 1" % args.count)
    if args.poses:
        print("wrote %s and %s" % tuple(write_strip(args.poses, args.video, args.out, args.count)))
    else:
        draw(load_config(args.config), args.out, args.count)


if __name__ == "__main__":
    run_command(main)
