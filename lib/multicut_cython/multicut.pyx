# distutils: language = c++
# cython: boundscheck=False, wraparound=False
"""Minimum cost multicut with node suppression: who belongs together among the detections of many people.

Insafutdinov et al., "DeeperCut" (arXiv 1605.03170) and "ArtTrack" (arXiv 1612.01465); the joint problem of decomposing
a graph and labelling its nodes is that of Levinkov et al., CVPR 2017. The C++ core beside this file does the work:
problem.hpp says what is minimised, search.cpp how.
"""
import time

from libc.stdint cimport int32_t, uint64_t
from libcpp cimport bool as bool_t
from libcpp.pair cimport pair
from libcpp.utility cimport move
from libcpp.vector cimport vector

import numpy as np

from lib.multicut_cython import inputs
from lib.multicut_cython.solution import Solution


cdef extern from "search.hpp" namespace "multicut" nogil:
    cdef struct Edge:
        int32_t a, b
        double cost

    cdef cppclass Arc:
        int32_t to
        double cost

    cdef cppclass Arcs "multicut::Graph::Arcs":
        size_t size()
        const Arc& operator[](size_t)

    cdef cppclass Graph:
        int32_t nodes()
        Arcs arcs(int32_t)

    cdef cppclass Problem:
        Graph graph
        vector[double] activation

    cdef cppclass Rise:
        double joined, cut

    double problem_cost "multicut::cost"(const Problem&, const vector[int32_t]&)

    cdef cppclass Options:
        double effort
        uint64_t seed

    cdef cppclass Constraints:
        vector[pair[int32_t, int32_t]] must_join, must_cut
        vector[int32_t] must_keep
        bool_t allow_suppression

    cdef cppclass Part:
        Problem problem
        vector[int32_t] labels
        double bound
        vector[Rise] rises
        double dual_bound
        void improve(const vector[int32_t]&, double) except +

    cdef cppclass CppInstance "multicut::Instance":
        CppInstance(vector[double], vector[Edge], const Constraints&) except +
        vector[Part]& parts()
        double objective()
        double bound()
        vector[int32_t] labels()

    void search "multicut::solve"(CppInstance&, const Options&, double seconds) except +


def solve(unary, edges, costs, *, must_join=(), must_cut=(), must_keep=(), allow_suppression=True, time_limit=None,
          seed=0, effort=1.0, prove=False):
    """Suppresses nodes and clusters the others so that the sum of costs is as low as can be found.

    Minimises the sum of ``unary[i]`` over kept nodes i plus the sum of ``costs[e]`` over edges e within clusters. Every
    cluster is connected through edges. Of edges between the same two nodes the last one counts, whatever their
    direction; self edges are ignored.

    Constraints: a pair of ``must_join`` is in one cluster, and so kept; it counts as a connection, as if there were an
    edge of cost 0. A pair of ``must_cut`` is never in one cluster. Nodes of ``must_keep`` are not suppressed.

    Args:
        unary: [n] or [n, 1], cost of keeping a node: log((1 - p) / p) of its probability p.
        edges: [m, 2] node indices of any integer type.
        costs: [m] or [m, 1], cost of having both ends of an edge in one cluster, likewise a logit.
        must_join, must_cut: [k, 2] pairs of nodes.
        must_keep: [k] nodes.
        allow_suppression: False keeps all nodes.
        time_limit: seconds after which no improvement is looked for any more; None = the effort decides alone. It is
            kept within a tenth, except that the first greedy solution is always completed, and that a proof may take
            a fifth of a second to stop.
        seed: of the random moves; the same seed gives the same result (as long as no time limit cuts in).
        effort: how long to look for improvements of the first local optimum and its bound: 1 is some five to twenty
            times as long as it took to find them, 0 not at all. Nothing is spent on parts of the graph that are proven
            optimal; parts of up to 12 nodes always are, unless the effort is 0.
        prove: proves the optimum, or finds it, as an integer program (needs highspy: pip install highspy). Graphs of
            people are proven up to hundreds of nodes, graphs without any structure up to some 30: beyond, it may take
            longer than anybody waits. Give a ``time_limit``.

    Returns:
        Solution: labels, objective, lower_bound, gap, stats.

    Raises:
        ValueError: an input has a wrong shape or type, is not finite, an index is out of range, or constraints
            contradict one another.
        ImportError: prove without highspy.
    """
    started = time.perf_counter()
    unary = inputs.costs(unary, "unary")
    edges = inputs.pairs(edges, len(unary), "edges")
    costs = inputs.costs(costs, "costs")
    if len(edges) != len(costs):
        raise ValueError("there are %d edges, but %d costs" % (len(edges), len(costs)))
    if time_limit is not None and not time_limit >= 0:
        raise ValueError("time_limit must be None or a number of seconds, not %r" % (time_limit,))
    if not 0 <= effort < float("inf"):
        raise ValueError("effort must be a finite number of at least 0, not %r" % (effort,))

    must_join = inputs.pairs(must_join, len(unary), "must_join")
    must_cut = inputs.pairs(must_cut, len(unary), "must_cut")
    must_keep = inputs.nodes(must_keep, len(unary), "must_keep")
    instance = Instance(unary, edges, costs, must_join, must_cut, must_keep, allow_suppression)
    if prove:
        from lib.multicut_cython import exact

        exact.require_highspy()
    deadline = None if time_limit is None else started + time_limit
    instance.solve(effort, seed, deadline)
    if prove:
        exact.prove(instance, deadline)
    return instance.solution(started)


cdef class Instance:
    """A problem and its best known solution, part by part; ``exact`` works on the parts that are still open."""

    cdef CppInstance* core

    def __cinit__(self, const double[::1] unary, const int32_t[:, ::1] edges, const double[::1] costs,
                  const int32_t[:, ::1] must_join, const int32_t[:, ::1] must_cut, const int32_t[::1] must_keep,
                  bint allow_suppression):
        cdef vector[double] unary_vector
        cdef vector[Edge] edge_vector
        cdef Constraints constraints
        cdef Py_ssize_t i
        with nogil:
            for i in range(unary.shape[0]):
                unary_vector.push_back(unary[i])
            edge_vector.resize(edges.shape[0])
            for i in range(edges.shape[0]):
                edge_vector[i].a, edge_vector[i].b, edge_vector[i].cost = edges[i, 0], edges[i, 1], costs[i]
            for i in range(must_join.shape[0]):
                constraints.must_join.push_back(pair[int32_t, int32_t](must_join[i, 0], must_join[i, 1]))
            for i in range(must_cut.shape[0]):
                constraints.must_cut.push_back(pair[int32_t, int32_t](must_cut[i, 0], must_cut[i, 1]))
            for i in range(must_keep.shape[0]):
                constraints.must_keep.push_back(must_keep[i])
            constraints.allow_suppression = allow_suppression
            self.core = new CppInstance(move(unary_vector), move(edge_vector), constraints)

    def __dealloc__(self):
        del self.core

    def solve(self, double effort, seed, deadline):
        cdef Options options
        cdef double seconds = -1 if deadline is None else max(0.0, deadline - time.perf_counter())
        options.effort, options.seed = effort, seed & 0xFFFFFFFFFFFFFFFF
        with nogil:
            search(self.core[0], options, seconds)

    def open_parts(self):
        """Indices of the parts whose solution is not proven optimal."""
        cdef Py_ssize_t i
        return [i for i in range(<Py_ssize_t>self.core.parts().size()) if self.gap(i) > 0]

    def gap(self, Py_ssize_t part):
        """What a part's cost is above its bound, in the part's scale; rounding errors count as none."""
        cdef const Part* p = &self.core.parts()[part]
        cdef double cost = problem_cost(p.problem, p.labels)
        return max(0.0, cost - p.bound - 1e-9 * (1 + abs(cost)))

    def part(self, Py_ssize_t part):
        """A part as arrays.

        Returns:
            activation [n]; edges [m, 2], each a < b; costs [m]; labels [n] of the best solution; rises [m, 2]: by how
            much a lower bound on the cost rises when the edge is joined or cut; that lower bound. See problem.hpp for
            the objective.
        """
        cdef const Part* p = &self.core.parts()[part]
        cdef int32_t node
        cdef Py_ssize_t i
        edges, costs = [], []
        for node in range(p.problem.graph.nodes()):
            for i in range(<Py_ssize_t>p.problem.graph.arcs(node).size()):
                if p.problem.graph.arcs(node)[i].to > node:
                    edges.append((node, p.problem.graph.arcs(node)[i].to))
                    costs.append(p.problem.graph.arcs(node)[i].cost)
        rises = [(p.rises[i].joined, p.rises[i].cut) for i in range(len(edges))]
        return (np.array(p.problem.activation), np.array(edges), np.array(costs), np.array(p.labels), np.array(rises),
                p.dual_bound)

    def improve(self, int32_t part, labels, double bound):
        """Takes over labels [n] of a part if they are better, and a bound if it is higher."""
        self.core.parts().at(part).improve(labels, bound)

    def solution(self, started):
        cdef double objective = self.core.objective()
        cdef double bound = self.core.bound()
        cdef Py_ssize_t i
        sizes = [self.core.parts()[i].labels.size() for i in range(<Py_ssize_t>self.core.parts().size())]
        open_parts = self.open_parts()
        if not open_parts:
            bound = objective
        stats = {
            "optimal": not open_parts,
            "parts": len(sizes),
            "largest_part": max(sizes, default=0),
            "open_parts": len(open_parts),
            "seconds": time.perf_counter() - started,
        }
        gap = 0.0
        if objective > bound:
            gap = (objective - bound) / abs(objective) if objective != 0 else float("inf")
        return Solution(np.array(self.core.labels(), dtype=np.int64), objective, bound, gap, stats)


def solve_nl_lmp(unary, pwidx, pw, is_sparse_graph, solver_type, do_suppression, logit_in_solver):
    """The 2017 code's interface to the solver.

    Args:
        unary: [n, 1] or [n], probabilities of the nodes; costs if ``logit_in_solver`` is False.
        pwidx: [m, 2] node indices of the edges, of any integer type; not read if ``is_sparse_graph`` is False.
        pw: [m, 1] or [m], probabilities (or costs) of the edges.
        is_sparse_graph: False: a complete graph, ``pw`` has the edges (0, 1), (0, 2), ..., (n-2, n-1).
        solver_type: ignored.
        do_suppression: False keeps all nodes.
        logit_in_solver: True: the inputs are probabilities p, of which the solver takes log((1 - p) / p).

    Returns:
        uint64 [n, 2], rows [class, cluster]: class 0 is kept, 2**64 - 1 is suppressed. Kept nodes' clusters are
        0, 1, ...; every suppressed node has a cluster number of its own after these.

    Raises:
        ValueError: as ``solve``; a probability outside of [0, 1]; not one value per edge of a complete graph.
    """
    convert = inputs.probabilities_as_costs if logit_in_solver else inputs.costs
    unary, pw = convert(unary, "unary"), convert(pw, "pw")
    if not is_sparse_graph:
        pwidx = np.stack(np.triu_indices(len(unary), 1), axis=1)
        if len(pw) != len(pwidx):
            raise ValueError("a complete graph of %d nodes has %d edges, but pw has %d rows"
                             % (len(unary), len(pwidx), len(pw)))
    labels = solve(unary, pwidx, pw, allow_suppression=do_suppression).labels
    result = np.zeros((len(labels), 2), np.uint64)
    suppressed = labels < 0
    clusters = labels.max(initial=-1) + 1
    result[:, 1] = labels
    result[suppressed, 0] = np.uint64(2**64 - 1)
    result[suppressed, 1] = clusters + np.arange(suppressed.sum())
    return result
