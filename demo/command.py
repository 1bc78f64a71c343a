"""What the demos share: their arguments, the choice of a config, and the way over the pictures."""
import argparse
import os

from PIL import Image

from nnet import weights
from util.command import UserError, unique_names
from util.config import PROJECT, cfg_from_file, find_file
from util.image import ImageError, read_image
from util.pose_json import POSES, image_entry, write_poses
from util.skeleton import Skeleton
from util.threads import behind


def choose_config(path, published, shipped):
    """The config to use: the user's, else the one for the published weights, else the one for the shipped weights. Raises
    UserError where neither weights are there."""
    if path:
        return cfg_from_file(path)
    cfg = cfg_from_file(os.path.join(PROJECT, published))
    if weights.exists(find_file(cfg, "init_weights")):
        return cfg
    missing = "the published weights %s are not here (%s)" % (cfg.init_weights, weights.hint(cfg.init_weights))
    cfg = cfg_from_file(os.path.join(PROJECT, shipped))
    if not weights.exists(find_file(cfg, "init_weights")):
        raise UserError("%s, nor are those that %s names" % (missing, shipped))
    print("%s: using the shipped ones, %s" % (missing, shipped))
    return cfg


def run(description, published, shipped, samples, make_finder):
    """Parse the command line, then find, draw and write the poses of each picture.

    published, shipped: configs, relative to the project; samples(): [(name, image)] to take where no picture is named
    make_finder(cfg): a function from images to the people of each, entries of util.pose_json.person_entry; one from an image and
        its people to the image drawn upon; and the predictor behind them
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE")
    parser.add_argument("--config", help="a pose_cfg.yaml; default: the published weights', else the shipped ones'")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--out", default="out", help="folder of the drawn pictures")
    parser.add_argument("--json", help="file for the joints; default: OUT/poses.json")
    parser.add_argument("--show", action="store_true", help="also open each drawn picture in a window")
    args = parser.parse_args()
    cfg = choose_config(args.config, published, shipped)
    if args.weights:
        cfg.init_weights = args.weights
    pictures = [(path, None) for path in args.images] or samples()
    find, draw, _ = make_finder(cfg)
    write_pictures(pictures, cfg, find, draw, args.out, args.json, args.show)


def write_pictures(pictures, cfg, find, draw, out="out", poses=None, show=False):
    """Find, draw and write the poses of pictures: <out>/<name>_pose.png, and as JSON to `poses`, else <out>/poses.json.

    pictures: [(path or name, image, or None: it is read)]; find, draw: see run; show: also open each drawn picture
    Raises UserError, after all others are done, for pictures that could not be read.
    """
    os.makedirs(out, exist_ok=True)
    named = zip(pictures, unique_names([path for path, _ in pictures]))

    def write(named):
        """(entry of the JSON, path of the drawn picture), or (what is wrong with the picture, None)"""
        (path, image), name = named
        try:
            image = read_image(path) if image is None else image
        except ImageError as error:
            return str(error), None
        people, drawing = find([image])[0], os.path.join(out, name + "_pose.png")
        Image.fromarray(draw(image, people)).save(drawing)
        return image_entry(path, image.shape[:2], people), drawing

    entries, failures = [], []
    for entry, drawing in behind(write, named, size=4, workers=2):  # reading and drawing beside searching
        if drawing is None:
            failures.append(entry)
            continue
        entries.append(entry)
        print("wrote %s" % drawing, flush=True)
        if show:
            Image.open(drawing).show()
    poses = poses or os.path.join(out, POSES)
    write_poses(poses, Skeleton.from_config(cfg), entries)
    print("the drawn pictures are in %s, the joints in %s" % (os.path.abspath(out), os.path.abspath(poses)))
    if failures:
        raise UserError("\n".join(failures))
