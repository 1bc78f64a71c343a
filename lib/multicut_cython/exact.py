"""Proofs of optimality: the multicut with activation costs as an integer program, solved by HiGHS.

Variables: y_e = 1 if the ends of edge e are in one cluster, k_v = 1 if node v is in company (see problem.hpp). With the
length l_uv = (k_u + k_v)/2 - y_uv of an edge, which is half the distance between the indicator vectors of two clusters,
the constraints are l >= 0 and, for every repulsive edge st and every path from s to t,

    l_st <= sum of l over the path.

With all k = 1 these are the cycle inequalities of Kappes et al., "Globally optimal image partitioning by multicuts"
(EMMCVPR 2011). They are added when violated: shortest paths find them, for fractional points as well.
"""
import os
import sys
import time
from contextlib import contextmanager

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

VIOLATION = 1e-6
# What HiGHS calls optimal is optimal up to about this, relative to the costs.
PRECISION = 1e-6


def require_highspy():
    """The module highspy, or an ImportError that says where to get it."""
    try:
        import highspy
    except ImportError as error:
        message = "proving a multicut optimal needs HiGHS: pip install highspy (or this project's extra 'exact')"
        raise ImportError(message) from error
    return highspy


@contextmanager
def _quiet():
    """Nothing reaches the process's standard output: HiGHS greets there before one can ask it to be silent."""
    sys.stdout.flush()
    stdout = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        os.close(nowhere)


def prove(instance, deadline=None):
    """Solves every open part of an ``Instance`` to optimality, unless ``deadline`` (time.perf_counter) comes first."""
    for part in instance.open_parts():
        if deadline is not None and time.perf_counter() >= deadline:
            return
        activation, edges, costs, labels, rises, dual_bound = instance.part(part)
        program = _Program(activation, edges, costs, deadline)
        best = program.cost(labels)
        program.fix(rises, best - dual_bound + PRECISION * (1 + abs(best)))
        found, bound = program.solve(labels)
        best = min(best, program.cost(found))
        closed = abs(best - bound) <= PRECISION * (1 + abs(best))
        instance.improve(part, found, best if closed else min(bound, best))


class _Program:
    """One part's integer program. Costs are in the part's scale; columns are the edges, then the activations."""

    def __init__(self, activation, edges, costs, deadline):
        self.highspy = require_highspy()
        self.deadline = float("inf") if deadline is None else deadline
        self.node_count = len(activation)
        self.activation, self.edges, self.costs = activation, edges, costs
        self.paying = np.flatnonzero(activation > 0)
        self.column_of_node = np.full(self.node_count, -1)
        self.column_of_node[self.paying] = len(edges) + np.arange(len(self.paying))
        self.column_of_edge = {tuple(edge): column for column, edge in enumerate(edges.tolist())}
        self.column_of_edge.update({(b, a): column for (a, b), column in self.column_of_edge.items()})
        self.upper = np.ones(len(edges) + len(self.paying))
        self.lower = np.zeros_like(self.upper)
        self._make_model()

    def _make_model(self):
        with _quiet():
            self.model = self.highspy.Highs()
        self.model.silent()
        # Its own time limit alone is not kept: integer programs take twice as long.
        self.model.cbSimplexInterrupt += self._stop_in_time
        self.model.cbMipInterrupt += self._stop_in_time
        self.model.setOptionValue("parallel", "off")
        count = len(self.upper)
        self.model.addVars(count, self.lower, self.upper)
        # An edge that costs more than all attraction together, as must_cut's, is cut; its size would blur the others.
        attraction = -self.costs[self.costs < 0].sum()
        forbidden = self.costs > attraction
        self.upper[:len(self.edges)][forbidden] = 0
        objective = np.concatenate([np.where(forbidden, 0, self.costs), self.activation[self.paying]])
        self.model.changeColsCost(count, np.arange(count, dtype=np.int32), objective)
        rows = []
        for column, edge in enumerate(self.edges):
            activations = [self.column_of_node[node] for node in edge if self.column_of_node[node] >= 0]
            rows += [([column, activation], [1, -1], 0) for activation in activations]
        self._add(rows)

    def _stop_in_time(self, event):
        event.data_in.user_interrupt = time.perf_counter() >= self.deadline

    def cost(self, labels):
        """The cost of a clustering, as in problem.hpp."""
        same = labels[self.edges[:, 0]] == labels[self.edges[:, 1]]
        size = np.bincount(labels)
        return self.costs[same].sum() + self.activation[size[labels] > 1].sum()

    def fix(self, rises, gap):
        """Cuts edges that would lift the bound by more than the gap if joined, and the other way round."""
        columns = len(self.edges)
        self.upper[:columns][rises[:, 0] > gap] = 0
        self.lower[:columns][(rises[:, 1] > gap) & (self.upper[:columns] > 0)] = 1

    def solve(self, labels):
        """A clustering and a lower bound, by the linear relaxation and, if that is fractional, the integer program."""
        count = len(self.upper)
        columns = np.arange(count, dtype=np.int32)
        self.model.changeColsBounds(count, columns, self.lower, self.upper)
        point, bound = self._solve_with_cuts()
        if point is None:
            return labels, bound
        if np.abs(point - np.round(point)).max() > VIOLATION:
            integer = np.full(count, self.highspy.HighsVarType.kInteger)
            self.model.changeColsIntegrality(count, columns, integer)
            self.model.setOptionValue("mip_rel_gap", 0.0)
            self.model.setOptionValue("mip_abs_gap", PRECISION / 10)
            self.model.setOptionValue("mip_heuristic_effort", 0.0)  # they cannot be interrupted
            point, integer_bound = self._solve_with_cuts()
            bound = max(bound, integer_bound, self.model.getInfo().mip_dual_bound)
        return (labels if point is None else self._clusters(point)), bound

    def _solve_with_cuts(self):
        """The optimum once no inequality is violated, and its value; None and the last bound when time is up."""
        bound = -np.inf
        while True:
            if self.deadline < float("inf"):
                left = max(0.0, self.deadline - time.perf_counter())
                self.model.setOptionValue("time_limit", self.model.getRunTime() + left)  # it counts over all runs
            self.model.run()
            late = time.perf_counter() >= self.deadline
            if late or self.model.getModelStatus() != self.highspy.HighsModelStatus.kOptimal:
                return None, bound
            bound = self.model.getObjectiveValue()
            point = np.array(self.model.getSolution().col_value)
            violated = self._violated(point)
            if not violated:
                return point, bound
            self._add(violated)

    def _violated(self, point):
        """A most violated path inequality for each repulsive edge that has one, as rows (columns, values, limit)."""
        active = np.ones(self.node_count)
        active[self.paying] = point[len(self.edges):]
        a, b = self.edges.T
        length = np.maximum((active[a] + active[b]) / 2 - point[:len(self.edges)], 0)
        # The sparse matrix would take a length of 0 for no edge.
        graph = csr_matrix((length + 1e-12, (a, b)), (self.node_count, self.node_count))
        repulsive = np.flatnonzero((self.costs > 0) & (length > VIOLATION))
        sources = np.unique(a[repulsive])
        if len(sources) == 0:
            return []
        distance, before = dijkstra(graph, directed=False, indices=sources, return_predecessors=True)
        row_of = np.searchsorted(sources, a[repulsive])
        shorter = distance[row_of, b[repulsive]] < length[repulsive] - VIOLATION
        return [self._inequality(edge, before[row]) for edge, row in zip(repulsive[shorter], row_of[shorter])]

    def _inequality(self, edge, before):
        """Sum of y over the path - y_st <= sum of k over the path's inner nodes; nodes that pay nothing have k = 1."""
        source, node = self.edges[edge]
        columns, values, limit = [edge], [-1.0], 0
        while node != source:
            previous = before[node]
            columns.append(self.column_of_edge[previous, node])
            values.append(1.0)
            if previous != source and self.column_of_node[previous] >= 0:
                columns.append(self.column_of_node[previous])
                values.append(-1.0)
            elif previous != source:
                limit += 1
            node = previous
        return columns, values, limit

    def _add(self, rows):
        if not rows:
            return
        starts = np.cumsum([0] + [len(columns) for columns, _, _ in rows])
        columns = np.concatenate([columns for columns, _, _ in rows]).astype(np.int32)
        values = np.concatenate([values for _, values, _ in rows]).astype(float)
        limits = np.array([limit for _, _, limit in rows], dtype=float)
        self.model.addRows(len(rows), np.full(len(rows), -self.highspy.kHighsInf), limits, len(columns),
                           starts[:-1].astype(np.int32), columns, values)

    def _clusters(self, point):
        joined = self.edges[point[:len(self.edges)] > 0.5]
        graph = csr_matrix((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), (self.node_count, self.node_count))
        return connected_components(graph, directed=False)[1]
