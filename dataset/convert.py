"""Turn labels of another form into a dataset.mat.

    python -m dataset.convert lsp/train/joints.mat lsp/train.mat   # Leeds Sports Poses
    python -m dataset.convert my-deeplabcut-project mice/mice.mat

Where there is no pose_cfg.yaml beside OUT.mat, one is written with which training can start.
"""
import argparse
import json
import os

import numpy as np
import yaml

from dataset.dataset_mat import DatasetError, write_dataset_mat
from dataset.formats.deeplabcut import read_deeplabcut
from dataset.formats.lsp import read_lsp
from util.command import run_command
from util.skeleton import MPII

PERSON_SIZE = 155  # px that joints should span: what the shipped weights were trained for
SHIPPED_WEIGHTS = "models/single/efficientnet-lite0-single"
CONFIG = """\
dataset: %(dataset)s
dataset_type: %(dataset_type)s
%(joints)s
# The network starts from the backbone of the shipped weights.
net_type: efficientnet_lite0
skip_connections: true
mean_pixel: [127.0, 127.0, 127.0]
init_weights: %(weights)s
location_refinement: true
locref_loss_weight: 0.05

# Pictures are resized so that joints span about 155 px, and cut to input_size around them for training.
global_scale: %(scale)s
input_size: 256
pos_dist_thresh: 12
scale_jitter_lo: 0.8
scale_jitter_up: 1.25
mirror: true
mixed_precision: true
rotation: 30          # 180 for animals seen from above
translation: 0.1
colour: 0.3

# About 15 minutes on two cores.
batch_size: 8
optimizer: adam
cosine: [0.001, 0.00001, 4000]
warmup_iters: 100
display_iters: 50
save_iters: 500
"""


def read(source):
    """(DataItems, Skeleton) of a source, whose form is told by what it is called. Raises DatasetError."""
    if os.path.isfile(os.path.join(source, "config.yaml")):
        return read_deeplabcut(source)
    if os.path.basename(source) == "joints.mat":
        return read_lsp(source), MPII
    raise DatasetError("%s is neither a DeepLabCut project (a folder with config.yaml) nor LSP's joints.mat" % source)


def starting_config(items, skeleton, dataset):
    """The text of a pose_cfg.yaml with which training on these pictures can start; dataset: the dataset.mat's name."""
    spans = [np.ptp(person[:, 1:], axis=0).max() for item in items for person in item.joints or [] if len(person) > 1]
    scale = float(np.clip(PERSON_SIZE / np.median(spans), 0.25, 2.0)) if spans else 1.0
    joints = {key: value for key, value in skeleton._asdict().items() if value}
    weights = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), SHIPPED_WEIGHTS)
    return CONFIG % {
        "dataset": json.dumps(dataset), "weights": json.dumps(weights),
        "dataset_type": "mpii" if skeleton == MPII else "default",
        "scale": round(scale, 3),
        "joints": yaml.safe_dump(dict(joints, num_joints=skeleton.num_joints), default_flow_style=None, width=100)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("out", metavar="OUT.mat")
    args = parser.parse_args()
    items, skeleton = read(args.source)
    write_dataset_mat(args.out, items)
    print("wrote %s: %d pictures" % (args.out, len(items)))
    config = os.path.join(os.path.dirname(args.out), "pose_cfg.yaml")
    if os.path.exists(config):
        print("%s is there already and was left alone" % config)
        return
    with open(config, "w") as stream:
        stream.write(starting_config(items, skeleton, os.path.basename(args.out)))
    print("wrote %s, with which train.py can start" % config)


if __name__ == "__main__":
    run_command(main)
