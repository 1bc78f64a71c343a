import numpy as np
import pytest

from util.ai_challenger_score import THRESHOLDS, object_keypoint_similarity, precisions
from util.skeleton import AI_CHALLENGER

BOX = np.array([[0, 0, 99, 1]])  # area 99: the score adds 1


def person(dx=0.0, visibility=1):
    """[1, 14, 3]; dx: px by which it is off."""
    return np.column_stack([np.arange(14) + dx, np.arange(14), np.full(14, visibility)])[None]


def test_similarity_by_hand():
    # One visible joint, the right shoulder, 1 px off: exp(-1 / (2 (2 * 0.01388152)^2 (99 + 1))) = exp(-6.4869)
    only = person(visibility=2)
    only[0, 0, 2] = 1
    assert object_keypoint_similarity(only, BOX, person(1.0))[0, 0] == pytest.approx(0.0015232, rel=1e-4)
    # The left hip as well: exp(-1 / (2 (2 * 0.03843971)^2 100)) = exp(-0.845962) = 0.429144; the mean of both
    only[0, 9, 2] = 1
    assert object_keypoint_similarity(only, BOX, person(1.0))[0, 0] == pytest.approx(0.2153336, rel=1e-4)
    assert object_keypoint_similarity(person(), BOX, person()).tolist() == [[1.0]]


def test_occluded_and_unlabelled_joints_do_not_count():
    annotated = person()
    annotated[0, 3:, 2] = 2
    annotated[0, 7:, 2] = 3
    predicted = person()
    predicted[0, 3:, :2] += 50
    assert object_keypoint_similarity(annotated, BOX, predicted)[0, 0] == 1
    assert object_keypoint_similarity(person(visibility=2), BOX, person())[0, 0] == 0  # nothing visible: missed
    flat = np.array([[5, 5, 5, 5]])
    assert object_keypoint_similarity(person(), flat, person())[0, 0] == 1


def two(a, b):
    return np.concatenate([a, b])


def test_score_by_hand():
    two_boxes = two(BOX, BOX)
    annotated = {"found": (person(), BOX), "half": (two(person(), person(500)), two_boxes), "missed": (person(), BOX),
                 "crowded": (person(), BOX), "empty": (person()[:0], BOX[:0])}
    predictions = {"found": person(), "half": person(), "crowded": np.concatenate([person(), person(), person(700)]),
                   "empty": person(), "elsewhere": person()}
    # People counted: 1 + max(2, 1) + 1 + max(1, 3) + max(0, 1) = 8; found at every threshold: 1 + 1 + 0 + 1 + 0.
    np.testing.assert_allclose(precisions(annotated, predictions), 3 / 8.0)
    assert not precisions(annotated, {}).any()


def test_thresholds_one_by_one():
    """All joints off by a distance at which the mean similarity is 0.72: found at 0.5, 0.55, ..., 0.7."""
    deltas = 2 * np.array(AI_CHALLENGER.oks_sigmas)
    area = 10000
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        similarity = np.exp(-middle ** 2 / (2 * deltas ** 2 * (area + 1))).mean()
        low, high = (middle, high) if similarity > 0.72 else (low, middle)
    found = precisions({"a": (person(), np.array([[0, 0, 100, 100]]))}, {"a": person(low)})
    assert found.tolist() == [1] * 5 + [0] * 5 and len(THRESHOLDS) == 10
    assert found.mean() == 0.5


def test_two_people_may_take_the_same_prediction():
    found = precisions({"a": (two(person(), person()), two(BOX, BOX))}, {"a": person()})
    np.testing.assert_array_equal(found, 1)
