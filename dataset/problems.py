"""What is wrong with a data set's pictures and labels, and what is there twice."""
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Optional

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree
from tqdm import tqdm

from dataset.dataset_mat import DataItem
from dataset.pose_dataset import read_picture
from dataset.validation import problems_of
from util.image import ImageError

GREY_SIDE = 16  # px of the small grey pictures that are compared
TOLERANCE = 0.2  # of their grey values' standard deviation, for every pixel: copies that were compressed again are as near
FEWEST_JOINTS = 3  # fewer may well lie at the same places by chance
KINDS = ("error", "warning", "doubt")


class Finding(NamedTuple):
    """Something that may be wrong.

    kind: one of KINDS; item: the DataItem; person: its place among item.joints, or None; text: what about them
    score, pose: of a doubt, see nnet.doubts.Doubt
    """

    kind: str
    item: DataItem
    person: Optional[int]
    text: str
    score: Optional[float] = None
    pose: Optional[np.ndarray] = None


def outside(points, item):
    """[n]: which of points [n, 2] lie outside a DataItem's picture."""
    return ((points < 0) | (points > item.im_size[:0:-1])).any(axis=1)


def find_problems(items, skeleton, trained):
    """The errors and warnings of DataItems, those of the worst picture first.

    trained: how many of them, the first ones, are trained on; the others are for measuring
    """
    def named(place, first):
        return items[first].im_path + (", which is trained on" if first < trained <= place else "")

    with ThreadPoolExecutor(4) as pool:
        examined = list(tqdm(pool.map(lambda item: _examine(item, skeleton), items), "checking", len(items)))
    problems = [problem for found, _ in examined for problem in found]
    for place, first, mirrored in same_pictures(items, [grey for _, grey in examined]):
        text = "the same picture%s as %s" % (", mirrored," if mirrored else "", named(place, first))
        problems.append(Finding("warning", items[place], None, text))
    for (place, person), (first, other) in same_labels(items):
        text = "the same labels as person %d in %s" % (other + 1, named(place, first))
        problems.append(Finding("warning", items[place], person, text))
    counts = {kind: Counter(one.item.image_id for one in problems if one.kind == kind) for kind in KINDS}
    return sorted(problems, key=lambda one: [-counts[kind][one.item.image_id] for kind in KINDS]
                  + [one.item.image_id, KINDS.index(one.kind)])


def _examine(item, skeleton):
    """(Findings, small_grey or None) of one picture."""
    errors, warnings = problems_of(item, skeleton.num_joints)
    grey = None
    try:
        grey = small_grey(read_picture(item))
    except ImageError as error:  # problems_of looks at the file's beginning only
        errors += [str(error)] * (str(error) not in errors)
    found = [Finding(kind, item, None, text.replace(item.im_path + ": ", ""))
             for kind, texts in (("error", errors), ("warning", warnings)) for text in texts]
    for number, person in enumerate([] if errors else item.joints or []):
        found += [Finding("warning", item, number, text) for text in _oddities(person, item, skeleton.joint_names)]
    return found, grey


def _oddities(person, item, names):
    """What is odd about a person's labels, in words."""
    joints = [names[int(joint)] for joint in person[:, 0]]
    points = [tuple(point) for point in person[:, 1:]]
    out = ["%s (%.4g, %.4g)" % ((joints[k],) + points[k]) for k in np.flatnonzero(outside(person[:, 1:], item))]
    together = [", ".join(joint for joint, other in zip(joints, points) if other == point)
                for point, count in Counter(points).items() if count > 1]
    twice = [joint for joint, count in Counter(joints).items() if count > 1]
    odd = (("outside the picture: ", ", ".join(out)), ("at one place: ", "; ".join(together)),
           ("labelled several times: ", ", ".join(twice)))
    return [what + which for what, which in odd if which]


def small_grey(image):
    """A picture, uint8 [h, w, 3], small and grey, with mean 0 and standard deviation 1 -> float32 [GREY_SIDE ** 2]."""
    whole = Image.fromarray(image).convert("L").convert("F")  # not rounded: pictures may have little contrast
    grey = np.asarray(whole.resize((GREY_SIDE, GREY_SIDE), Image.BILINEAR)).ravel()
    return (grey - grey.mean()) / max(grey.std(), 1)


def same_pictures(items, greys):
    """[(place, earlier place, whether it is mirrored)] of DataItems whose pictures are the same, by their small_grey (None =
    unreadable).

    Frames of one sequence may be alike.
    """
    places = [place for place, grey in enumerate(greys) if grey is not None]
    if not places:
        return []
    straight = np.array([greys[place] for place in places])
    turned = straight.reshape(-1, GREY_SIDE, GREY_SIDE)[:, :, ::-1].reshape(straight.shape)
    tree = cKDTree(straight)
    earlier = {}
    for mirrored, seen in ((False, straight), (True, turned)):
        for place, near in zip(places, tree.query_ball_point(seen, TOLERANCE, p=np.inf)):
            for first in sorted(places[one] for one in near):
                if first < place and (items[first].sequence is None or items[first].sequence != items[place].sequence):
                    earlier.setdefault(place, (first, mirrored))
    return [(place, first, mirrored) for place, (first, mirrored) in sorted(earlier.items())]


def same_labels(items):
    """[((place, person), (earlier place, person))] of people of DataItems whose joints are at the same places."""
    first, again = {}, []
    for place, item in enumerate(items):
        for number, person in enumerate(item.joints or []):
            key = np.round(person[np.argsort(person[:, 0])], 2).tobytes()
            if len(person) >= FEWEST_JOINTS and first.setdefault(key, (place, number)) != (place, number):
                again.append(((place, number), first[key]))
    return again
