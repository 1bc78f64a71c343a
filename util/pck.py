"""PCK, the percentage of correct keypoints: a joint is correct when it lies near enough to the annotated one.

Poses are arrays [N, J, 2 or more] (x, y, ...) in px; `labelled` is [N, J], bool.
"""
from typing import NamedTuple

import numpy as np

from util.command import UserError

HEAD_FACTOR = 0.75  # MPII's head size is 0.75 x |head top - neck| within 1 %


class Criterion(NamedTuple):
    """When a joint is correct: within threshold x length of where it was annotated.

    title: for people; length: [N] px, each person's size, nan where it is not known; joints: [J] bool, those that count
    """

    title: str
    length: np.ndarray
    threshold: float
    joints: np.ndarray


def criteria(poses, labelled, skeleton, box_threshold):
    """[Criterion] of people: by the box always, by torso (LSP's PCK) and head (MPII's PCKh) where the skeleton has them."""
    paired = [joint for group in skeleton.all_joints if len(group) == 2 for joint in group]
    everything, in_pairs = np.ones(skeleton.num_joints, bool), np.isin(np.arange(skeleton.num_joints), paired)
    found = [Criterion("PCK, %g x the larger side of the joints' box" % box_threshold, box_lengths(poses, labelled),
                       box_threshold, everything)]
    torso = torso_joints(skeleton)
    if torso:
        found.append(Criterion("PCK, 0.2 x the torso (left hip to right shoulder), joints in pairs",
                               pair_lengths(poses, labelled, *torso), 0.2, in_pairs))
    head = skeleton.joint_id("head_top"), skeleton.joint_id("neck")
    if None not in head:
        found.append(Criterion("PCKh, 0.5 x the head size, joints in pairs",
                               HEAD_FACTOR * pair_lengths(poses, labelled, *head), 0.5, in_pairs))
    return found


def box_lengths(poses, labelled):
    """[N]: max(width, height) of the box of each person's annotated joints; nan where there is none."""
    points = np.where(labelled[..., None], poses[..., :2], np.nan)
    lengths = np.full(len(poses), np.nan)
    some = labelled.any(axis=1)
    lengths[some] = (np.nanmax(points[some], axis=1) - np.nanmin(points[some], axis=1)).max(axis=1)
    return lengths


def pair_lengths(poses, labelled, a, b):
    """[N]: distance between joints a and b of each person; nan where one of them is not labelled."""
    lengths = np.linalg.norm(poses[:, a, :2] - poses[:, b, :2], axis=1)
    return np.where(labelled[:, a] & labelled[:, b], lengths, np.nan)


def correct(predicted, poses, labelled, lengths, threshold):
    """[N, J]: 1 = within threshold * length of the annotated joint, 0 = not, nan = not counted: no label, or a length that is
    nan or, as that of a single joint, 0."""
    distances = np.linalg.norm(predicted[..., :2] - poses[..., :2], axis=2)
    lengths = np.nan_to_num(lengths, nan=0.0)[:, None]
    return np.where(labelled & (lengths > 0), distances <= threshold * lengths, np.nan)


def torso_joints(skeleton):
    """The joint ids (left hip, right shoulder) whose distance is a person's size, or None."""
    pair = skeleton.joint_id("left_hip"), skeleton.joint_id("right_shoulder")
    return None if None in pair else pair


def stack_people(people, num_joints):
    """Arrays n x 3 (joint id, x, y), one a person -> (poses [N, J, 2], labelled [N, J]).

    Raises UserError for a joint id that does not exist.
    """
    poses = np.zeros((len(people), num_joints, 2))
    labelled = np.zeros((len(people), num_joints), bool)
    for pose, mask, person in zip(poses, labelled, people):
        ids = person[:, 0].astype(int)
        if len(ids) and not 0 <= ids.min() <= ids.max() < num_joints:
            raise UserError("the data set has a joint id %d, which is none of 0 to %d"
                            % (ids.min() if ids.min() < 0 else ids.max(), num_joints - 1))
        pose[ids] = person[:, 1:]
        mask[ids] = True
    return poses, labelled
