"""Predict one person in each picture of the config's data set: writes predictions.mat, drawn pictures and maps."""
import argparse

from nnet.testing import predict_poses
from util.command import run_command
from util.config import load_config


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--dataset", help="instead of the config's")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--novis", action="store_true", help="draw no pictures")
    parser.add_argument("--cache", action="store_true", help="write the maps to scoremap_dir")
    parser.add_argument("--out", default=".", help="folder of predictions.mat and the drawn pictures")
    args = parser.parse_args()
    cfg = load_config(args.config)
    cfg.init_weights = args.weights or cfg.init_weights
    cfg.dataset = args.dataset or cfg.dataset
    predict_poses(cfg, args.out, not args.novis, args.cache)


if __name__ == "__main__":
    run_command(main)
