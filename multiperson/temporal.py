"""What tells whether two detections of one joint in different frames are the same person's: the temporal edges of ArtTrack
(arXiv 1612.01465), section 3. A logistic regression of it, a multiperson.pairwise.PairModel, gives their probability.

The edges there are between parts of one type; their features are distances in the picture after the motion in between, and
appearance. Here the motion is optical flow (multiperson/motion.py), and all distances are in the person's own size.
"""
import os
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from multiperson.pairwise import read_regression, write_regression
from util.config import find_file

FEATURES = ("distance", "patch difference", "colour difference", "change of size", "change of score", "age", "exp(-distance)",
            "exp(-flow error)", "patch difference * distance")
REACH = 8.0  # units: there are no edges between detections farther apart after the motion
OLDEST = 8  # frames: there are no older examples to learn from
DRIFT = 0.5  # units by which, with each frame in between, one knows less about where somebody is


def temporal_model_path(cfg):
    return os.path.join(find_file(cfg, "pairwise_model_dir"), "temporal_model.mat")


def write_temporal_model(path, model):
    """Write a PairModel of FEATURES."""
    write_regression(path, model, FEATURES)


def read_temporal_model(path):
    """The PairModel in a file. Raises SpatialModelError, naming the file."""
    return read_regression(path, FEATURES)


class Points(NamedTuple):
    """Detections of a frame, or joints that a track remembers, seen from another frame.

    joint: [n] int64; position: [n, 2] px, where they are, or are expected, in the frame from which they are seen
    probability: [n] their scores; unit: [n] px, see multiperson.pairwise.person_units
    patch, colour: [n, k], [n, 3], see multiperson.motion.View; age: [n] frames that lie between; error: [n] px, the flow's
    """

    joint: np.ndarray
    position: np.ndarray
    probability: np.ndarray
    unit: np.ndarray
    patch: np.ndarray
    colour: np.ndarray
    age: np.ndarray
    error: np.ndarray


def points_of(graph, unit, view):
    """The nodes of a Graph as Points of their own frame; unit: [n] px."""
    count = len(graph.joint)
    return Points(graph.joint, graph.position, graph.probability, unit, view.patches(graph.position, unit),
                  view.colours(graph.position, unit), np.zeros(count, np.int64), np.zeros(count))


def carried(points, motion):
    """Points, seen from the next frame; motion: multiperson.motion.Motion."""
    position, error = motion.carry(points.position)
    return points._replace(position=position, age=points.age + 1, error=points.error + error)


def widened(age):
    """How many times as far as in the next frame somebody may be from where they are expected, after so many frames."""
    return 1 + DRIFT * (age - 1)


def candidate_pairs(before, after):
    """([m], [m]) places of Points of one joint, in `before` and in `after`, that are within REACH of one another."""
    distance = cdist(before.position, after.position) / np.sqrt(np.outer(before.unit, after.unit))
    distance /= widened(before.age)[:, None]
    return np.nonzero((before.joint[:, None] == after.joint) & (distance <= REACH))


def temporal_features(before, after, start, end):
    """[m, 9], see FEATURES, of the pairs of before[start] and after[end]."""
    unit, age = np.sqrt(before.unit[start] * after.unit[end]), before.age[start]
    distance = np.linalg.norm(before.position[start] - after.position[end], axis=1) / (unit * widened(age))
    different = 1 - np.einsum("mk,mk->m", before.patch[start], after.patch[end])
    return np.column_stack([
        distance, different, np.linalg.norm(before.colour[start] - after.colour[end], axis=1),
        np.abs(np.log(before.unit[start] / after.unit[end])), np.abs(before.probability[start] - after.probability[end]),
        np.log(np.minimum(age, OLDEST)), np.exp(-distance), np.exp(-before.error[start] / unit), different * distance])
