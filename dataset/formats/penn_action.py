"""Penn Action's release (Zhang et al., ICCV 2013): labels/%04d.mat and frames/%04d/%06d.jpg, counted from 1."""
import glob
import os

import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import DataItem, DatasetError
from util.image import image_size
from util.mat import read_mat
from util.skeleton import PENN_ACTION


def is_penn_action(source):
    return all(os.path.isdir(os.path.join(source, folder)) for folder in ("labels", "frames"))


def read_penn_action(source, test=False):
    """(DataItems, Skeleton) of the sequences that the release gives for training, or of those for testing.

    Joints with visibility 0 are left out. Positions stay as they are, pixels counted from 1: mirroring with
    dataset_type penn_action counts on it.
    Raises DatasetError.
    """
    items, sequences = [], 0
    for path in tqdm(sorted(glob.glob(os.path.join(glob.escape(source), "labels", "*.mat"))), "reading"):
        labels = read_mat(path)
        missing = [key for key in ("x", "y", "visibility", "train") if key not in labels]
        if missing or not labels["x"].shape == labels["y"].shape == labels["visibility"].shape == (len(labels["x"]), 13):
            raise DatasetError("%s: expected x, y and visibility, frames x 13 each, and train" % path)
        if (labels["train"].item() == 1) != test:
            name = os.path.splitext(os.path.basename(path))[0]
            items += _sequence(os.path.join(source, "frames", name), labels, len(items), sequences)
            sequences += 1
    return items, PENN_ACTION


def _sequence(folder, labels, first, sequence):
    """The DataItems of a sequence, all of the size of its first frame."""
    joints = np.stack([np.broadcast_to(np.arange(13.0), labels["x"].shape), labels["x"], labels["y"]], axis=2)  # [n, 13, 3]
    visible = (labels["visibility"] > 0) & np.isfinite(joints).all(axis=2)
    paths = [os.path.join(folder, "%06d.jpg" % number) for number in range(1, len(joints) + 1)]
    width, height = image_size(paths[0])
    people = [[person[shown]] if shown.any() else [] for person, shown in zip(joints, visible)]
    return [DataItem(first + frame, path, [3, height, width], people[frame], sequence=sequence, frame=frame)
            for frame, path in enumerate(paths)]
