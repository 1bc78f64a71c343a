"""PCK of predictions.mat against the config's data set: by the box, by the torso, and PCKh."""
import argparse

from dataset.pck_report import print_pck
from util.command import run_command
from util.config import load_config


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--dataset", help="instead of the config's")
    parser.add_argument("--predictions", default="predictions.mat")
    parser.add_argument("--worst", metavar="N", type=int, default=0, help="also list the N people farthest off")
    args = parser.parse_args()
    cfg = load_config(args.config)
    cfg.dataset = args.dataset or cfg.dataset
    print_pck(cfg, args.predictions, args.worst)


if __name__ == "__main__":
    run_command(main)
