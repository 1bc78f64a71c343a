"""How likely two detections are one person's: DeeperCut (arXiv 1605.03170), section 4, and its parameters' files."""
import os
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import expit

from dataset.maps import get_pairwise_index
from util.command import UserError
from util.config import find_file, with_defaults
from util.mat import read_mat, write_mat

NUM_FEATURES = 8
PARTS_OF_A_PERSON = 10  # with pairwise_relative, distances are in tenths of the person's size


class PairModel(NamedTuple):
    """A logistic regression: of one pair of different joints, or of one joint at different times (multiperson/temporal.py).

    X_min, X_max: [8], the range of the features in training, which is scaled to 0..1; w: [9], the last one the intercept
    """

    X_min: np.ndarray
    X_max: np.ndarray
    w: np.ndarray

    def probability(self, features):
        """That the two of each pair are one person's, by features [..., 8]."""
        scaled = scale_features(features, np.asarray(self.X_min), np.asarray(self.X_max))
        w = np.asarray(self.w)
        return expit(scaled.dot(w[:-1]) + w[-1])


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


def person_units(detections, joint):
    """[n] px: a tenth of the size of the person of each detection of a joint; the size is the root mean square of the
    offsets to the other joints that its cell predicts."""
    others = len(detections.coord) - 1
    offsets = detections.pairwise[joint][:, joint * others:(joint + 1) * others]
    return np.maximum(np.sqrt(np.square(offsets).sum(axis=2).mean(axis=1)), 1) / PARTS_OF_A_PERSON


def pair_features(detections, a, b, relative=False):
    """[n_a, n_b, 8]: how well each two detections of joints a and b agree with the offsets that they predict.

    Forward, from a to b: the distance (px) and the angle (0..pi) between the real offset, cell centre of a's detection
    to position of b's, and the one that a's cell predicts. Then backward likewise; then exp(-f) of these four.
    relative: distances are in person_units, so that large and small people are judged alike
    """
    joints = len(detections.coord)
    if detections.pairwise[a].shape[1] == 0:
        raise ValueError("the detections have no pairwise offsets; a network with pairwise_predict: true gives them")
    features = np.empty((len(detections.coord[a]), len(detections.coord[b]), NUM_FEATURES))
    # Seen from b the matrix is transposed: [n_b, n_a].
    for k, (start, end, view) in enumerate([(a, b, features), (b, a, features.transpose(1, 0, 2))]):
        real = detections.coord[end][None] - detections.coord_grid[start][:, None]
        predicted = detections.pairwise[start][:, None, get_pairwise_index(start, end, joints)]
        view[..., 2 * k] = np.hypot(*np.moveaxis(real - predicted, -1, 0))
        if relative:
            view[..., 2 * k] /= person_units(detections, start)[:, None]
        view[..., 2 * k + 1] = angle_between(real, predicted)
    np.exp(-features[..., :4], out=features[..., 4:])
    return features


def angle_between(first, second):
    """The angle between vectors [..., 2], in 0..pi; where one of them is 0, the other's angle to the x axis."""
    difference = np.abs(np.arctan2(first[..., 1], first[..., 0]) - np.arctan2(second[..., 1], second[..., 0]))
    return np.minimum(difference, 2 * np.pi - difference)


def scale_features(features, x_min, x_max):
    """Features [..., 8] such that x_min..x_max becomes 0..1; one that never varied becomes 0."""
    varied = x_max > x_min
    return np.where(varied, (features - x_min) / np.where(varied, x_max - x_min, 1), 0.0)


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

    def probability(self, a, b, features):
        """The probability, by features [..., 8] of joints a < b, that the two are one person's."""
        if self.w[a][b] is None:
            raise SpatialModelError("the spatial model of joints %d and %d is not loaded" % (a, b))
        return PairModel(self.X_min[a][b], self.X_max[a][b], self.w[a][b]).probability(features)

    def same_person(self, detections, a, b):
        """[n_a, n_b]: the probability that two detections, of joints a <= b, are one person's."""
        relative = self.cfg.pairwise_relative
        if a != b:
            return self.probability(a, b, pair_features(detections, a, b, relative))
        distance = cdist(detections.coord[a], detections.coord[a])
        if relative:
            units = person_units(detections, a)
            distance /= np.sqrt(np.outer(units, units))
        return same_joint_probability(distance, relative)


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


def read_regression(path):
    """The PairModel in a file. Raises SpatialModelError, naming the file."""
    try:
        model = read_mat(path, squeeze_me=True, struct_as_record=False)["spatial_model"]
        parts = PairModel(*(np.asarray(part, float) for part in (
            model.training_opts.X_min, model.training_opts.X_max, model.log_reg.w)))
    except Exception as error:  # no MATLAB file, or one of something else
        raise SpatialModelError("%s is not a spatial model (%s)" % (path, error)) from None
    shapes = [part.shape for part in parts]
    wanted = [(NUM_FEATURES,), (NUM_FEATURES,), (NUM_FEATURES + 1,)]
    if shapes != wanted or not np.isfinite(np.concatenate(parts)).all():
        raise SpatialModelError("%s: X_min, X_max and w must be 8, 8 and 9 finite numbers, not of shapes %s"
                                % (path, shapes))
    return parts


def write_pair_model(folder, a, b, model):
    """Write a PairModel of joints a < b. The folder is made where there is none."""
    write_regression(pair_model_path(folder, a, b), model)


def write_regression(path, model):
    """Write a PairModel in the reference's form."""
    options = {"X_min": np.reshape(model.X_min, (1, -1)), "X_max": np.reshape(model.X_max, (1, -1))}
    file = {"spatial_model": {"training_opts": options, "log_reg": {"w": np.reshape(model.w, (1, -1))}}}
    write_mat(path, file)
