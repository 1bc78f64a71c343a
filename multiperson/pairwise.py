"""How likely two detections are one person's: DeeperCut (arXiv 1605.03170), section 4, and its parameters' files."""
import os
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from util.command import UserError
from util.config import find_file, with_defaults
from util.mat import read_mat, write_mat

NUM_FEATURES = 8
PARTS_OF_A_PERSON = 10  # with pairwise_relative, distances are in tenths of the person's size


class PairModel(NamedTuple):
    """A logistic regression: of one pair of different joints, or of one joint at different times (multiperson/temporal.py).

    X_min, X_max: [K], the range of K features in training, which is scaled to 0..1; w: [K + 1], the last one the intercept;
        or [m, K] and [m, K + 1], of each of m pairs its own; K is 8, of temporal models the number of their FEATURES
    """

    X_min: np.ndarray
    X_max: np.ndarray
    w: np.ndarray

    def probability(self, features):
        """That the two of each pair are one person's, by features [..., K]."""
        slope, intercept = self.line()
        return expit(np.einsum("...k,...k->...", features, slope) + intercept)

    def line(self):
        """(slope [..., K], intercept [...]): the probability is expit(slope . features + intercept), of features that are not
        scaled."""
        x_min, x_max, w = (np.asarray(part, float) for part in self)
        slope = w[..., :-1] / _extent(x_min, x_max)
        return slope, w[..., -1] - (slope * x_min).sum(axis=-1)


class SpatialModelError(UserError):
    """A spatial model that is not there or cannot be read; the message names the file."""


def used_pairs(cfg):
    """The pairs (a, b), a < b, of different joints between which there are edges: cfg.sparse_graph, or all; sorted."""
    joints = cfg.num_joints
    if not cfg.sparse_graph:
        return [(a, b) for a in range(joints) for b in range(a + 1, joints)]
    pairs = sorted({tuple(sorted(pair)) for pair in cfg.sparse_graph})
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1] or not (0 <= pair[0] and pair[1] < joints):
            raise UserError("sparse_graph: %s is not a pair of different joints among 0 to %d"
                            % (list(pair), joints - 1))
    return pairs


def same_joint_probability(distance, relative=False):
    """The probability that two detections of one joint are the same person's, by their distance, px.

    relative: the distance is in tenths of the person's size. Then nothing draws the two together, since non-maximum
    suppression has left one detection where one is meant; of small people side by side both are kept.
    """
    return expit(-distance) if relative else expit(7.5 - 0.2 * distance)


def person_units(detections):
    """[n] px: a tenth of the size of the person of each detection, joint after joint; the size is the root mean square of the
    offsets to the other joints that its cell predicts, and unknown, for which 1 px is taken, where there are none."""
    return _units(own_offsets(detections))


def own_offsets(detections):
    """[n, J - 1, 2] px: of all detections, joint after joint, the offsets to the other joints, in the order of these.

    Raises UserError where the network gave none.
    """
    others = len(detections.coord) - 1
    if detections.pairwise[0].shape[1] < others:
        raise UserError("the detections have no pairwise offsets; a network with pairwise_predict: true gives them")
    return np.concatenate([offsets[:, joint * others:(joint + 1) * others]
                           for joint, offsets in enumerate(detections.pairwise)])


def _units(offsets):
    if not offsets.shape[1]:
        return np.ones(len(offsets))
    return np.maximum(np.sqrt(np.square(offsets).sum(axis=2).mean(axis=1)), 1) / PARTS_OF_A_PERSON


class Nodes(NamedTuple):
    """Detections, joint after joint.

    joint: [n]; coord, coord_grid: [n, 2] px, see Detections; unit: [n] px, in which distances are measured
    offsets: [n, J - 1, 2] px, from the cell centre to the person's other joints, in the order of these
    """

    joint: np.ndarray
    coord: np.ndarray
    coord_grid: np.ndarray
    unit: np.ndarray
    offsets: np.ndarray


def nodes_of(detections, relative=False):
    """relative: distances are measured in person_units, so that large and small people are judged alike"""
    joint = np.repeat(np.arange(len(detections.coord)), [len(coord) for coord in detections.coord])
    offsets = own_offsets(detections)
    unit = _units(offsets) if relative else np.ones(len(joint))
    return Nodes(joint, np.concatenate(detections.coord), np.concatenate(detections.coord_grid), unit, offsets)


def edge_features(nodes, start, end):
    """[..., 8]: how well the two ends of each edge, of different joints, agree with the offsets that they predict.

    nodes: Nodes; start, end: places among them, of shapes that broadcast to [...]
    Forward, from start to end: the distance (in units) and the angle (0..pi) between the real offset, cell centre of the
    start to position of the end, and the one that the start's cell predicts. Then backward likewise; then exp(-f) of these
    four.
    """
    features = np.empty(np.broadcast(start, end).shape + (NUM_FEATURES,))
    others = nodes.offsets.shape[1]
    for k, (one, other) in enumerate([(start, end), (end, start)]):
        joint = nodes.joint[other]
        place = one * others + joint - (joint > nodes.joint[one])
        predicted = nodes.offsets.reshape(-1, 2).take(place, 0)  # take: whole rows, five times as fast as indexing
        real = nodes.coord.take(other, 0) - nodes.coord_grid.take(one, 0)
        features[..., 2 * k] = np.hypot(*np.moveaxis(real - predicted, -1, 0)) / nodes.unit[one]
        features[..., 2 * k + 1] = angle_between(real, predicted)
    np.exp(-features[..., :4], out=features[..., 4:])
    return features


def pair_features(detections, a, b, relative=False):
    """[n_a, n_b, 8]: the edge_features of all pairs of detections of joints a and b; relative: see nodes_of"""
    nodes = nodes_of(detections, relative)
    return edge_features(nodes, np.flatnonzero(nodes.joint == a)[:, None], np.flatnonzero(nodes.joint == b))


def angle_between(first, second):
    """The angle between vectors [..., 2], in 0..pi; where one of them is 0, the other's angle to the x axis."""
    difference = np.abs(np.arctan2(first[..., 1], first[..., 0]) - np.arctan2(second[..., 1], second[..., 0]))
    return np.minimum(difference, 2 * np.pi - difference)


def scale_features(features, x_min, x_max):
    """Features [..., K] such that x_min..x_max becomes 0..1; one that never varied becomes 0."""
    return (features - x_min) / _extent(x_min, x_max)


def _extent(x_min, x_max):
    """What features are divided by to scale them: infinity for those that never varied, which count for nothing."""
    return np.where(x_max > x_min, x_max - x_min, np.inf)


class SpatialModel(object):
    """The parameters of all pairs of joints, as nested lists that may be set from outside.

    X_min[a][b], X_max[a][b]: [8], w[a][b]: [9], see PairModel; a < b; None where they are not loaded
    """

    def __init__(self, cfg):
        self.cfg = with_defaults(cfg)
        self.pairs = used_pairs(cfg)
        self.X_min, self.X_max, self.w = ([[None] * cfg.num_joints for _ in range(cfg.num_joints)] for _ in range(3))

    def load(self):
        """Read the pairs that the graph needs from cfg.pairwise_model_dir -> self. Raises SpatialModelError."""
        folder = find_file(self.cfg, "pairwise_model_dir")
        for a, b in self.pairs:
            self.X_min[a][b], self.X_max[a][b], self.w[a][b] = read_pair_model(folder, a, b)
        return self

    def pair(self, a, b):
        """The PairModel of joints a < b."""
        if self.w[a][b] is None:
            raise SpatialModelError("the spatial model of joints %d and %d is not loaded" % (a, b))
        return PairModel(self.X_min[a][b], self.X_max[a][b], self.w[a][b])

    def probability(self, a, b, features):
        """The probability, by features [..., 8] of joints a < b, that the two are one person's."""
        return self.pair(a, b).probability(features)

    def same_person(self, detections, a, b):
        """[n_a, n_b]: the probability that two detections, of joints a <= b, are one person's."""
        first = np.cumsum([0] + [len(coord) for coord in detections.coord])
        places = np.meshgrid(np.arange(*first[a:a + 2]), np.arange(*first[b:b + 2]), indexing="ij")
        return self.edge_probability(detections, np.stack(places, axis=-1).reshape(-1, 2)).reshape(places[0].shape)

    def edge_probability(self, detections, edges):
        """[m]: the probability that the two ends of edges [m, 2] are one person's: places among all detections, joint after
        joint, the first one's joint not above the second one's."""
        relative = self.cfg.pairwise_relative
        nodes = nodes_of(detections, relative)
        same = nodes.joint[edges[:, 0]] == nodes.joint[edges[:, 1]]
        probability = np.empty(len(edges))
        start, end = edges[same].T
        distance = np.linalg.norm(nodes.coord[start] - nodes.coord[end], axis=1) / np.sqrt(nodes.unit[start] * nodes.unit[end])
        probability[same] = same_joint_probability(distance, relative)
        start, end = edges[~same].T
        if len(start):
            joints = self.cfg.num_joints
            pairs, place = np.unique(nodes.joint[start] * joints + nodes.joint[end], return_inverse=True)
            models = PairModel(*map(np.array, zip(*(self.pair(*divmod(pair, joints)) for pair in pairs))))
            slope, intercept = models.line()
            features = edge_features(nodes, start, end)
            probability[~same] = expit(np.einsum("mk,mk->m", features, slope.take(place, 0)) + intercept[place])
        return probability


def pair_model_path(folder, a, b):
    """The file of joints a < b, counted from 0; its name counts from 1."""
    return os.path.join(folder, "spatial_model_cidx_%d_%d.mat" % (a + 1, b + 1))


def read_pair_model(folder, a, b):
    """The PairModel of joints a < b from a folder. Raises SpatialModelError, naming the file."""
    path = pair_model_path(folder, a, b)
    if not os.path.exists(path):
        raise SpatialModelError("there is no spatial model %s, which the edges between joints %d and %d need; "
                                "train_spatial_model.py makes one" % (path, a, b))
    return read_regression(path)


def read_regression(path, names=None):
    """The PairModel in a file. names: of its features, where they are not those of edge_features

    Raises SpatialModelError, naming the file.
    """
    try:
        file = read_mat(path, squeeze_me=True, struct_as_record=False)
        model = file["spatial_model"]
        parts = PairModel(*(np.asarray(part, float) for part in (
            model.training_opts.X_min, model.training_opts.X_max, model.log_reg.w)))
    except Exception as error:  # no MATLAB file, or one of something else
        raise SpatialModelError("%s is not a spatial model (%s)" % (path, error)) from None
    if names and str(file.get("features")) != ", ".join(names):
        raise SpatialModelError("%s was trained on other features; train_temporal_model.py makes a new one" % path)
    count = len(names) if names else NUM_FEATURES
    shapes = [part.shape for part in parts]
    if shapes != [(count,), (count,), (count + 1,)] or not np.isfinite(np.concatenate(parts)).all():
        raise SpatialModelError("%s: X_min, X_max and w must be %d, %d and %d finite numbers, not of shapes %s"
                                % (path, count, count, count + 1, shapes))
    return parts


def write_pair_model(folder, a, b, model):
    """Write a PairModel of joints a < b. The folder is made where there is none."""
    write_regression(pair_model_path(folder, a, b), model)


def write_regression(path, model, names=None):
    """Write a PairModel in the reference's form; names: see read_regression"""
    options = {"X_min": np.reshape(model.X_min, (1, -1)), "X_max": np.reshape(model.X_max, (1, -1))}
    file = {"spatial_model": {"training_opts": options, "log_reg": {"w": np.reshape(model.w, (1, -1))}}}
    if names:
        file["features"] = ", ".join(names)
    write_mat(path, file)
