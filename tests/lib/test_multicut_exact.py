"""Proofs of optimality by HiGHS, against the oracle and the reference."""
import subprocess
import sys
import time

import multicut_oracle as oracle
import numpy as np
import pytest
from test_multicut import HARD, PEOPLE, case, partition

from lib.multicut_cython.multicut import solve

pytest.importorskip("highspy")


@pytest.mark.parametrize("block", range(4))
def test_proven_optimum_equals_the_oracle(block):
    for seed in range(50 * block, 50 * block + 50):
        unary, edges, costs = oracle.random_graph(np.random.RandomState(seed))
        solution = solve(unary, edges, costs, effort=0, prove=True)
        assert solution.stats["optimal"] and solution.gap == 0
        assert solution.objective == pytest.approx(oracle.best_clustering(unary, edges, costs), abs=1e-9)
        assert solution.objective == pytest.approx(oracle.objective(solution.labels, unary, edges, costs), abs=1e-9)


@pytest.mark.parametrize("index", range(27))
def test_graphs_like_pictures_are_proven(index):
    unary, edges, costs, reference = case(PEOPLE, index)
    # With little effort there is something left to prove; with the usual effort, hardly.
    little, usual = (solve(unary, edges, costs, effort=effort, prove=True) for effort in (0, 1))
    assert little.stats["optimal"] and usual.stats["optimal"]
    assert little.objective == pytest.approx(usual.objective, rel=1e-6)
    assert usual.objective <= reference + 1e-6
    if len(unary) <= 150:
        assert usual.objective == pytest.approx(float(reference))


def test_hard_graphs_of_up_to_30_nodes_are_proven():
    for index in range(6):
        unary, edges, costs, _ = case(HARD, index)
        proven = solve(unary, edges, costs, prove=True)
        assert proven.stats["optimal"]
        assert solve(unary, edges, costs).lower_bound <= proven.objective + 1e-9


def test_permuting_the_nodes_does_not_change_a_proven_partition():
    for index in range(6):
        unary, edges, costs, _ = case(HARD, index)
        place = np.random.RandomState(index).permutation(len(unary))
        permuted = np.empty_like(unary)
        permuted[place] = unary
        one, two = solve(unary, edges, costs, prove=True), solve(permuted, place[edges], costs, prove=True)
        assert partition(one.labels) == partition(two.labels[place])


def test_time_limit_leaves_a_valid_bound():
    unary, edges, costs, _ = case(HARD, 6)
    quick, limited = solve(unary, edges, costs), solve(unary, edges, costs, prove=True, time_limit=1)
    assert not limited.stats["optimal"]
    assert quick.lower_bound <= limited.lower_bound <= limited.objective <= quick.objective


def test_time_limit_is_kept():
    unary, edges, costs, _ = case(HARD, 8)
    start = time.process_time()
    assert not solve(unary, edges, costs, prove=True, time_limit=3).stats["optimal"]
    assert time.process_time() - start <= 1.1 * 3  # HiGHS looks at the clock every tenth of a second


def test_highs_prints_nothing():
    # It would greet once a process.
    code = "from lib.multicut_cython.multicut import solve; print(solve(%r, %r, %r, prove=True).gap)"
    command = [sys.executable, "-c", code % tuple(part.tolist() for part in case(HARD, 2)[:3])]
    assert subprocess.check_output(command, stderr=subprocess.STDOUT, universal_newlines=True) == "0.0\n"


def test_without_highspy_there_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "highspy", None)
    with pytest.raises(ImportError, match="pip install highspy"):
        solve([0.0], [], [], prove=True)
