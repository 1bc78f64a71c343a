import time

import numpy as np
import pytest

from dataset.maps import Maps
from multiperson.detections import extract_detections
from multiperson.pairwise import SpatialModel
from multiperson.people import inner_edges
from multiperson.predict import eval_graph, find_people, get_person_conf_multicut, search
from scenes import agreeable_model, load_case, multi_person_config, place, set_pair, with_stray
from util.command import UserError


def partition(labels):
    """The sets of nodes of one cluster, suppressed nodes left out."""
    return {tuple(np.flatnonzero(labels == cluster)) for cluster in set(labels.tolist()) - {-1}}


@pytest.mark.parametrize("letter", "abc")
def test_equal_to_the_reference(letter):
    case = load_case(letter)
    labels, positions, unary, edges, edge_probabilities = eval_graph(case.model, case.detections)
    expected = case.expected
    real = expected["pwidx"].any(axis=1)  # without the rows of padding
    np.testing.assert_array_equal(edges, expected["pwidx"][real])
    np.testing.assert_allclose(edge_probabilities, expected["pw"][real], rtol=0, atol=1e-6)
    np.testing.assert_allclose(positions, expected["pos"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(unary, expected["unary"], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(labels[:, 0], expected["labels"][:, 0])
    assert labels.dtype == edges.dtype == np.int64
    assert partition(labels[:, 1]) == partition(expected["labels"][:, 1])


@pytest.mark.parametrize("letter", "abc")
def test_people_are_the_reference_s(letter):
    case = load_case(letter)
    labels, positions, unary, _, _ = eval_graph(case.model, case.detections)
    people = get_person_conf_multicut(case.model, labels, unary, positions)
    expected = case.expected["person_conf"]
    expected = expected[(expected != 0).any(axis=2).sum(axis=1) >= 3]  # without ghost people
    assert people.shape == expected.shape
    order, expected_order = (np.lexsort(poses[:, 0].T) for poses in (people, expected))
    np.testing.assert_allclose(people[order], expected[expected_order], rtol=0, atol=1e-4)


@pytest.mark.parametrize("letter", "abc")
def test_both_forms_of_people_agree(letter):
    case = load_case(letter)
    assembly = find_people(case.model, case.detections)
    labels, positions, unary, edges, probabilities = eval_graph(case.model, case.detections)
    people = get_person_conf_multicut(case.model, labels, unary, positions)
    np.testing.assert_allclose(people, [np.nan_to_num(person.keypoints[:, :2]) for person in assembly.people])
    inside = inner_edges(edges, labels[:, 1])
    kept = labels[:, 1] >= 0
    odds = sum(np.log(p / (1 - p)).sum() for p in (unary[kept], probabilities[inside]))
    np.testing.assert_allclose(assembly.objective, -odds, rtol=1e-4)  # no probability inside people is clipped


def test_suppressed_detections_are_no_ghosts():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    labels = np.array([[0, 4], [0, -1], [1, 2], [1, 4], [1, -1]])
    positions = np.arange(10.0).reshape(5, 2)
    people = get_person_conf_multicut(model, labels, np.full((5, 1), 0.5), positions)
    assert people.tolist() == [[[0, 0], [4, 5]], [[0, 1], [6, 7]]]


def test_a_weak_detection_disappears_by_hand():
    """A person whose joints agree, and a detection far away whose score alone says that it is none."""
    model = agreeable_model(multi_person_config())
    found = with_stray(place([[[20, 20], [60, 20]]]), 1, [300, 20], 0.3)
    labels, positions, unary, _, _ = eval_graph(model, found)
    assert labels.tolist() == [[0, 0], [1, 0], [1, -1]]
    assert get_person_conf_multicut(model, labels, unary, positions).tolist() == [[[20, 20], [60, 20]]]


def test_a_picture_without_people():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    dark = np.zeros((6, 7, 2))
    found = extract_detections(cfg, dark, np.zeros((6, 7, 2, 2)), np.zeros((6, 7, 2, 2)))
    assert find_people(model, found).people == []
    labels, positions, unary, edges, probabilities = eval_graph(model, found)
    assert [part.shape for part in (labels, positions, unary, edges, probabilities)] == [
        (0, 2), (0, 2), (0, 1), (0, 2), (0, 1)]
    assert get_person_conf_multicut(model, labels, unary, positions).shape == (0, 2, 2)


def test_maps_without_offsets():
    """Also where they show one joint alone, so that no two can belong together."""
    scores = np.zeros((6, 7, 2))
    scores[3, 3, 0] = 0.9
    with pytest.raises(UserError, match="pairwise_predict: true"):
        search(SpatialModel(multi_person_config()), Maps(scores), 1.0)


def test_constraints_reach_the_solver():
    model = agreeable_model(multi_person_config())
    found = place([[[20, 20], [60, 20]]])
    assert len(find_people(model, found).people) == 1
    assert len(find_people(model, found, must_cut=[(0, 1)]).people) == 2


def test_the_config_bounds_the_solver(caplog):
    """Random detections of a network that knows nothing: no solver proves anything about these."""
    random = np.random.RandomState(0)
    model = agreeable_model(multi_person_config())
    model.X_min[0][1], model.X_max[0][1], model.w[0][1] = np.zeros(8), np.ones(8), np.append(np.zeros(8), 1e-3)
    found = place(random.rand(150, 2, 2) * 80)
    full = find_people(model, found)
    assert full.gap > 0 and not caplog.text
    model.cfg.update(solver_effort=0)
    assert find_people(model, found).objective > full.objective
    model.cfg.update(solver_effort=1e4, solver_time_limit=0.2)
    start = time.process_time()
    stopped = find_people(model, found)
    assert time.process_time() - start < 1 and len(stopped.people) > 0
    assert "300 detections was stopped after 0.2 s (solver_time_limit)" in caplog.text and "% above" in caplog.text


def test_fewest_joints_and_least_score_of_a_person():
    cfg = multi_person_config()
    model = agreeable_model(cfg)
    found = with_stray(place([[[20, 20], [60, 20]]]), 1, [300, 20], 0.7)
    maps = Maps(np.zeros((6, 40, 2)))  # in which the stray's other joint is not found either
    scores = [person.score for person in search(model, maps, 1.0, found).people]
    assert len(scores) == 2 and scores[1] < scores[0]
    cfg.person_min_joints = 2
    assert [person.score for person in search(model, maps, 1.0, found).people] == scores[:1]
    cfg.update(person_min_joints=1, person_min_score=(scores[0] + scores[1]) / 2)
    assert [person.score for person in search(model, maps, 1.0, found).people] == scores[:1]


def test_offsets_that_are_not_numbers():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    set_pair(model, 0, 1, np.zeros(8), np.ones(8), np.ones(9))
    with pytest.raises(ValueError, match="not a number"):
        find_people(model, place([[[20, 20], [60, 20]]], skew=np.nan))
