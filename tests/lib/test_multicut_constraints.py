"""Constraints of the multicut solver: obeyed in every solution, and as good as the oracle's under the same ones."""
import multicut_oracle as oracle
import numpy as np
import pytest

from lib.multicut_cython.multicut import solve


def random_constraints(random, nodes):
    def some_pairs():
        pairs = random.randint(0, nodes, (random.randint(0, 3), 2))
        return pairs[pairs[:, 0] != pairs[:, 1]].tolist()

    return dict(must_join=some_pairs(), must_cut=some_pairs(), allow_suppression=bool(random.randint(0, 4)),
                must_keep=random.randint(0, nodes, random.randint(0, 3)).tolist())


def check_obeyed(labels, edges, must_join=(), must_cut=(), must_keep=(), allow_suppression=True):
    assert all(labels[a] == labels[b] >= 0 for a, b in must_join)
    assert all(labels[a] != labels[b] or labels[a] < 0 for a, b in must_cut)
    assert all(labels[node] >= 0 for node in must_keep)
    assert allow_suppression or (labels >= 0).all()
    assert oracle.is_connected(labels, edges, must_join)
    assert oracle.is_canonical(labels)


def compare_with_oracle(seed, **options):
    random = np.random.RandomState(seed)
    unary, edges, costs = oracle.random_graph(random, random.randint(2, 8))
    constraints = random_constraints(random, len(unary))
    optimum = oracle.best_clustering(unary, edges, costs, **constraints)
    if optimum is None:
        with pytest.raises(ValueError, match="must be cut, but must_join"):
            solve(unary, edges, costs, **constraints)
        return
    solution = solve(unary, edges, costs, **constraints, **options)
    check_obeyed(solution.labels, edges, **constraints)
    np.testing.assert_allclose(solution.objective, oracle.objective(solution.labels, unary, edges, costs), atol=1e-9)
    assert solution.objective == pytest.approx(optimum, abs=1e-7)
    assert solution.lower_bound <= optimum + 1e-6


@pytest.mark.parametrize("block", range(4))
def test_equals_the_oracle(block):
    for seed in range(50 * block, 50 * block + 50):
        compare_with_oracle(seed)


def test_proven_optimum_equals_the_oracle():
    pytest.importorskip("highspy")
    for seed in range(1000, 1050):
        compare_with_oracle(seed, effort=0, prove=True)


def test_any_graph_any_constraints():
    hypothesis = pytest.importorskip("hypothesis")

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(seed=hypothesis.strategies.integers(0, 2**32 - 1))
    def compare(seed):
        compare_with_oracle(seed)

    compare()


def test_obeyed_on_larger_graphs():
    for seed in range(10):
        random = np.random.RandomState(seed)
        unary, edges, costs = random.randn(60), random.randint(0, 60, (400, 2)), random.randn(400)
        free = solve(unary, edges, costs).labels
        together = np.argwhere(np.triu((free[:, None] == free) & (free[:, None] >= 0), 1))
        apart = np.argwhere(np.triu(free[:, None] != free, 1))
        constraints = dict(must_cut=together[random.permutation(len(together))[:8]],
                           must_join=apart[random.permutation(len(apart))[:2]], must_keep=np.flatnonzero(free < 0))
        try:
            solution = solve(unary, edges, costs, **constraints)
        except ValueError:
            continue
        check_obeyed(solution.labels, edges, **constraints)
        break
    else:
        pytest.fail("no seed without a contradiction")


def test_must_join_connects_without_an_edge_by_hand():
    # 0-1 and 2-3 are two people. Joining 1 and 3, between which there is no edge, makes one cluster of all, since 1 and
    # 3 still attract 0 and 2; node 4 belongs to nobody.
    unary, edges, costs = [-1.0, -1.0, -1.0, -1.0, 1.0], [(0, 1), (2, 3)], [-2.0, -2.0]
    assert solve(unary, edges, costs).labels.tolist() == [0, 0, 1, 1, -1]
    joined = solve(unary, edges, costs, must_join=[(1, 3)])
    assert joined.labels.tolist() == [0, 0, 0, 0, -1]
    assert joined.objective == pytest.approx(-8)


def test_must_join_keeps_both_at_their_price_by_hand():
    joined = solve([2.0, 3.0], [(0, 1)], [4.0], must_join=[(0, 1)])
    assert joined.labels.tolist() == [0, 0] and joined.objective == joined.lower_bound == 9


def test_must_cut_and_must_keep_by_hand():
    unary, edges, costs = [-1.0, 0.5, -1.0], [(0, 1), (1, 2), (0, 2)], [-3.0, -2.0, -1.0]
    assert solve(unary, edges, costs).labels.tolist() == [0, 0, 0]
    # 0 with 1 (-2.5) and 2 alone is best, if 0 and 2 are to be two people.
    assert solve(unary, edges, costs, must_cut=[(0, 2)]).labels.tolist() == [0, 0, 1]
    cut = solve(unary, edges, costs, must_cut=[(0, 1), (1, 2)])
    assert cut.labels.tolist() == [0, -1, 0]
    assert solve(unary, edges, costs, must_cut=[(0, 1), (1, 2)], must_keep=[1]).labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize("constraints", [
    dict(must_join=[(0, 1)], must_cut=[(1, 0)]),
    dict(must_join=[(0, 1), (1, 2)], must_cut=[(0, 2)]),
    dict(must_cut=[(1, 1)]),
])
def test_contradictions(constraints):
    with pytest.raises(ValueError, match="must be cut, but must_join puts both in one cluster"):
        solve([0.0] * 3, [(0, 1)], [1.0], **constraints)
