"""Get weights that others published, and that do not come along.

    pose download mpii         # one person, ResNet-101 of the papers, 170 MB: models/mpii
    pose download coco         # several people, ResNet-101 of the papers, 190 MB: models/coco
    pose download imagenet     # ResNets to begin a training with, 270 MB: models/pretrained

Files that are there are left alone, and what broke off goes on where it was. The shipped weights need no download.
"""
import argparse
import os
import subprocess

SCRIPTS = {"mpii": "models/mpii/download_models.sh", "coco": "models/coco/download_models.sh",
           "imagenet": "models/pretrained/download.sh"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", metavar="WEIGHTS", choices=sorted(SCRIPTS), help=", ".join(SCRIPTS))
    args = parser.parse_args()
    from util.command import UserError
    from util.config import PROJECT
    for name in args.weights:
        script = os.path.join(PROJECT, SCRIPTS[name])
        if not os.access(os.path.dirname(script), os.W_OK):
            raise UserError("you may not write to %s, where %s would go" % (os.path.dirname(script), name))
        if subprocess.call(["sh", script]):
            raise UserError("%s was not downloaded" % name)
        print("%s: in %s" % (name, os.path.dirname(script)))
