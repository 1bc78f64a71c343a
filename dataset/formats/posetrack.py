"""PoseTrack 2018 (Andriluka et al., CVPR 2018): a JSON file for each sequence, COCO's form with track_id and bbox_head."""
from typing import List, NamedTuple

import numpy as np

from dataset.dataset_mat import DatasetError
from dataset.formats.source import reading
from util.files import read_json
from util.skeleton import Skeleton

HEAD_FACTOR = 0.6  # the head size over the diagonal of the head's box, as PoseTrack and MPII define it


class PoseTrackFrame(NamedTuple):
    """
    path: of the picture, as the file names it; labelled: whether its people were labelled at all
    people: n x 3 (joint id, x, y) each, px; tracks: for each of them an int; head_sizes: px, nan where not known
    ignored: polygons [k, 2], px, of regions where nobody was labelled
    """

    path: str
    labelled: bool
    people: List[np.ndarray]
    tracks: List[int]
    head_sizes: List[float]
    ignored: List[np.ndarray]


def read_posetrack(path):
    """(PoseTrackFrames in the order of their pictures' names, Skeleton). Raises DatasetError."""
    with reading(path):
        document = read_json(path)
        category = next(one for one in document["categories"] if one.get("keypoints"))
        limbs = [[a - 1, b - 1] for a, b in category.get("skeleton") or []]
        skeleton = Skeleton.from_names(category["keypoints"], limbs)
        if len({image.get("vid_id") for image in document["images"]}) != 1:
            raise DatasetError("%s must hold the pictures of one sequence" % path)
        people = {}
        for annotation in document["annotations"]:
            people.setdefault(annotation["image_id"], []).append(annotation)
        images = sorted(document["images"], key=lambda image: image["file_name"])
        return [_frame(path, image, people.get(image["id"], []), skeleton) for image in images], skeleton


def _frame(path, image, annotations, skeleton):
    labels = [(one, np.reshape(one["keypoints"], (skeleton.num_joints, 3)).astype(float)) for one in annotations
              if one.get("keypoints")]
    shown = [(one, label) for one, label in labels if label[:, 2].any()]
    tracks = [int(one["track_id"]) for one, _ in shown]
    if len(set(tracks)) < len(tracks):
        raise DatasetError("%s: %s shows one track twice" % (path, image["file_name"]))
    ids = [np.flatnonzero(label[:, 2]) for _, label in shown]
    return PoseTrackFrame(image["file_name"], bool(image.get("is_labeled", True)),
                          [np.column_stack([joints, label[joints, :2]]) for joints, (_, label) in zip(ids, shown)],
                          tracks, [_head_size(one) for one, _ in shown], _polygons(image))


def _head_size(annotation):
    width, height = (annotation.get("bbox_head") or [np.nan] * 4)[2:]
    return HEAD_FACTOR * float(np.hypot(width, height))


def _polygons(image):
    xs, ys = (image.get("ignore_regions_" + axis) or [] for axis in "xy")
    if xs and not isinstance(xs[0], list):  # a single one
        xs, ys = [xs], [ys]
    return [np.column_stack([x, y]).astype(float) for x, y in zip(xs, ys) if len(x) > 2]
