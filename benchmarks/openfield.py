"""A mouse, four points: trains on a random half of DeepLabCut's example project, openfield (Mathis et al., Nature
Neuroscience 2018), measures on the other half, and predicts the project's video with the last seed's network.

    pip install -e ".[video]"
    python benchmarks/openfield.py openfield       # the project's folder; three seeds

The training is what dataset.convert writes for anybody's data, but for the rotation, as its comment says. Stopped, the same
command goes on. What it writes, the drawn video among it, is in out/openfield.
"""
import argparse
import csv
import glob
import os

import numpy as np
from tqdm import tqdm

from dataset import convert
from dataset.pose_dataset import read_picture
from nnet.predict import PosePredictor
from nnet.schedule import last_iteration
from nnet.training import train
from util import pck
from util.command import run_command
from util.config import cfg_from_file
from util.logging import setup_logging
from util.video import open_video, writing_video
from util.visualize import draw_pose

EVERY = 10  # of so many frames of the video one is predicted


def halves(items, seed):
    """(items to train on, items to measure on), drawn at random."""
    order = np.random.RandomState(seed).permutation(len(items))
    return [[items[place] for place in part] for part in np.array_split(order, 2)]


def trained(items, skeleton, folder, seed):
    """The predictor that a training on these pictures gives."""
    convert.write(os.path.join(folder, "mouse.mat"), items, skeleton)
    cfg = cfg_from_file(os.path.join(folder, "pose_cfg.yaml"))
    cfg.update(seed=seed, rotation=180, snapshot_prefix=os.path.join(folder, "snapshot"),
               log_dir=os.path.join(folder, "log"))
    train(cfg)
    cfg.init_weights = "%s-%d" % (cfg.snapshot_prefix, last_iteration(cfg))
    return PosePredictor(cfg)


def errors(predictor, items, skeleton):
    """[N, J] px from where each joint is to where it was found; nan where it is not labelled."""
    poses, labelled = pck.stack_people([item.joints[0] for item in items], skeleton.num_joints)
    found = np.array([predictor.find(read_picture(item)).pose for item in tqdm(items, "measuring")])
    return np.where(labelled, np.linalg.norm(found[..., :2] - poses, axis=2), np.nan)


def print_errors(name, distances, skeleton):
    """distances: [N, J] px"""
    print("%s: mean error %.2f px, root mean square %.2f px; %s" % (
        name, np.nanmean(distances), np.sqrt(np.nanmean(distances ** 2)), ", ".join(
            "%s %.2f" % joint for joint in zip(skeleton.joint_names, np.nanmean(distances, axis=0)))))


def predict_video(predictor, path, out, skeleton):
    """Write every tenth frame of a video, with the points that were found, as OUT.mp4, and the points as OUT.csv."""
    video = open_video(path)
    with writing_video(out + ".mp4", video.fps / EVERY) as drawn, open(out + ".csv", "w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["frame"] + [name + part for name in skeleton.joint_names for part in ("_x", "_y", "_score")])
        for frame in tqdm(video.frames(EVERY), "predicting", video.expected(EVERY)):
            pose = predictor.find(frame.image).pose
            table.writerow([frame.number] + ["%.2f" % value for value in pose.ravel()])
            drawn.write(draw_pose(frame.image, pose, skeleton, predictor.cfg.score_threshold), frame.time)
    print("wrote %s.mp4 and %s.csv" % (out, out))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="DeepLabCut's openfield: the folder of its config.yaml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", default="out/openfield")
    args = parser.parse_args()
    setup_logging()
    items, skeleton = convert.read_all([args.project])
    distances = []
    for seed in args.seeds:
        to_train, to_measure = halves(items, seed)
        predictor = trained(to_train, skeleton, os.path.join(args.out, "seed-%d" % seed), seed)
        distances.append(errors(predictor, to_measure, skeleton))
        print_errors("seed %d" % seed, distances[-1], skeleton)
    print_errors("all seeds", np.concatenate(distances), skeleton)
    for path in sorted(glob.glob(os.path.join(args.project, "videos", "*"))):
        predict_video(predictor, path, os.path.join(args.out, os.path.splitext(os.path.basename(path))[0]), skeleton)


if __name__ == "__main__":
    run_command(main)
