import numpy as np
import pytest

from multiperson.graph import Graph, costs
from multiperson.people import (Person, assemble, inner_edges, merge_detections, put_together, similarity,
                                suppressed)


def graph_of(joint, position, probability, edges):
    """edges: {(i, j): probability}"""
    pairs = sorted(edges)
    return Graph(np.array(joint, np.int64), np.array(position, float).reshape(-1, 2), np.array(probability, float),
                 np.array(pairs, np.int64).reshape(-1, 2), np.array([edges[pair] for pair in pairs]))


@pytest.fixture
def two_people():
    """Two joints; two people, nodes (0, 2) and (1, 3), and a weak detection, node 4, that agrees with nobody."""
    edges = {(i, j): 0.1 for i in range(5) for j in range(i + 1, 5)}
    edges.update({(0, 2): 0.9, (1, 3): 0.8})
    positions = [[10, 10], [50, 10], [10, 40], [50, 40], [90, 90]]
    return graph_of([0, 0, 1, 1, 1], positions, [0.6, 0.9, 0.7, 0.8, 0.3], edges)


def test_two_people_and_a_suppressed_node(two_people):
    assembly = assemble(two_people, 3)
    assert [person.members.tolist() for person in assembly.people] == [[1, 3], [0, 2]]  # the better one first
    assert assembly.person.tolist() == [1, 0, 1, 0, -1] and suppressed(assembly).tolist() == [4]
    best = assembly.people[0]
    np.testing.assert_allclose(best.keypoints, [[50, 10, 0.9], [50, 40, 0.8], [np.nan] * 3])
    assert best.visibility.tolist() == [True, True, False]
    np.testing.assert_allclose([best.score, assembly.people[1].score], [1.7 / 3, 1.3 / 3])


def test_costs_are_accounted_for(two_people):
    assembly = assemble(two_people, 2)
    by_hand = [-np.log(9 * 4 * 4), -np.log(1.5 * 7 / 3 * 9)]  # log odds of two nodes and the edge between them
    np.testing.assert_allclose([person.cost for person in assembly.people], by_hand)
    np.testing.assert_allclose(assembly.objective, sum(by_hand))
    np.testing.assert_allclose(assembly.node_cost, costs(two_people.probability))
    inside = inner_edges(two_people.edges, assembly.person)
    assert two_people.edges[inside].tolist() == [[0, 2], [1, 3]]
    np.testing.assert_allclose(assembly.edge_cost[inside], [-np.log(9), -np.log(4)])
    assert assembly.lower_bound <= assembly.objective + 1e-9


def test_all_suppressed_is_nobody():
    graph = graph_of([0, 0, 1], [[0, 0], [50, 50], [9, 9]], [0.2, 0.3, 0.4], {(0, 1): 0.01, (0, 2): 0.3, (1, 2): 0.4})
    assembly = assemble(graph, 2)
    assert assembly.people == [] and assembly.person.tolist() == [-1] * 3 and assembly.objective == 0


def test_no_detections():
    assembly = assemble(graph_of([], [], [], {}), 17)
    assert assembly.people == [] and assembly.objective == 0 and len(assembly.person) == 0


def test_constraints(two_people):
    joined = assemble(two_people, 2, must_join=[(2, 4)])
    assert joined.person[2] == joined.person[4] >= 0
    cut = assemble(two_people, 2, must_cut=[(0, 2)])
    assert cut.person[0] != cut.person[2]
    kept = assemble(two_people, 2, must_keep=[4])
    assert kept.person[4] >= 0 and len(kept.people) == 3
    assert min(joined.objective, cut.objective, kept.objective) > assemble(two_people, 2).objective


def test_numbers_that_are_none(two_people):
    for part in ("probability", "edge_probability"):
        broken = np.array(getattr(two_people, part))
        broken[1] = np.nan
        with pytest.raises(ValueError, match="is not a number"):
            assemble(two_people._replace(**{part: broken}), 2)


def test_merged_positions_are_weighted():
    merged = merge_detections(np.array([1, 1, 0, 1]), np.array([0, 0, 1, -1]), np.array([0.9, 0.3, 0.5, 0.8]),
                              np.array([[0.0, 0], [40, 4], [7, 8], [1000, 1000]]), 2)
    nan = [np.nan] * 3
    np.testing.assert_allclose(merged, [[nan, [10, 1, 0.9]], [[7, 8, 0.5], nan]])
    assert merge_detections(np.zeros(2, int), np.zeros(2, int), np.zeros(2), np.array([[2.0, 0], [4, 0]]), 1)[
        0, 0].tolist() == [3, 0, 0]


def person_at(points, score, visible=None):
    keypoints = np.column_stack([points, np.full(len(points), score)])
    visibility = np.ones(len(points), bool) if visible is None else np.array(visible, bool)
    return Person(keypoints, score, visibility, 0.0, np.zeros(0, np.int64))


BODY = np.array([[0.0, 0], [30, 0], [0, 100], [30, 100]])


def test_similarity_is_that_of_coco():
    a, b = person_at(BODY, 0.9), person_at(BODY + [3, 4], 0.8)
    expected = np.exp(-25 / (2 * (2 * np.array([0.05, 0.1, 0.1, 0.1])) ** 2 * (3000 + 1))).mean()
    assert similarity(a, b, [0.05, 0.1, 0.1, 0.1]) == pytest.approx(expected)
    assert similarity(a, a) == 1


def test_of_two_alike_the_better_one_is_kept():
    better, worse, other = person_at(BODY, 0.9), person_at(BODY + 1, 0.8), person_at(BODY + 60, 0.5)
    assert put_together([worse, other, better]) == [better, other]


def test_a_part_of_somebody_is_a_duplicate_and_what_was_not_found_does_not_count():
    whole = person_at(BODY, 0.9)
    part = person_at(BODY + [[1, 1], [1, 1], [80, 0], [80, 0]], 0.5, [1, 1, 0, 0])
    assert similarity(whole, part) > 0.9
    assert similarity(person_at(BODY, 0.9, [0, 0, 1, 1]), part) == 0
    assert put_together([part, whole]) == [whole]


def test_parts_whose_absent_joints_make_them_alike_are_put_together():
    """Of one the feet were found, of the other the head; both have filled in the rest, one of them less well."""
    feet, head = person_at(BODY, 0.6, [0, 0, 1, 1]), person_at(BODY + [2, 1], 0.4, [1, 1, 0, 0])
    elsewhere = person_at(BODY + 60, 0.5, [1, 1, 0, 0])
    other, both = put_together([head, elsewhere, feet])
    assert other is elsewhere and both.visibility.all()
    np.testing.assert_array_equal(both.keypoints, np.concatenate([head.keypoints[:2], feet.keypoints[2:]]))
    assert both.score == pytest.approx((0.6 ** 2 + 0.4 ** 2) / 2)


def test_pairs_beyond_reach_are_told_the_solver_where_it_would_join_them():
    # Two heads far apart, each of which the one hip fits well: without the edge between them all three would be a person.
    graph = graph_of([0, 0, 1], [[0, 0], [900, 0], [450, 0]], [0.9] * 3, {(0, 1): 0.0, (0, 2): 0.99, (1, 2): 0.98})
    assembly = assemble(graph, 2)
    assert assembly.person.tolist() == [0, 1, 0]
    np.testing.assert_allclose(assembly.objective, 3 * costs(0.9) + costs(0.99))
    assert assembly.gap == 0


def test_a_pair_beyond_reach_that_must_be_one_costs_what_it_costs():
    graph = graph_of([0, 0], [[0, 0], [900, 0]], [0.9] * 2, {(0, 1): 0.0})
    assembly = assemble(graph, 1, must_join=[(0, 1)], time_limit=5)
    assert assembly.person.tolist() == [0, 0]
    np.testing.assert_allclose(assembly.objective, 2 * costs(0.9) + costs(0))
