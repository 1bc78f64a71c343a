"""Predict everybody in each picture of the config's COCO data set: writes COCO results (predictions.json), poses.json
(with the joints' scores, for dataset.export) and drawn pictures."""
import argparse

from multiperson.testing import predict_people
from util.command import run_command
from util.config import load_config

DEV_PICTURES = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--novis", action="store_true", help="draw no pictures")
    parser.add_argument("--cache", action="store_true", help="write the maps to scoremap_dir")
    parser.add_argument("--dev", action="store_true", help="only the first %d pictures" % DEV_PICTURES)
    parser.add_argument("--gt_parts", action="store_true",
                        help="give the annotated joints to the assembly, to judge it apart from the detection")
    parser.add_argument("--out", default=".", help="folder of predictions.json, poses.json and the drawn pictures")
    args = parser.parse_args()
    written = predict_people(load_config(args.config), args.out, args.cache, args.gt_parts, not args.novis,
                             DEV_PICTURES if args.dev else None)
    print("wrote %s: %d people" % written)


if __name__ == "__main__":
    run_command(main)
