"""dataset.mat: the labelled pictures of a data set, as the 2017 code's MATLAB tools wrote them.

MATLAB v5; `dataset` is a 1 x N struct array of
    image   path, relative to the working directory, else to this file's folder
    size    [channels, height, width]
    joints  1 x P cell array, one n x 3 array (joint id from 0, x, y) a person; the whole field is absent without
            ground truth
    (4th)   optionally a crop box [x1 y1 x2 y2], counted from 1, inclusive
"""
import os
from dataclasses import dataclass

import numpy as np
import scipy.io

from util.command import UserError

LARGEST_SIDE = 2 ** 31 - 1  # px of a picture

class DatasetError(UserError):
    """A data set that cannot be used as it is; the message names the file and the picture."""


@dataclass
class DataItem(object):
    """One labelled picture.

    image_id: its place in the data set; im_path: its file; im_size: [channels, height, width]
    joints: one float array n x 3 (joint id, x, y) a person; None = without ground truth
    crop: (x1, y1, x2, y2), pixels from 0, inclusive, or None
    coco_id: COCO's id of the picture; segmentations: COCO's, one for each of joints; ignored: of people without labels
    """

    image_id: int = 0
    im_path: str = ""
    im_size: list = None
    joints: list = None
    crop: tuple = None
    coco_id: int = None
    segmentations: list = ()
    ignored: list = ()


def read_dataset_mat(path):
    """The DataItems of a dataset.mat. Raises DatasetError, naming file and record."""
    try:
        records = scipy.io.loadmat(path, variable_names=["dataset"])["dataset"].reshape(-1)
    except FileNotFoundError:
        raise DatasetError("there is no data set %s" % os.path.abspath(path)) from None
    except KeyError:
        raise DatasetError("%s holds no variable `dataset`" % path) from None
    except Exception as error:  # scipy raises many kinds for files that are not MATLAB's
        raise DatasetError("%s is not a MATLAB v5 file (%s)" % (path, error)) from None
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
    crop = None
    if len(names) > 3 and names[2] == "joints" and np.size(record[names[3]]) == 4:
        crop = tuple(int(side) - 1 for side in record[names[3]].reshape(-1))
    return DataItem(number, im_path, size, joints, crop)


def write_dataset_mat(path, items):
    """Write DataItems as a dataset.mat; pictures are named relative to its folder. Written whole or not at all."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    has_joints = any(item.joints is not None for item in items)
    has_crops = has_joints and any(item.crop is not None for item in items)
    names = ["image", "size"] + ["joints"] * has_joints + ["crop"] * has_crops
    fields = [(name, object) for name in names]
    records = np.empty((1, len(items)), fields)
    for record, item in zip(records[0], items):
        record["image"] = os.path.relpath(os.path.abspath(item.im_path), folder)
        record["size"] = np.array([item.im_size], np.int32)
        if has_joints:
            record["joints"] = np.empty((1, len(item.joints or [])), object)
            for p, person in enumerate(item.joints or []):
                record["joints"][0, p] = np.asarray(person, float)
        if has_crops:
            record["crop"] = np.array([item.crop or []], np.int32).reshape(-1, 4) + 1
    scipy.io.savemat(path + ".tmp", {"dataset": records}, appendmat=False, do_compression=True)
    os.replace(path + ".tmp", path)
