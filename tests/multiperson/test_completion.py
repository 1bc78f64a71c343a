import numpy as np
import pytest

from dataset.maps import Maps, get_pairwise_index
from multiperson.completion import complete
from multiperson.detections import Detections
from multiperson.graph import Graph
from multiperson.people import assemble

STRIDE = 4


@pytest.fixture
def scene():
    """A person of joints 0 and 1, 40 px apart; both say that joint 2 is at (50, 90), where nothing was detected."""
    points = np.array([[50.0, 10], [50, 50]])
    offsets = np.zeros((2, 6, 2))
    for joint, point in enumerate(points):
        offsets[joint, get_pairwise_index(joint, 2, 3)] = [50, 90] - point
    detections = Detections([points[:1], points[1:], np.zeros((0, 2))], [points[:1], points[1:], np.zeros((0, 2))],
                            [np.array([[0.8]]), np.array([[0.9]]), np.zeros((0, 1))],
                            [offsets[:1], offsets[1:], np.zeros((0, 6, 2))])
    graph = Graph(np.array([0, 1]), points, np.array([0.8, 0.9]), np.array([[0, 1]]), np.array([0.95]))
    person, = assemble(graph, 3).people
    return person, graph, detections


def test_the_other_joints_know_where_it_is_and_the_score_map_how_sure(scene):
    person, graph, detections = scene
    scores = np.zeros((30, 30, 3), np.float32)
    scores[22, 12, 2] = 0.1  # the cell of (50, 90)
    found, = complete([person], graph, detections, Maps(scores), STRIDE)
    np.testing.assert_allclose(found.keypoints[2], [50, 90, 0.1], rtol=1e-6)
    np.testing.assert_array_equal(found.keypoints[:2], person.keypoints[:2])
    assert found.visibility.tolist() == [True, True, False]  # what was found stays known
    assert found.score == pytest.approx((0.8 ** 2 + 0.9 ** 2 + 0.1 ** 2) / 3)


def test_a_better_cell_nearby_is_taken_with_its_refinement_and_one_far_away_is_not(scene):
    person, graph, detections = scene
    scores = np.zeros((30, 30, 3), np.float32)
    scores[22, 12, 2], scores[23, 12, 2], scores[22, 20, 2] = 0.01, 0.2, 0.9
    locref = np.zeros((30, 30, 3, 2), np.float32)
    locref[23, 12, 2] = 1, -2
    found, = complete([person], graph, detections, Maps(scores, locref), STRIDE)
    np.testing.assert_allclose(found.keypoints[2], [51, 92, 0.2], rtol=1e-6)


def test_a_joint_outside_the_picture(scene):
    person, graph, detections = scene
    found, = complete([person], graph, detections, Maps(np.zeros((15, 30, 3), np.float32)), STRIDE)  # 60 px high
    assert np.isfinite(found.keypoints).all() and found.keypoints[2, 2] == 0
