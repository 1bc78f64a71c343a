"""COCO's average precision of predictions.json (or predictions_with_segm.json) on the config's data set."""
import argparse

from dataset.coco_report import print_precision
from util.command import run_command
from util.config import load_config
from util.mscoco_util import predictions_file


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--predictions", help="default: predictions.json, with use_gt_segm predictions_with_segm.json")
    args = parser.parse_args()
    cfg = load_config(args.config)
    print_precision(cfg, args.predictions or predictions_file(cfg))


if __name__ == "__main__":
    run_command(main)
