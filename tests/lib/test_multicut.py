"""lib.multicut_cython.multicut: the reference's numbers, cases checked by hand, the oracle, and bad input."""
import time
from pathlib import Path

import multicut_oracle as oracle
import numpy as np
import pytest

from lib.multicut_cython.multicut import solve, solve_nl_lmp

DATA = Path(__file__).resolve().parent.parent / "data"
PEOPLE = np.load(str(DATA / "multicut.npz"), allow_pickle=False)
CROWD = np.load(str(DATA / "multicut_crowd.npz"), allow_pickle=False)
HARD = np.load(str(DATA / "multicut_hard.npz"), allow_pickle=False)
ROUNDING = 1e-6


def case(data, index):
    return tuple(data["m%02d_%s" % (index, name)] for name in ("unary", "edges", "cost", "ref_objective"))


def excess(index, solution, data=HARD):
    """How far above the reference's objective, relative."""
    reference = case(data, index)[3]
    return (solution.objective - reference) / abs(reference)


def check(solution, unary, edges, costs):
    """What every solution without constraints must fulfil."""
    labels = solution.labels
    assert labels.dtype == np.int64 and labels.shape == (len(unary),)
    assert oracle.is_canonical(labels)
    assert oracle.is_connected(labels, edges)
    np.testing.assert_allclose(solution.objective, oracle.objective(labels, unary, edges, costs), rtol=1e-9, atol=1e-9)
    assert solution.lower_bound <= solution.objective
    assert np.isclose(solution.gap * abs(solution.objective), solution.objective - solution.lower_bound)


@pytest.mark.parametrize("index", range(27))
def test_graphs_like_pictures(index):
    unary, edges, costs, reference = case(PEOPLE, index)
    solution = solve(unary, edges, costs)
    check(solution, unary, edges, costs)
    assert solution.objective <= reference + 1e-6
    assert solution.gap <= 0.001


@pytest.mark.parametrize("people", [3, 10, 25])
def test_crowds_are_solved_to_optimality(people):
    # The graphs of conformance/crowd.npz: detections of so many people, pairwise probabilities as logits.
    unary, edges, costs = (CROWD["p%d_%s" % (people, name)] for name in ("unary", "edges", "cost"))
    solution = solve(unary, edges, costs)
    check(solution, unary, edges, costs)
    assert solution.stats["optimal"]


def test_reference_labels_have_its_objective():
    for index in range(27):
        unary, edges, costs, reference = case(PEOPLE, index)
        labels = PEOPLE["m%02d_ref_cluster" % index]
        assert np.isclose(oracle.objective(labels, unary, edges, costs), reference)


def test_hard_graphs():
    excesses = []
    for index in range(20):
        unary, edges, costs, _ = case(HARD, index)
        solution = solve(unary, edges, costs)
        check(solution, unary, edges, costs)
        excesses.append(excess(index, solution))
    assert max(excesses) <= 1e-9
    assert np.mean(excesses[8:14]) <= -0.02  # 60 to 120 nodes
    assert max(excesses[14:]) < 0  # 200 to 1,000 nodes


def test_more_effort_never_costs_more():
    unary, edges, costs, _ = case(HARD, 13)
    objectives = [solve(unary, edges, costs, effort=effort).objective for effort in (0, 1, 4)]
    assert objectives == sorted(objectives, reverse=True) and objectives[0] > objectives[2]


def test_suppressed_nodes_by_hand():
    # Two people of two parts each; node 4 attracts nobody and is unlikely, node 5 is liked by both people and hardly
    # likely, node 6 is likely and alone.
    unary = [-2.0, -2.0, 1.0, -1.0, 1.5, 3.0, -0.5]
    edges = [(0, 1), (2, 3), (0, 2), (1, 3), (3, 4), (1, 5), (2, 5)]
    costs = [-3.0, -2.0, 4.0, 4.0, 0.5, -1.5, -1.0]
    solution = solve(unary, edges, costs)
    # Keeping 2 with 3 saves 2 - 1; 5 would bring at most 1.5 for its 3.
    assert solution.labels.tolist() == [0, 0, 1, 1, -1, -1, 2]
    assert solution.objective == pytest.approx((-2 - 2 - 3) + (1 - 1 - 2) - 0.5)
    assert solution.lower_bound == pytest.approx(solution.objective)
    assert solution.gap == 0 and solution.stats["optimal"]


def test_a_node_that_pays_only_in_company_by_hand():
    # Node 1 costs 3 and each edge saves 2: not worth it for one neighbour, but for both.
    assert solve([-1, 3, -1], [(0, 1), (1, 2)], [-2, -2]).labels.tolist() == [0, 0, 0]
    assert solve([-1, 3, -1], [(0, 1)], [-2]).labels.tolist() == [0, -1, 1]


def test_clusters_are_connected_through_edges_by_hand():
    # 0 and 2 do not repel each other, but only node 1 connects them, and it is not worth its unary.
    assert solve([-1.0, 5.0, -1.0], [(0, 1), (1, 2)], [-2.0, -2.0]).labels.tolist() == [0, -1, 1]
    assert solve([-1.0, 5.0, -1.0], [(0, 1), (1, 2)], [-3.0, -3.0]).labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize("block", range(4))
def test_small_graphs_are_solved_and_bounded(block):
    exact_at_once = 0
    for seed in range(50 * block, 50 * block + 50):
        unary, edges, costs = oracle.random_graph(np.random.RandomState(seed))
        optimum = oracle.best_clustering(unary, edges, costs)
        first, usual = solve(unary, edges, costs, effort=0), solve(unary, edges, costs)
        for solution in (first, usual):
            check(solution, unary, edges, costs)
            assert solution.lower_bound <= optimum + ROUNDING
        assert usual.objective == pytest.approx(optimum) and usual.stats["optimal"]
        assert first.objective >= optimum - ROUNDING
        exact_at_once += first.objective <= optimum + ROUNDING
    assert exact_at_once >= 45  # the local optimum alone is nearly always right on graphs this small


def test_gap_of_an_objective_of_zero_by_hand():
    # No cluster pays for its nodes: {1, 2} costs 2 + 2 - 4, {1, 2, 3} costs 2 + 2 + 3 - 4 - 3 + 1. The first bound is
    # lower.
    unary, edges = [2.0, 2.0, 2.0, 3.0], [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    costs = [4.0, -1.0, 4.0, -4.0, 1.0, -3.0]
    first, usual = solve(unary, edges, costs, effort=0), solve(unary, edges, costs)
    assert first.objective == 0 and first.lower_bound < 0 and first.gap == np.inf
    assert usual.objective == 0 and usual.gap == 0


def test_the_unit_of_the_costs_does_not_matter():
    unary, edges, costs, _ = case(HARD, 9)
    for unit in (2.0**-60, 2.0**40):
        scaled = solve(unary * unit, edges, costs * unit)
        np.testing.assert_array_equal(solve(unary, edges, costs).labels, scaled.labels)


def test_same_seed_same_result_and_nothing_printed(capfd):
    unary, edges, costs, _ = case(HARD, 14)
    first, again, other = (solve(unary, edges, costs, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.labels, again.labels)
    assert (first.objective, first.lower_bound) == (again.objective, again.lower_bound)
    assert (first.labels != other.labels).any()  # on this graph no search finds the optimum at once
    assert capfd.readouterr() == ("", "")


def test_permuting_the_nodes_permutes_the_optimum():
    for index in (3, 8, 14):
        unary, edges, costs, _ = case(PEOPLE, index)
        place = np.random.RandomState(index).permutation(len(unary))
        permuted = np.empty_like(unary)
        permuted[place] = unary
        one, two = solve(unary, edges, costs), solve(permuted, place[edges], costs)
        assert one.stats["optimal"] and two.stats["optimal"]
        assert partition(one.labels) == partition(two.labels[place])


def partition(labels):
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels[labels >= 0])}


def counted(limit, *graph, effort=10000):
    """(solution, seconds of the processor, which a busy machine does not lengthen); without a limit it takes an hour"""
    start = time.process_time()
    return solve(*graph, effort=effort, time_limit=limit), time.process_time() - start


def test_time_limit():
    random = np.random.RandomState(0)
    graph = random.randn(3000), random.randint(0, 3000, (30000, 2)), random.randn(30000)
    (none, _), (little, _) = counted(0, *graph), counted(0.3, *graph)
    for solution in (none, little):
        check(solution, *graph)
    assert little.objective < none.objective


@pytest.mark.parametrize("limit", [1e10, 1e300, float("inf")])
def test_a_time_limit_that_no_clock_can_count_to_is_none(limit):
    unary, edges, costs, _ = case(PEOPLE, 3)
    assert solve(unary, edges, costs, time_limit=limit).objective == solve(unary, edges, costs).objective
    random = np.random.RandomState(0)
    graph = random.randn(300), random.randint(0, 300, (3000, 2)), random.randn(3000)
    assert solve(*graph, time_limit=limit).objective == solve(*graph).objective


@pytest.mark.parametrize("nodes, degree", [(700, 500), (20000, 20)])
def test_time_limit_is_kept_within_a_tenth_and_a_greedy_pass(nodes, degree):
    # Dense: a million triangles. Sparse: clusters of thousands of nodes.
    random = np.random.RandomState(0)
    edges = random.randint(0, nodes, (nodes * degree // 2, 2))
    graph = random.randn(nodes) - 0.5, edges, random.randn(len(edges))
    greedy = min(counted(0, *graph)[1] for _ in range(2))
    assert greedy <= counted(None, *graph, effort=0)[1] / 4  # which looks for a local optimum and a bound as well
    assert min(counted(2, *graph)[1] for _ in range(2)) <= 2.2 + greedy


def test_more_than_65535_nodes():
    # Pairs (0, 1), (2, 3), ...: every second pair attracts, the others repel, and a last node is suppressed.
    count = 140001
    left = np.arange(0, count - 1, 2)
    costs = np.where(left % 4 == 0, -1.0, 1.0)
    unary = np.full(count, -1.0)
    unary[-1] = 1.0
    labels = solve(unary, np.stack([left, left + 1], axis=1), costs).labels
    np.testing.assert_array_equal(labels[left] == labels[left + 1], costs < 0)
    assert labels[-1] == -1 and labels.max() == 105000 - 1


def test_duplicates_overwrite_and_self_edges_are_ignored():
    unary = [-1.0, -1.0]
    assert solve(unary, [(0, 1), (1, 0)], [5.0, -5.0]).objective == -7
    assert solve(unary, [(0, 1), (0, 1)], [-5.0, 5.0]).objective == -2
    assert solve(unary, [(0, 0), (1, 1)], [-5.0, -5.0]).objective == -2


def test_edges_of_any_integer_type():
    for dtype in (np.uint16, np.int32, np.uint64, np.int8):
        assert solve([-1, -1], np.array([[0, 1]], dtype), [-1]).labels.tolist() == [0, 0]


def test_small_and_empty_graphs():
    nothing = solve([], [], [])
    assert nothing.labels.shape == (0,) and nothing.objective == 0 and nothing.gap == 0
    assert solve([1.0], [], []).labels.tolist() == [-1]
    assert solve([-1.0], [], []).labels.tolist() == [0]
    assert solve([1.0, -1.0], [], [], allow_suppression=False).labels.tolist() == [0, 1]
    assert solve(np.zeros((2, 1)), np.zeros((1, 2), int), np.zeros((1, 1))).objective == 0


@pytest.mark.parametrize("change, message", [
    (dict(unary=[np.nan, 0, 0]), "unary contains NaN or infinity, first at row 0"),
    (dict(costs=[1.0, np.inf]), "costs contains NaN or infinity, first at row 1"),
    (dict(unary=np.zeros((3, 2))), "unary must have the shape"),
    (dict(costs=[1.0]), "2 edges, but 1 costs"),
    (dict(edges=[(0, 1), (1, 3)]), r"edges: row 1 .* is not within the 3 nodes"),
    (dict(edges=[(0, 1), (-1, 2)]), r"edges: row 1 .* is not within the 3 nodes"),
    (dict(edges=[(0.0, 1.0), (1.0, 2.0)]), "edges must hold integers"),
    (dict(edges=[0, 1, 2]), "edges must have the shape"),
    (dict(must_join=[(0, 5)]), "must_join: row 0"),
    (dict(must_keep=[4]), "must_keep: row 0"),
    (dict(must_keep=[[0]]), "must_keep must be a list"),
    (dict(time_limit=-1), "time_limit"),
    (dict(time_limit=np.nan), "time_limit"),
    (dict(effort=-1), "effort"),
])
def test_bad_input(change, message):
    arguments = dict(unary=[0.0, 0.0, 0.0], edges=[(0, 1), (1, 2)], costs=[1.0, 2.0])
    arguments.update(change)
    with pytest.raises(ValueError, match=message):
        solve(**arguments)


def test_the_reference_s_interface():
    # 0 and 1 belong together, 2 is unlikely and alone, 3 is likely and alone.
    unary = np.array([[0.9], [0.8], [0.3], [0.7]])
    pwidx = np.array([[0, 1], [1, 2], [2, 3], [0, 0]], np.uint16)
    pw = np.array([[0.95], [0.1], [0.2], [0.0]])
    result = solve_nl_lmp(unary, pwidx, pw, True, 0, True, True)
    assert result.dtype == np.uint64
    assert result.tolist() == [[0, 0], [0, 0], [2**64 - 1, 2], [0, 1]]
    assert solve_nl_lmp(unary, pwidx, pw, True, 0, False, True).tolist() == [[0, 0], [0, 0], [0, 1], [0, 2]]


def test_the_reference_s_interface_with_costs_and_complete_graphs():
    def logit(p):
        return np.log((1 - p) / p)

    random = np.random.RandomState(1)
    unary, pw = random.uniform(0.2, 0.9, (9, 1)), random.uniform(0, 1, (36, 1))
    complete = solve_nl_lmp(unary, None, pw, False, 0, True, True)
    sparse = solve_nl_lmp(logit(unary), np.argwhere(np.triu(np.ones((9, 9)), 1)), logit(pw), True, 0, True, False)
    np.testing.assert_array_equal(complete, sparse)
    with pytest.raises(ValueError, match="complete graph of 9 nodes has 36 edges"):
        solve_nl_lmp(unary, None, pw[:30], False, 0, True, True)
    with pytest.raises(ValueError, match="not a probability"):
        solve_nl_lmp(unary + 1, None, pw, False, 0, True, True)


def test_certain_probabilities_are_clipped():
    result = solve_nl_lmp([1.0, 1.0, 0.0], [(0, 1), (1, 2)], [1.0, 0.0], True, 0, True, True)
    assert result[:, 0].tolist() == [0, 0, 2**64 - 1] and result[0, 1] == result[1, 1]


def test_the_reference_s_module_name():
    import multicut

    assert multicut.solve_nl_lmp is solve_nl_lmp
