"""Temporal edges by hand."""
import numpy as np
import pytest

from multiperson.pairwise import PairModel, SpatialModelError, write_regression
from multiperson.temporal import (DRIFT, FEATURES, REACH, Points, candidate_pairs, read_temporal_model, temporal_features,
                                  write_temporal_model)


def points(joint, position, unit=2.0, probability=0.5, age=0, error=0.0, patch=(1.0, 0.0), colour=(0.5, 0.5, 0.5)):
    """Points of these joints and positions; the other arguments: of all of them."""
    everywhere = [np.full(len(joint), value) for value in (probability, unit, age, error)]
    return Points(np.array(joint), np.array(position, float).reshape(-1, 2), *everywhere[:2],
                  *(np.tile(one, (len(joint), 1)) for one in (patch, colour)), *everywhere[2:])


def test_features_by_hand():
    before = points([0, 0], [[90, 90], [10, 20]], unit=2.0, age=3, error=1.0)
    after = points([0], [[13, 24]], unit=8.0, probability=0.8, patch=(0.6, 0.8), colour=(0.5, 0.2, 0.9))
    found, = temporal_features(before, after, np.array([1]), np.array([0]))
    distance = 5 / 4 / (1 + 2 * DRIFT)  # px, over the mean unit, less where two frames lie in between
    expected = [distance, 0.4, 0.5, np.log(4), 0.3, np.log(3), np.exp(-distance), np.exp(-1 / 4), 0.4 * distance]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_candidates_are_of_one_joint_and_within_reach():
    before = points([0, 1, 0], [[0, 0], [0, 0], [500, 0]], age=1)
    near, far = 2 * REACH - 0.1, 2 * REACH + 0.1  # px: a unit has two
    after = points([0, 1, 1, 0], [[near, 0], [far, 0], [0, near], [far, 0]])
    start, end = candidate_pairs(before, after)
    assert list(zip(start.tolist(), end.tolist())) == [(0, 0), (1, 2)]


def test_the_longer_ago_the_farther_they_reach():
    near = 2 * REACH * (1 + DRIFT) - 0.1
    after = points([0, 0], [[near, 0], [near + 0.2, 0]])
    for age, expected in ((1, []), (2, [0]), (3, [0, 1])):
        assert candidate_pairs(points([0], [[0, 0]], age=age), after)[1].tolist() == expected


def test_nothing_in_a_frame():
    none, one = points([], []), points([0], [[0, 0]], age=1)
    for before, after in ((none, none), (none, one), (one, none)):
        pairs = candidate_pairs(before, after)
        assert temporal_features(before, after, *pairs).shape == (0, len(FEATURES))


def test_a_model_of_other_features_is_refused(tmp_path):
    path, model = str(tmp_path / "temporal_model.mat"), PairModel(np.zeros(9), np.ones(9), np.arange(10.0))
    write_temporal_model(path, model)
    np.testing.assert_array_equal(read_temporal_model(path).w, model.w)
    write_regression(path, model)
    with pytest.raises(SpatialModelError, match="temporal_model.mat was trained on other features"):
        read_temporal_model(path)
