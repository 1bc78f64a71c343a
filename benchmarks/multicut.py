"""Times the multicut solver on people graphs, hard graphs and random graphs up to 100,000 nodes.

    python benchmarks/multicut.py [--largest NODES] [--prove]

All times are seconds of one processor. "pass" is the time of one greedy contraction with local search and its bound
(effort 0), "seconds" that of the default effort, "ratio" how many passes that is. "saved" is how much lower the
objective is than the 2017 solver's. For the random graphs the growth exponent is that of the default effort.
"""
import argparse
import time
from pathlib import Path

import numpy as np

from lib.multicut_cython.multicut import solve

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
HEADER = "%-22s %7s %8s %9s %9s %6s %13s %13s %8s %8s" % (
    "graph", "nodes", "edges", "pass", "seconds", "ratio", "objective", "bound", "gap", "saved")


def timed(repetitions, *arguments, **options):
    """The solution and the least time of several runs."""
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        solution = solve(*arguments, **options)
        times.append(time.process_time() - start)
    return solution, min(times)


def report(name, unary, edges, costs, reference=None, prove=False):
    """Prints one line; returns the solution and its time."""
    repetitions = 3 if len(edges) < 200000 else 1
    _, first = timed(repetitions, unary, edges, costs, effort=0)
    solution, seconds = timed(repetitions, unary, edges, costs)
    saved = "" if reference is None else "%.3f%%" % (100 * (reference - solution.objective) / abs(reference))
    line = "%-22s %7d %8d %9.5f %9.5f %6.1f %13.3f %13.3f %7.3f%% %8s" % (
        name, len(unary), len(edges), first, seconds, seconds / first, solution.objective, solution.lower_bound,
        100 * solution.gap, saved)
    if prove:
        proven, prove_seconds = timed(1, unary, edges, costs, prove=True, time_limit=10)
        line += "  proven in %.3f s" % prove_seconds if proven.stats["optimal"] else "  not proven in 10 s"
    print(line, flush=True)
    return solution, seconds


def stored(file_name, prove, provable_nodes):
    """Reports the graphs of a conformance file."""
    data = np.load(str(DATA / file_name), allow_pickle=False)
    saved = {}
    for key in (key[:-len("_unary")] for key in data.files if key.endswith("_unary")):
        unary, edges, costs = (data["%s_%s" % (key, part)] for part in ("unary", "edges", "cost"))
        reference = float(data[key + "_ref_objective"]) if key + "_ref_objective" in data.files else None
        solution, _ = report("%s %s" % (file_name[:-4], key), unary, edges, costs, reference,
                             prove and len(unary) <= provable_nodes)
        if reference is not None:
            saved[key] = (len(unary), (reference - solution.objective) / abs(reference))
    for size, low, high in [("less than 60", 0, 59), ("60 to 120", 60, 120), ("more than 120", 121, 10**9)]:
        some = [value for nodes, value in saved.values() if low <= nodes <= high]
        if some:
            print("    %d graphs of %s nodes: saved %.3f %% on average, %.3f %% at least"
                  % (len(some), size, 100 * np.mean(some), 100 * min(some)))


def random_graph(kind, nodes, degree=20, seed=0):
    """Normal costs without any structure, or clusters of 20 nodes with noise of the size of the signal."""
    random = np.random.RandomState(seed)
    edges = random.randint(0, nodes, (nodes * degree // 2, 2))
    if kind == "planted":
        half = len(edges) // 2
        edges[:half, 1] = edges[:half, 0] // 20 * 20 + random.randint(0, 20, half)
    edges = np.unique(np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1), axis=0)
    costs = random.randn(len(edges))
    if kind == "planted":
        costs += np.where(edges[:, 0] // 20 == edges[:, 1] // 20, -1, 1)
    return random.randn(nodes) - 0.5, edges, costs


def growth(kind, largest):
    """Reports random graphs of growing size and the exponent of the time."""
    sizes = [size for size in (1000, 3000, 10000, 30000, 100000) if size <= largest]
    times = [report("%s %d" % (kind, size), *random_graph(kind, size))[1] for size in sizes]
    if len(sizes) > 1:
        exponent = np.polyfit(np.log(sizes), np.log(times), 1)[0]
        print("    time of %s graphs grows with the number of nodes to the power of %.2f" % (kind, exponent))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--largest", type=int, default=100000, help="nodes of the largest random graphs")
    parser.add_argument("--prove", action="store_true", help="also time the proof of optimality (needs highspy)")
    arguments = parser.parse_args()
    print(HEADER)
    stored("multicut_crowd.npz", arguments.prove, 1000)
    stored("multicut.npz", arguments.prove, 1000)
    stored("multicut_hard.npz", arguments.prove, 30)
    for kind in ("planted", "normal"):
        growth(kind, arguments.largest)


if __name__ == "__main__":
    main()
