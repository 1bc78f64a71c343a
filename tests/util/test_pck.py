import numpy as np

from util import pck
from util.skeleton import COCO, MPII


def test_by_hand():
    poses = np.array([[[0, 0], [10, 0], [0, 20]], [[0, 0], [3, 4], [9, 9]]], float)
    labelled = np.array([[True, True, True], [True, True, False]])
    lengths = pck.box_lengths(poses, labelled)
    np.testing.assert_array_equal(lengths, [20, 4])
    np.testing.assert_array_equal(pck.pair_lengths(poses, labelled, 0, 1), [10, 5])
    assert np.isnan(pck.pair_lengths(poses, labelled, 0, 2)[1])
    predicted = poses + [[[2, 0], [2.1, 0], [0, -2]], [[0, 0.4], [0.5, 0], [0, 0]]]
    hits = pck.correct(predicted, poses, labelled, lengths, 0.1)
    np.testing.assert_array_equal(hits, [[1, 0, 1], [1, 0, np.nan]])


def test_a_person_without_labels_does_not_count():
    poses, labelled = np.zeros((1, 2, 2)), np.zeros((1, 2), bool)
    assert np.isnan(pck.correct(poses, poses, labelled, pck.box_lengths(poses, labelled), 0.1)).all()


def test_a_single_joint_tells_no_size_and_does_not_count():
    poses, labelled = np.ones((2, 2, 2)), np.array([[True, False], [True, True]])
    poses[1, 1] = 11, 1
    hits = pck.correct(poses, poses, labelled, pck.box_lengths(poses, labelled), 0.1)
    np.testing.assert_array_equal(hits, [[np.nan, np.nan], [1, 1]])


def test_torso_joints():
    assert pck.torso_joints(MPII) == (3, 8) and pck.torso_joints(COCO) == (11, 6)


def test_stack_people():
    poses, labelled = pck.stack_people([np.array([[2, 5.0, 6.0]])], 3)
    np.testing.assert_array_equal(poses[0, 2], [5, 6])
    np.testing.assert_array_equal(labelled, [[False, False, True]])


def test_criteria():
    poses, labelled = np.zeros((1, 14, 2)), np.ones((1, 14), bool)
    poses[0, [MPII.joint_id("right_shoulder"), MPII.joint_id("head_top")]] = [[30, 40], [0, -20]]
    box, torso, head = pck.criteria(poses, labelled, MPII, 0.1)
    assert (box.length, torso.length, head.length) == (60, 50, 15)  # 0.75 x the 20 px from neck to head top
    assert (box.threshold, torso.threshold, head.threshold) == (0.1, 0.2, 0.5)
    assert box.joints.all() and torso.joints.tolist() == head.joints.tolist() == [True] * 12 + [False] * 2
    assert [one.title[:5] for one in pck.criteria(np.zeros((1, 17, 2)), np.ones((1, 17), bool), COCO, 0.1)] == ["PCK, "] * 2
