import numpy as np
import pytest

from dataset.maps import get_pairwise_index, map_size
from dataset.targets import dense_pairwise, encode, part_weights
from nnet.predict import argmax_pose_predict

NAMES = ("part_score_targets", "part_score_weights", "locref_targets", "locref_mask", "pairwise_targets",
         "pairwise_mask")


@pytest.mark.parametrize("case", range(5))
def test_equal_to_the_reference(numbers, case):
    z = numbers("targets")

    def value(name):
        return z["c%d_%s" % (case, name)]

    stride, scale, joints, people, pairwise, height, width, only_present, radius, stdev = value("meta")
    shown = [value("joints%d" % p) for p in range(int(people))]
    stats = (value("pair_mean"), value("pair_std")) if pairwise else None
    joint_id = [person[:, 0].astype(int) for person in shown]
    targets = encode(list(zip(joint_id, [person[:, 1:] for person in shown])), map_size(height, width, stride),
                     int(joints), radius * scale, stride, stdev, stats)
    weights = part_weights(targets.scores.shape, joint_id, bool(only_present))
    maps = (targets.scores, weights, targets.locref, targets.locref_mask)
    assert (targets.pairwise_index is not None) == bool(pairwise)
    if pairwise:
        maps += dense_pairwise(targets.pairwise_index, targets.pairwise_values, map_size(height, width, stride),
                               int(joints))
    for name, found in zip(NAMES, maps):
        np.testing.assert_array_equal(found, value(name), err_msg=name)


@pytest.mark.parametrize("joints", [2, 4, 14, 17])
def test_pairwise_index_is_a_bijection(joints):
    pairs = [(a, b) for a in range(joints) for b in range(joints) if a != b]
    assert [get_pairwise_index(a, b, joints) for a, b in pairs] == list(range(joints * (joints - 1)))


@pytest.mark.parametrize("seed", range(20))
def test_decoding_gives_the_joints_back(seed):
    rng = np.random.RandomState(seed)
    points = rng.uniform(0, (160, 120), (5, 2))
    targets = encode([(np.arange(5), points)], map_size(120, 160, 8), 5, radius=17)
    pose = argmax_pose_predict(targets.scores, targets.locref.reshape(16, 20, 5, 2) * 7.2801, 8.0)
    np.testing.assert_allclose(pose[:, :2], points, atol=1e-5)


def test_one_lit_cell():
    # Cell (row 2, column 3) of stride 8 has its centre at (28, 20).
    targets = encode([([1], np.array([[29.0, 19.0]]))], (4, 6), 2, radius=4, locref_stdev=2.0)
    assert np.argwhere(targets.scores).tolist() == [[2, 3, 1]]
    np.testing.assert_array_equal(targets.locref[2, 3], [0, 0, 0.5, -0.5])
    assert np.argwhere(targets.locref_mask).tolist() == [[2, 3, 2], [2, 3, 3]]


def test_joints_outside_the_picture_leave_no_trace():
    for point in ([-50.0, 10.0], [10.0, 900.0], [48.0 + 17, 16.0]):
        assert not encode([([0], np.array([point]))], (4, 6), 1, radius=17).scores.any()


def test_map_sizes_are_even():
    assert map_size(97, 65, 8.0) == (14, 10) and map_size(96, 64, 8.0) == (12, 8)
