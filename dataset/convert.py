"""Turn labels of another form into a dataset.mat.

    python -m dataset.convert lsp/train/joints.mat train.mat       # Leeds Sports Poses
    python -m dataset.convert my-deeplabcut-project mice.mat       # prints the joints for your pose_cfg.yaml
"""
import argparse
import os
import sys

import yaml

from dataset.dataset_mat import DatasetError, write_dataset_mat
from dataset.formats.deeplabcut import read_deeplabcut
from dataset.formats.lsp import read_lsp
from util.skeleton import MPII


def read(source):
    """(DataItems, Skeleton) of a source, whose form is told by what it is called. Raises DatasetError."""
    if os.path.isfile(os.path.join(source, "config.yaml")):
        return read_deeplabcut(source)
    if os.path.basename(source) == "joints.mat":
        return read_lsp(source), MPII
    raise DatasetError("%s is neither a DeepLabCut project (a folder with config.yaml) nor LSP's joints.mat" % source)


def config_lines(skeleton):
    """The lines of a pose_cfg.yaml that describe a skeleton."""
    keys = dict(skeleton._asdict(), num_joints=skeleton.num_joints)
    return yaml.safe_dump({key: value for key, value in keys.items() if value}, default_flow_style=None, width=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("out", metavar="OUT.mat")
    args = parser.parse_args()
    try:
        items, skeleton = read(args.source)
    except (ValueError, OSError) as error:
        sys.exit("dataset.convert: %s" % error)
    write_dataset_mat(args.out, items)
    print("wrote %s: %d pictures. For your pose_cfg.yaml:\n\n%s" % (args.out, len(items), config_lines(skeleton)))


if __name__ == "__main__":
    main()
