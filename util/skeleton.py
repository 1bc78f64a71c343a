"""A skeleton: the joints of a body, their mirror pairs, the limbs that join them, and how exactly people place them.

One object per data set, defined here or in the user's YAML, and carried along by the config, by each checkpoint's side
file and by every JSON output. Data sets, drawing and evaluation take it from there.
"""
import re
from collections import namedtuple

import numpy as np

from util.command import UserError

MOST_JOINTS = 10000
FIELDS = ("joint_names", "all_joints", "all_joints_names", "limbs", "oks_sigmas")


def mirror_joints_map(all_joints, num_joints):
    """Joint id -> id after mirroring, an array of num_joints; all_joints as in the config."""
    swapped = np.arange(num_joints)
    for group in all_joints:
        if len(group) == 2:
            swapped[group[0]], swapped[group[1]] = group[1], group[0]
    return swapped


class Skeleton(namedtuple("Skeleton", FIELDS)):
    """
    joint_names: J strings, one a joint id
    all_joints: groups of joint ids; a group of two is a left/right pair, swapped by mirroring
    all_joints_names: one name a group, for tables
    limbs: pairs of joint ids that are drawn as a line
    oks_sigmas: J numbers, the standard deviation of an annotator's placement over the person's size
        (COCO keypoint evaluation), or None where nobody measured them
    """

    __slots__ = ()

    @property
    def num_joints(self):
        return len(self.joint_names)

    @property
    def mirror_map(self):
        """Joint id -> id of the joint on the other side (itself where there is none)."""
        return mirror_joints_map(self.all_joints, self.num_joints)

    def joint_id(self, name):
        """The id of the joint called `name`, or None."""
        return self.joint_names.index(name) if name in self.joint_names else None

    @classmethod
    def from_config(cls, cfg):
        """The skeleton of a config; keys that it does not set (limbs, names) are made up from those it does.

        Raises UserError when the keys contradict each other.
        """
        num_joints = cfg.num_joints
        if not 0 < num_joints <= MOST_JOINTS:
            raise UserError("num_joints: %d is none of 1 to %d" % (num_joints, MOST_JOINTS))
        groups = [list(group) for group in cfg.get("all_joints", [[j] for j in range(num_joints)])]
        group_names = list(cfg.get("all_joints_names", ["joint_%d" % group[0] for group in groups]))
        if sorted(j for group in groups for j in group) != list(range(num_joints)):
            raise UserError("all_joints %s must name each of the ids 0 to %d once" % (groups, num_joints - 1))
        if any(len(group) not in (1, 2) for group in groups):
            raise UserError("all_joints %s: a group is one joint, or a left/right pair" % (groups,))
        if len(group_names) != len(groups):
            raise UserError("%d all_joints_names for %d groups of all_joints" % (len(group_names), len(groups)))
        names = cfg.get("joint_names") or _names_from_groups(groups, group_names)
        limbs = [list(limb) for limb in cfg.get("limbs", [])]
        sigmas = cfg.get("oks_sigmas")
        _check_names(names)
        if len(names) != num_joints or (sigmas is not None and len(sigmas) != num_joints):
            raise UserError("joint_names and oks_sigmas need one entry for each of the %d joints" % num_joints)
        if any(len(limb) != 2 or not 0 <= j < num_joints for limb in limbs for j in limb):
            raise UserError("limbs %s must be pairs of joints among 0 to %d" % (limbs, num_joints - 1))
        return cls(list(names), groups, group_names, limbs, sigmas)

    @classmethod
    def from_names(cls, names, limbs=(), oks_sigmas=None):
        """The skeleton of named joints: mirror pairs are names that differ in nothing but left/right, whatever their case.

        names: strings, each once; limbs: pairs of joint ids. Raises UserError.
        """
        _check_names(names)
        groups = []
        lower = [name.lower() for name in names]
        if len(set(lower)) < len(lower):  # then it is the case that tells names apart
            lower = list(names)
        for number, name in enumerate(lower):
            twin = _other_side("left", "right", name)
            if twin in lower:
                groups.append([number, lower.index(twin)])
            elif _other_side("right", "left", name) not in lower:  # else it is in its twin's group
                groups.append([number])
        group_names = [re.sub("left[_ ]?|[_ ]left", "", names[group[0]], flags=re.I) if len(group) == 2
                       else names[group[0]] for group in groups]
        return cls(list(names), groups, group_names, [list(limb) for limb in limbs], oks_sigmas)


def skeleton_for(names, limbs=()):
    """The skeleton of joints that have nothing but names: one of SKELETONS where these are its names, in whatever order;
    else Skeleton.from_names. limbs: pairs of names. Raises UserError."""
    _check_names(names)
    for known in SKELETONS.values():
        if sorted(known.joint_names) == sorted(names):
            return known
    return Skeleton.from_names(names, [[names.index(a), names.index(b)] for a, b in limbs])


def _check_names(names):
    if not all(isinstance(name, str) and name.isprintable() for name in names):
        raise UserError("joint_names %s must be names, of letters that can be printed" % (names,))


def _other_side(side, other, name):
    """The name with `side` for `other`; None where it has no side."""
    twin = re.sub(side, other, name, flags=re.I)
    return twin if twin != name else None


def _names_from_groups(groups, group_names):
    names = {}
    for group, name in zip(groups, group_names):
        for k, joint in enumerate(group, 1):
            names[joint] = name if len(group) == 1 else "%s_%d" % (name, k)
    return [names[joint] for joint in range(len(names))]


def _pairs(text):
    return [[int(j) for j in pair.split("-")] for pair in text.split()]


# Sigmas: COCO's (cocodataset.org/#keypoints-eval). MPII's joints take the same joints' values; neck and head top, which
# COCO has not, AI Challenger's times the 5.6 by which the two differ at the shoulders.
MPII = Skeleton(
    joint_names=["right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist",
                 "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top"],
    all_joints=[[0, 5], [1, 4], [2, 3], [6, 11], [7, 10], [8, 9], [12], [13]],
    all_joints_names=["ankle", "knee", "hip", "wrist", "elbow", "shoulder", "chin", "forehead"],
    limbs=_pairs("0-1 1-2 3-4 4-5 6-7 7-8 9-10 10-11 12-13"),
    oks_sigmas=[.089, .087, .107, .107, .087, .089, .062, .072, .079, .079, .072, .062, .069, .072],
)

COCO = Skeleton(
    joint_names=["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
                 "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
                 "right_knee", "left_ankle", "right_ankle"],
    all_joints=[[0], [2, 1], [4, 3], [6, 5], [8, 7], [10, 9], [12, 11], [14, 13], [16, 15]],
    all_joints_names=["nose", "eye", "ear", "shoulder", "elbow", "hand", "hip", "knee", "foot"],
    limbs=_pairs("0-1 0-2 1-3 2-4 5-7 6-8 7-9 8-10 11-13 12-14 13-15 14-16"),
    oks_sigmas=[.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089],
)

PENN_ACTION = Skeleton(
    joint_names=["head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
                 "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"],
    all_joints=[[0], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]],
    all_joints_names=["head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"],
    limbs=_pairs("0-1 0-2 1-3 3-5 2-4 4-6 1-7 2-8 7-9 9-11 8-10 10-12"),
    oks_sigmas=None,
)

# AI Challenger 2017, with the challenge's own sigmas: about 5.6 times as strict as COCO's.
AI_CHALLENGER = Skeleton.from_names(
    ["right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist", "right_hip",
     "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "head_top", "neck"],
    limbs=_pairs("12-13 13-0 0-1 1-2 13-3 3-4 4-5 0-6 6-7 7-8 3-9 9-10 10-11"),
    oks_sigmas=[.01388152, .01515228, .01057665, .01417709, .01497891, .01402144, .03909642, .03686941, .01981803,
                .03843971, .03412318, .02415081, .01291456, .01236173],
)

# What a dataset_type brings along.
SKELETONS = {"mpii": MPII, "coco": COCO, "penn_action": PENN_ACTION}
