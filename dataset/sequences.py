"""Labelled sequences: frames of videos, or what looks like it, with people who are known from one frame to the next."""
from functools import partial
from pathlib import Path
from typing import Callable, List, NamedTuple

import numpy as np

from dataset.dataset_mat import DatasetError
from dataset.formats.posetrack import read_posetrack
from dataset.formats.source import find_picture
from dataset.pose_dataset import read_picture
from util.image import read_image
from util.skeleton import PENN_ACTION

FPS = 25  # taken for the frames a second where nothing says how many they are


class LabelledFrame(NamedTuple):
    """A frame of a sequence.

    image: function without arguments -> uint8 RGB [h, w, 3], made or read at each call
    people: one float array n x 3 (joint id, x, y) each, px from the picture's corner; joints that cannot be seen, or that
        nobody labelled, are not in it, and neither is somebody without any
    tracks: for each of people a number, the same in all frames of the sequence
    time: s from the beginning of the sequence
    """

    image: Callable[[], np.ndarray]
    people: List[np.ndarray]
    tracks: List[int]
    time: float


def penn_sequences(items, skeleton=PENN_ACTION):
    """A list of LabelledFrames for each sequence of DataItems, as read_penn_action or a dataset.mat with sequences has them:
    one person each. skeleton: whose joint ids they get, see with_joints_of. Raises DatasetError."""
    sequences = {}
    for item in items:
        if item.sequence is None or len(item.joints or []) > 1:
            raise DatasetError("%s must be a frame of a sequence, with one person in it" % item.im_path)
        sequences.setdefault(item.sequence, []).append(item)
    return [with_joints_of(skeleton, PENN_ACTION, [
        LabelledFrame(partial(read_picture, item), item.joints or [], [0] * len(item.joints or []), item.frame / FPS)
        for item in sorted(sequence, key=lambda item: item.frame)]) for _, sequence in sorted(sequences.items())]


def posetrack_sequence(path, skeleton):
    """LabelledFrames of a JSON file of PoseTrack 2018: those that were labelled, so that times may be far apart.

    path: in the folder of the release that the pictures' names start from, or some folders below
    skeleton: whose joint ids they get, see with_joints_of. Raises DatasetError.
    """
    frames, own = read_posetrack(path)
    folders = [str(folder) for folder in Path(path).absolute().parents]
    return with_joints_of(skeleton, own, [
        LabelledFrame(partial(read_image, find_picture(frame.path, folders)), frame.people, frame.tracks, number / FPS)
        for number, frame in enumerate(frames) if frame.labelled])


def with_joints_of(skeleton, own, frames):
    """Frames whose joint ids are those of their `own` Skeleton -> with the ids of the joints of these names in another one;
    joints that it has not are left out."""
    ids = np.array([skeleton.joint_names.index(name) if name in skeleton.joint_names else -1 for name in own.joint_names])
    changed = []
    for frame in frames:
        people = [np.column_stack([ids[person[:, 0].astype(int)], person[:, 1:]]) for person in frame.people]
        people = [person[person[:, 0] >= 0] for person in people]
        seen = [place for place, person in enumerate(people) if len(person)]
        changed.append(frame._replace(people=[people[place] for place in seen],
                                      tracks=[frame.tracks[place] for place in seen]))
    return changed
