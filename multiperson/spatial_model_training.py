"""Training of the spatial model: per pair of joints a logistic regression that tells whether two detections are one
person's (DeeperCut, arXiv 1605.03170, section 4; how its parameters were found was never published).

The graph's costs are the logits of the probabilities, so these must be calibrated: examples are all pairs of detections
that a picture holds, in their natural frequencies, without any weighting of classes; how strongly to regularise is
decided by the likelihood of pictures that a fit has not seen.
"""
import glob
import logging
import os
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from tqdm import tqdm

from multiperson.pairwise import PairModel, pair_features, pair_model_path, scale_features, write_pair_model
from util.command import UserError

NOBODY = -1
FOLDS = 5  # of whole pictures: pairs of one picture are much alike
FEWEST_EXAMPLES = 10  # of each class, below which nothing is fitted
REGULARISATION = (1.0, 100.0, 10000.0)  # scikit-learn's C: the inverse of the strength


class PairExamples(NamedTuple):
    """Pairs of detections of two joints, from many pictures.

    features: [n, 8], see multiperson.pairwise.pair_features
    same: [n] bool, whether both are one person's; image: [n] int64, the place of the picture in the data set
    """

    features: np.ndarray
    same: np.ndarray
    image: np.ndarray


class PairFit(NamedTuple):
    """A PairModel and how it was found.

    model: PairModel; held_out: [n], for each example its probability by a fit to other pictures; regularisation: the C used
    """

    model: PairModel
    held_out: np.ndarray
    regularisation: float


def owners(detections, people, radius):
    """Whose the detections are: for each joint [n] int64, the place in `people` of the person whose annotated joint is
    nearest, NOBODY where none lies within `radius` px.

    people: one array n x 3 (joint id, x, y) a person, px of the network's input
    """
    result = []
    for joint, coord in enumerate(detections.coord):
        annotated = [(k, point) for k, person in enumerate(people) for point in person[person[:, 0] == joint, 1:]]
        owner = np.full(len(coord), NOBODY, np.int64)
        if annotated and len(coord):
            distance = cdist(coord, np.array([point for _, point in annotated]))
            person = np.array([k for k, _ in annotated])[distance.argmin(axis=1)]
            near = distance.min(axis=1) <= radius
            owner[near] = person[near]
        result.append(owner)
    return result


def collect_examples(images, pairs, radius, relative=False):
    """The pairs of detections of which one knows whether they are one person's -> {(a, b): PairExamples}.

    images: iterable of (number of the picture, Detections, people), people as for `owners`; a picture may come in several
        sizes; pairs: list of (a, b), a < b
    radius: px within which a detection is a person's joint: that within which cells were positive in training
    relative: see pair_features

    Positive are pairs of one person, negative pairs across people. In pictures of one person there are none of the
    latter; there, pairs of the person with detections that are nobody's are negative, if the person's own joint of that
    kind is annotated: otherwise the detection may well be it.
    """
    collected = {pair: [] for pair in pairs}
    for number, detections, people in images:
        people = [np.reshape(person, (-1, 3)) for person in people]
        owner = owners(detections, people, radius)
        for a, b in pairs:
            same, across = _known_pairs(owner, people, a, b)
            known = same | across
            if known.any():
                features = pair_features(detections, a, b, relative)[known]
                collected[a, b].append((features, same[known], np.full(len(features), number)))
    nothing = [(np.zeros((0, 8)), np.zeros(0, bool), np.zeros(0, np.int64))]
    return {pair: PairExamples(*map(np.concatenate, zip(*(parts or nothing)))) for pair, parts in collected.items()}


def _known_pairs(owner, people, a, b):
    """([n_a, n_b] bool: pairs that are certainly one person's, and that certainly are not)"""
    owner_a, owner_b = owner[a][:, None], owner[b][None]
    same = (owner_a == owner_b) & (owner_a != NOBODY)
    across = (owner_a != owner_b) & (owner_a != NOBODY) & (owner_b != NOBODY)
    if len(people) == 1:
        has_a, has_b = ((people[0][:, 0] == joint).any() for joint in (a, b))
        across = across | (owner_a != owner_b) & np.where(owner_a == NOBODY, has_a, has_b)
    return same, across


def fit_spatial_model(examples):
    """{(a, b): PairExamples} -> {(a, b): PairFit}; pairs with too few examples are left out, with a warning."""
    fits = {}
    for (a, b), pair_examples in tqdm(sorted(examples.items()), desc="fitting pairs"):
        fit = fit_pair(pair_examples)
        if fit is None:
            positives = int(pair_examples.same.sum())
            logging.warning("joints %d and %d: %d pairs of one person and %d others are too few to fit their model; "
                            "leave [%d, %d] out of sparse_graph, or use more pictures", a, b, positives,
                            len(pair_examples.same) - positives, a, b)
        else:
            fits[a, b] = fit
    return fits


def fit_pair(examples):
    """PairExamples -> PairFit, or None where there are too few examples of a class, or all are in one fold."""
    same, fold = examples.same, examples.image % FOLDS
    in_fold = np.array([[np.sum(same[fold == k]), np.sum(~same[fold == k])] for k in range(FOLDS)])
    total = in_fold.sum(axis=0)
    if total.min() < FEWEST_EXAMPLES or (in_fold == total).any():
        return None
    x_min, x_max = examples.features.min(axis=0), examples.features.max(axis=0)
    scaled = scale_features(examples.features, x_min, x_max)
    candidates = []
    for strength in REGULARISATION:
        held_out = cross_val_predict(_regression(strength), scaled, same, cv=PredefinedSplit(fold),
                                     method="predict_proba")[:, 1]
        candidates.append((log_loss(same, held_out), strength, held_out))
    _, strength, held_out = min(candidates, key=lambda candidate: candidate[:2])
    regression = _regression(strength).fit(scaled, same)
    w = np.append(regression.coef_[0], regression.intercept_)
    return PairFit(PairModel(x_min, x_max, w), held_out, strength)


def _regression(strength):
    # Newton's method: with nine parameters a few steps do, where lbfgs takes many.
    return LogisticRegression(C=strength, solver="newton-cg", max_iter=1000)


def write_spatial_model(folder, fits):
    """Write {(a, b): PairFit} as spatial_model_cidx_<a+1>_<b+1>.mat files; those of other pairs are deleted: they belong to
    a model that is no more. Raises UserError where there is nothing to write, and leaves the files."""
    if not fits:
        raise UserError("no pair of joints has enough examples: %s stays as it is" % folder)
    for (a, b), fit in fits.items():
        write_pair_model(folder, a, b, fit.model)
    written = {pair_model_path(folder, a, b) for a, b in fits}
    for path in glob.glob(os.path.join(glob.escape(folder), "spatial_model_cidx_*_*.mat")):
        if path not in written:
            os.remove(path)
