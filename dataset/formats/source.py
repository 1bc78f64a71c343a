"""What the readers of other people's labels share: finding the pictures, and turning named points into people."""
import collections
import contextlib
import logging
import os
import re

import numpy as np

from dataset.dataset_mat import LARGEST_SIDE, DataItem, DatasetError
from util.command import UserError
from util.image import ImageError, image_size
from util.skeleton import skeleton_for

Point = collections.namedtuple("Point", "person joint x y")
Point.__doc__ = """A labelled joint. person: whatever tells the people of a picture apart; joint: its name; x, y: px."""

Picture = collections.namedtuple("Picture", "path size points")
Picture.__doc__ = """A labelled picture. path: its file; size: [channels, height, width]; points: list of Point."""


@contextlib.contextmanager
def reading(source):
    """Any error while a source is read becomes a UserError that names it."""
    try:
        yield
    except ImageError as error:
        raise DatasetError("%s: %s" % (source, error)) from None
    except UserError:
        raise
    except Exception as error:  # what broken files make pandas, scipy and the readers raise cannot be foreseen
        raise DatasetError("%s cannot be read: it is damaged, or not what its name says (%s: %s)"
                           % (source, type(error).__name__, error)) from error


def find_picture(name, folders):
    """The file of the picture that labels call `name`: the first one there is among the folders, with the folders in its
    own name or without; where there is none, what the first folder would have."""
    name = re.sub(r"[/\\]+", "/", name)
    candidates = [os.path.join(folder, part) for part in (name, os.path.basename(name)) for folder in folders]
    return next((path for path in candidates if os.path.isfile(path)), candidates[0])


def picture_size(path, width=None, height=None):
    """[channels, height, width] of a picture as its labels say, else as its file says. Raises DatasetError."""
    if width is None or height is None:
        width, height = image_size(path)
    try:
        size = [3, int(height), int(width)]
    except (TypeError, ValueError, OverflowError):  # no numbers; nan; infinity
        size = [3, 0, 0]
    if not all(0 < side <= LARGEST_SIDE for side in size):
        raise DatasetError("%s cannot have %s x %s px, as its labels say" % (path, width, height))
    return size


def assemble(source, pictures, names=None, limbs=()):
    """Labelled pictures of one source -> (DataItems, Skeleton).

    names: of all joints, in order; default: those that occur, as they come; limbs: pairs of names
    Raises DatasetError, naming the source or the picture.
    """
    if names is None:
        names = list(dict.fromkeys(point.joint for picture in pictures for point in picture.points))
    if not names or not pictures:
        raise DatasetError("%s labels no %s" % (source, "joints" if pictures else "pictures"))
    if len(set(names)) < len(names):
        raise DatasetError("%s: several joints are called %s" % (source, max(names, key=names.count)))
    counts = collections.Counter(os.path.abspath(picture.path) for picture in pictures)
    if len(counts) < len(pictures):
        logging.warning("%s: several of its pictures are the same file, as %s; if they are not, --images must be the folder "
                        "that their names start from", source, counts.most_common(1)[0][0])
    try:
        skeleton = skeleton_for(names, limbs)
    except UserError as error:
        raise DatasetError("%s: %s" % (source, error)) from None
    ids = {name: number for number, name in enumerate(skeleton.joint_names)}
    return [DataItem(number, path, size, _people(source, path, points, ids))
            for number, (path, size, points) in enumerate(pictures)], skeleton


def _people(source, path, points, ids):
    """One array n x 3 (joint id, x, y) for each person of a picture, as they come."""
    people = {}
    for person, joint, x, y in points:
        if joint not in ids:
            raise DatasetError("%s: the joint %s of %s is none of %s" % (source, joint, path, ", ".join(ids)))
        joints = people.setdefault(person, {})
        if ids[joint] in joints:
            raise DatasetError("%s: one person in %s has the joint %s twice; where there are several people, the labels "
                               "must say who is who" % (source, path, joint))
        joints[ids[joint]] = float(x), float(y)
    return [np.array([(joint, x, y) for joint, (x, y) in sorted(joints.items())]) for joints in people.values()]
