import numpy as np
import pytest

from multiperson.detections import Detections
from multiperson.graph import build_graph, costs
from multiperson.pairwise import SpatialModel, pair_features, person_units, same_joint_probability
from scenes import load_case, multi_person_config, place, set_pair


@pytest.mark.parametrize("letter", "abc")
def test_equal_to_the_reference(letter):
    case = load_case(letter)
    graph, expected = build_graph(case.model, case.detections), case.expected
    real = expected["pwidx"].any(axis=1)  # without the rows of padding
    np.testing.assert_array_equal(graph.edges, expected["pwidx"][real])
    np.testing.assert_array_equal(graph.joint, expected["det_part"])
    np.testing.assert_allclose(graph.probability, expected["unary"][:, 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(graph.edge_probability, expected["pw"][real, 0], rtol=0, atol=1e-6)
    assert graph.edges.dtype == graph.joint.dtype == np.int64


def test_edges_in_their_order():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    set_pair(model, 0, 1, np.zeros(8), np.ones(8), np.zeros(9))
    graph = build_graph(model, place([[[10, 10], [40, 10]], [[70, 10], [90, 10]]]))
    assert graph.joint.tolist() == [0, 0, 1, 1]
    assert graph.edges.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    # Same joint: 60 px and 50 px apart; different joints: the model without knowledge.
    np.testing.assert_allclose(graph.edge_probability[[0, 5]], 1 / (1 + np.exp([4.5, 2.5])))
    assert (graph.edge_probability[1:5] == 0.5).all()


def test_no_detections():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    none = Detections([np.zeros((0, 2))] * 2, [np.zeros((0, 2))] * 2, [np.zeros((0, 1))] * 2, [np.zeros((0, 2, 2))] * 2)
    graph = build_graph(model, none)
    assert [part.shape for part in graph] == [(0,), (0, 2), (0,), (0, 2), (0,)]


def test_detections_of_another_skeleton():
    cfg = multi_person_config()
    with pytest.raises(ValueError, match="3 joints do not fit a spatial model of 2"):
        build_graph(SpatialModel(cfg), place([[[10, 10], [40, 10], [50, 10]]]))


def test_costs_are_clipped_logits():
    np.testing.assert_allclose(costs([0.5, 0.2, 0, 1]), [0, np.log(4), np.log(1e7 - 1), -np.log(1e7 - 1)], rtol=1e-6)


@pytest.mark.parametrize("relative", [False, True])
def test_all_edges_at_once_are_as_likely_as_pair_by_pair(relative, monkeypatch):
    case = load_case("c")
    monkeypatch.setitem(case.model.cfg, "pairwise_relative", relative)
    graph, found = build_graph(case.model, case.detections), case.detections
    units = person_units(found) if relative else np.ones(len(graph.joint))
    for a, b in case.model.pairs:
        chosen = (graph.joint[graph.edges] == [a, b]).all(axis=1)
        plain = case.model.probability(a, b, pair_features(found, a, b, relative))
        np.testing.assert_allclose(graph.edge_probability[chosen], plain.ravel(), rtol=1e-9)
    for (i, j), probability in zip(graph.edges.tolist(), graph.edge_probability):
        if graph.joint[i] == graph.joint[j]:
            distance = np.hypot(*(graph.position[i] - graph.position[j])) / np.sqrt(units[i] * units[j])
            assert probability == pytest.approx(same_joint_probability(distance, relative))
    assert len(graph.edges) > 100
