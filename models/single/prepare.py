"""Make the data sets of this model: LSP-extended, MPII and COCO people, and the MPII people that nobody trains on.

    python models/single/prepare.py DATA OUT     # DATA holds lsp/{train,val}, mpii/train and coco
"""
import argparse
import os
import zlib

import numpy as np

from dataset.dataset_mat import DataItem, read_dataset_mat, write_dataset_mat
from dataset.formats.lsp import read_lsp
from dataset.mscoco import load_coco
from util.skeleton import COCO, MPII

LIMB_JOINTS = [COCO.joint_id(name) for name in MPII.joint_names[:12]]  # COCO's number of our joints 0 to 11
FEWEST_JOINTS, SMALLEST_SPAN = 9, 80  # of COCO's people: px from the first to the last joint


def held_out(item):
    """Whether an MPII picture (all people of it) is kept for measuring: one in ten."""
    name = os.path.splitext(os.path.basename(item.im_path))[0].rsplit("_", 1)[0]
    return zlib.crc32(name.encode()) % 10 == 0


def coco_people(folder):
    """A DataItem for each large person of whom most limb joints are labelled; neck and head top COCO has not."""
    coco = load_coco(os.path.join(folder, "annotations/person_keypoints_train.json"))
    items = []
    for annotation in coco.dataset["annotations"]:
        keypoints = np.reshape(annotation["keypoints"], (-1, 3))[LIMB_JOINTS]
        joints = np.flatnonzero(keypoints[:, 2])
        if len(joints) < FEWEST_JOINTS or np.ptp(keypoints[joints, :2], axis=0).max() < SMALLEST_SPAN:
            continue
        image = coco.imgs[annotation["image_id"]]
        items.append(DataItem(len(items), os.path.join(folder, "images/train", image["file_name"]),
                              [3, image["height"], image["width"]],
                              [np.column_stack([joints, keypoints[joints, :2]]).astype(float)]))
    return items


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    args = parser.parse_args()
    mpii = read_dataset_mat(os.path.join(args.data, "mpii/train/dataset.mat"))
    sets = {
        "lsp_train": read_lsp(os.path.join(args.data, "lsp/train/joints.mat"))[0],
        "mpii_train": [i for i in mpii if not held_out(i)],
        "coco_train": coco_people(os.path.join(args.data, "coco")),
        "lsp_val": read_lsp(os.path.join(args.data, "lsp/val/joints.mat"))[0],
        "mpii_val": [i for i in mpii if held_out(i)],
    }
    for name, items in sets.items():
        path = os.path.join(args.out, name + ".mat")
        write_dataset_mat(path, items)
        print("%s: %d pictures" % (path, len(items)))


if __name__ == "__main__":
    main()
