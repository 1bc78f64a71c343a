"""Find one person's joints in pictures: draws them and writes them as JSON.

    python demo/singleperson.py                              # three photographs that come with our dependencies
    python demo/singleperson.py me.jpg --json me.json
"""
import argparse
import logging
import os
import sys

from PIL import Image
from tqdm import tqdm

from demo.samples import sample_images
from nnet import checkpoint
from nnet.predict import PosePredictor
from util.config import cfg_from_file, find_file
from util.image import ImageError, read_image
from util.pose_json import image_entry, person_entry, write_poses
from util.skeleton import Skeleton
from util.visualize import draw_pose

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PUBLISHED = os.path.join(ROOT, "demo/pose_cfg.yaml")
SHIPPED = os.path.join(ROOT, "models/single/test/pose_cfg.yaml")


def choose_config(path):
    """The config to use: the user's, else the one for the published weights, else the one for the shipped weights."""
    cfg = cfg_from_file(path or PUBLISHED)
    if path or checkpoint.exists(find_file(cfg, "init_weights")):
        return cfg
    print("The published weights (%s) are not here (models/mpii/download_models.sh gets them): using the shipped ones, "
          "%s." % (cfg.init_weights, os.path.relpath(SHIPPED)))
    return cfg_from_file(SHIPPED)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--config", help="a pose_cfg.yaml; default: the published weights', else the shipped ones'")
    parser.add_argument("--out", default="out", help="folder of the drawn pictures")
    parser.add_argument("--json", help="file for the joints; default: OUT/poses.json")
    parser.add_argument("--show", action="store_true", help="also open each drawn picture in a window")
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        run(args)
    except (ValueError, AttributeError) as error:
        sys.exit("singleperson.py: %s" % error)


def run(args):
    cfg = choose_config(args.config)
    skeleton = Skeleton.from_config(cfg)
    predictor = PosePredictor(cfg)
    os.makedirs(args.out, exist_ok=True)
    pictures = [(path, None) for path in args.images] or sample_images()
    entries, failures = [], []
    for path, image in tqdm(pictures, disable=len(pictures) < 5):
        try:
            image = read_image(path) if image is None else image
        except ImageError as error:
            failures.append(str(error))
            continue
        pose = predictor.find(image).pose
        entries.append(image_entry(path, image, [person_entry(pose, pose[:, 2].mean())]))
        drawn = Image.fromarray(draw_pose(image, pose, skeleton, cfg.score_threshold))
        name = os.path.join(args.out, os.path.splitext(os.path.basename(path))[0] + "_pose.png")
        drawn.save(name)
        print("wrote %s" % name)
        if args.show:
            drawn.show()
    poses = args.json or os.path.join(args.out, "poses.json")
    write_poses(poses, skeleton, entries)
    print("wrote %s" % poses)
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
