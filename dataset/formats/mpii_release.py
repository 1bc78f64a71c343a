"""MPII Human Pose's annotations (Andriluka et al., CVPR 2014): the struct RELEASE of mpii_human_pose_v1_u12_1.mat."""
from typing import List, NamedTuple, Optional

import numpy as np

from dataset.dataset_mat import DatasetError
from util.mat import read_mat

HEAD_FACTOR = 0.6  # of the head box's diagonal, as in MPII's own evaluation


class ReleasePicture(NamedTuple):
    """name: of its file; train: whether it is one of the training pictures
    people: list of ReleasePerson, one an annorect; single: the places among them of people who stand apart from others
    """

    name: str
    train: bool
    people: list
    single: List[int]


class ReleasePerson(NamedTuple):
    """joints: n x 3 (MPII's joint id, x, y), px counted from 1; n = 0 where there are no annopoints
    head_size: 0.6 x the diagonal of the head box, px, or None
    """

    joints: np.ndarray
    head_size: Optional[float]


def read_mpii_release(path):
    """A list of ReleasePicture, one an entry of annolist. Raises UserError."""
    release = _structs(read_mat(path, struct_as_record=False).get("RELEASE"))
    missing = [name for name in ("annolist", "img_train", "single_person") if not release or not hasattr(release[0], name)]
    if missing:
        raise DatasetError("%s is not MPII's annotations: it has no RELEASE.%s" % (path, missing[0]))
    annolist = _structs(release[0].annolist)
    train, single = release[0].img_train.reshape(-1), release[0].single_person.reshape(-1)
    if not len(annolist) == len(train) == len(single):
        raise DatasetError("%s: annolist, img_train and single_person have %d, %d and %d entries; they need one a picture"
                           % (path, len(annolist), len(train), len(single)))
    pictures = []
    for number, (annotation, of_train, places) in enumerate(zip(annolist, train, single), 1):
        try:
            pictures.append(_picture(annotation, of_train, places))
        except (ValueError, AttributeError, IndexError, TypeError) as error:
            raise DatasetError("%s: annolist(%d) cannot be read (%s)" % (path, number, error)) from None
    return pictures


def _picture(annotation, train, places):
    name = str(_structs(annotation.image)[0].name.reshape(-1)[0])
    people = [_person(rect) for rect in _structs(getattr(annotation, "annorect", None))]
    single = {int(place) - 1 for place in np.asarray(places).reshape(-1)}
    return ReleasePicture(name, bool(train), people, single)


def _person(rect):
    points = [_numbers(point, ("id", "x", "y")) for annopoints in _structs(getattr(rect, "annopoints", None))
              for point in _structs(getattr(annopoints, "point", None))]
    joints = np.array([point for point in points if point], float).reshape(-1, 3)
    box = _numbers(rect, ("x1", "y1", "x2", "y2"))
    return ReleasePerson(joints, HEAD_FACTOR * np.hypot(box[2] - box[0], box[3] - box[1]) if box else None)


def _structs(value):
    """The structs of a MATLAB struct array; none where the field is missing or empty."""
    return [one for one in np.asarray(value).reshape(-1) if hasattr(one, "_fieldnames")]


def _numbers(struct, names):
    """The fields `names` of a struct, or None where one of them is missing or empty."""
    values = [np.asarray(getattr(struct, name, ())).reshape(-1) for name in names]
    return [float(value[0]) for value in values] if all(len(value) for value in values) else None
