"""dataset.mat: the labelled pictures of a data set, as the 2017 code's MATLAB tools wrote them.

MATLAB v5; `dataset` is a 1 x N struct array of
    image   path, relative to the working directory, else to this file's folder
    size    [channels, height, width]
    joints  1 x P cell array, one n x 3 array (joint id from 0, x, y) a person; the whole field is absent without
            ground truth
    (4th)   optionally a crop box [x1 y1 x2 y2], counted from 1, inclusive
or, for sequences of frames (Penn Action), with six fields: the 4th unused, the 5th the sequence and the 6th the frame in
it, from 0; then `sequences`, a 1 x S cell array, holds for each sequence the places of its frames in `dataset`, from 0.
"""
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from util.command import UserError
from util.mat import read_mat, write_mat

LARGEST_SIDE = 2 ** 31 - 1  # px of a picture


class DatasetError(UserError):
    """A data set that cannot be used as it is; the message names the file and the picture."""


@dataclass
class DataItem(object):
    """One labelled picture.

    image_id: its place in the data set; im_path: its file; im_size: [channels, height, width]
    joints: one float array n x 3 (joint id, x, y) a person; None = without ground truth
    crop: (x1, y1, x2, y2), pixels from 0, inclusive, or None
    sequence, frame: which sequence's frame it is, both from 0, or None
    coco_id: COCO's id of the picture, see dataset.mscoco.CocoItem

    In a batch also:
    random: the generator of the picture's random changes, None = none; focus: see PoseDataset.view
    to_file: [2, 3], takes (x, y, 1), px of the network's input, to px of the file
    pairwise_stats: see dataset.names_of_2017.differences
    """

    image_id: int = 0
    im_path: str = ""
    im_size: list = None
    joints: list = None
    crop: tuple = None
    coco_id: int = None
    sequence: int = None
    frame: int = None
    random: np.random.RandomState = None
    focus: list = None
    to_file: np.ndarray = None
    pairwise_stats: dict = None

    @property
    def content(self):
        """The bytes of its picture, where that is no file of its own, else None."""
        return None


class ItemsInFiles(Sequence):
    """DataItems that are read when somebody asks for them, each time anew.

    read: function from a place, from 0, to the DataItem
    """

    def __init__(self, count, read):
        self._count, self._read = count, read

    def __len__(self):
        return self._count

    def __getitem__(self, place):
        places = range(self._count)[place]
        return [self._read(one) for one in places] if isinstance(place, slice) else self._read(places)


def appended(items, more):
    """DataItems with others behind them, whose places and sequences count on."""
    sequences = 1 + max([item.sequence for item in items if item.sequence is not None], default=-1)
    return list(items) + [replace(item, image_id=len(items) + number,
                            sequence=None if item.sequence is None else item.sequence + sequences)
                    for number, item in enumerate(more)]


def read_dataset_mat(path):
    """The DataItems of a dataset.mat. Raises UserError, naming file and record."""
    variables = read_mat(path, variable_names=["dataset"])
    if "dataset" not in variables:
        raise DatasetError("%s holds no variable `dataset`" % path)
    records = variables["dataset"].reshape(-1)
    names = records.dtype.names or ()
    if "image" not in names or "size" not in names:
        raise DatasetError("%s: `dataset` must be a struct array with the fields image and size, not %s"
                           % (path, list(names)))
    items = []
    for number, record in enumerate(records):
        try:
            items.append(_read_record(record, number, names, os.path.dirname(path)))
        except (ValueError, IndexError, TypeError) as error:
            raise DatasetError("%s: record %d cannot be read (%s)" % (path, number, error)) from None
    return items


def _read_record(record, number, names, folder):
    image = str(record["image"].reshape(-1)[0])
    beside = os.path.join(folder, image)
    im_path = beside if not os.path.exists(image) and os.path.exists(beside) else image
    size = [int(side) for side in record["size"].reshape(-1)]
    if len(size) != 3 or not all(0 <= side <= LARGEST_SIDE for side in size):
        raise ValueError("size must be [channels, height, width], not %s" % size)
    joints = None
    if "joints" in names:
        cells = record["joints"]
        people = cells.reshape(-1) if cells.dtype == object else [cells]
        joints = [np.asarray(person, float).reshape(-1, 3) for person in people if np.size(person)]
    crop = sequence = frame = None
    if len(names) == 6:
        sequence, frame = (int(record[name].item()) for name in names[4:])
    elif len(names) > 3 and names[2] == "joints" and np.size(record[names[3]]) == 4:
        crop = tuple(int(side) - 1 for side in record[names[3]].reshape(-1))
    return DataItem(number, im_path, size, joints, crop, sequence=sequence, frame=frame)


def read_sequences(path, items):
    """For each sequence of a dataset.mat, whose DataItems are given, the places of its frames among them, an int array.

    Raises UserError.
    """
    cells = read_mat(path, variable_names=["sequences"]).get("sequences")
    if cells is None:
        sequences = _sequences_of(items)
    else:
        sequences = [frames.reshape(-1).astype(int) for frames in cells.reshape(-1)]
    places = np.concatenate(sequences + [np.zeros(0, int)])
    if not len(places) or places.min() < 0 or places.max() >= len(items):
        raise DatasetError("%s has no sequences of frames: `sequences` must be a cell array of places in `dataset`, from 0"
                           % path)
    return sequences


def _sequences_of(items):
    frames = sorted((item.sequence, item.frame, place) for place, item in enumerate(items) if item.sequence is not None)
    return [np.array([place for _, _, place in group]) for _, group in itertools.groupby(frames, lambda one: one[0])]


def write_dataset_mat(path, items):
    """Write DataItems as a dataset.mat; pictures are named relative to its folder. Raises UserError."""
    folder = os.path.dirname(os.path.abspath(path))
    items = [replace(item, im_path=os.path.relpath(os.path.abspath(item.im_path), folder)) for item in items]
    write_mat(path, mat_variables(items))


def mat_variables(items):
    """The variables of a dataset.mat, for scipy.io.savemat; pictures are named as the DataItems name them."""
    has_joints = any(item.joints is not None for item in items)
    has_sequences = has_joints and any(item.sequence is not None for item in items)
    has_crops = has_joints and not has_sequences and any(item.crop is not None for item in items)
    names = ["image", "size"] + ["joints"] * has_joints + ["crop"] * has_crops
    names += ["unused", "sequence", "frame"] * has_sequences
    records = np.empty((1, len(items)), [(name, object) for name in names])
    for record, item in zip(records[0], items):
        fields = _fields(item)
        for name in names:
            record[name] = fields[name]
    return dict({"dataset": records}, **({"sequences": _cells(_sequences_of(items))} if has_sequences else {}))


def _fields(item):
    """What each field of a record may hold, in MATLAB's form."""
    return {"image": item.im_path, "size": np.array([item.im_size], np.int32),
            "joints": _cells([np.asarray(person, float) for person in item.joints or []]),
            "crop": np.array([item.crop or []], np.int32).reshape(-1, 4) + 1, "unused": np.zeros((0, 0)),
            "sequence": -1 if item.sequence is None else item.sequence, "frame": item.frame or 0}


def _cells(arrays):
    """Arrays as a 1 x n cell array."""
    cells = np.empty((1, len(arrays)), object)
    for number, array in enumerate(arrays):
        cells[0, number] = array
    return cells
