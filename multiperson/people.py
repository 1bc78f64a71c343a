"""Detections become people: a minimum cost multicut whose clusters are people, and which may leave nodes out.

Source: DeeperCut (arXiv 1605.03170), section 2, with the suppression of nodes of DeepCut (arXiv 1511.06645), section 2.
"""
import logging
from functools import reduce
from typing import Any, Dict, List, NamedTuple

import numpy as np

from lib.multicut_cython.multicut import solve
from multiperson.graph import SMALLEST_PROBABILITY, Graph, clip_probability, costs

SIGMA = 0.08  # of joints that nobody measured, see util.skeleton.Skeleton
SAME_PERSON = 0.4  # similarity from which on two people are one, found twice or in parts


class Person(NamedTuple):
    """Somebody in a picture.

    keypoints: [J, 3] float64 (x, y, score), px of the network's input; nan for joints that were not found
    score: mean of the J joints' scores, where an absent joint counts 0: a lone wrist is not a better person than a whole
        body whose joints are each a little less certain; with joints filled in, see multiperson.completion, of their squares
    visibility: [J] bool, which joints were found
    cost: this person's share of the objective: its nodes' costs and those of the edges inside; the lower, the surer
    members: [k] int64, its nodes in the graph, rising; neither these nor the cost tell of joints that others lent
    """

    keypoints: np.ndarray
    score: float
    visibility: np.ndarray
    cost: float
    members: np.ndarray


class Assembly(NamedTuple):
    """The people of a picture and everything that explains them.

    people: Persons by falling score; graph: the Graph that was solved
    person: [n] int64, for each node the place of its person in `people`, -1 = suppressed
    node_cost: [n], what keeping a node costs; edge_cost: [m], what it costs to have an edge's ends in one person
    objective: the sum of the costs of kept nodes and of edges inside people = the sum of the people's costs
    lower_bound, gap, stats: no assembly of this graph costs less than the bound; gap is (objective - bound) / |objective|;
        see lib.multicut_cython.solution.Solution
    """

    people: List[Person]
    graph: Graph
    person: np.ndarray
    node_cost: np.ndarray
    edge_cost: np.ndarray
    objective: float
    lower_bound: float
    gap: float
    stats: Dict[str, Any]


def assemble(graph, num_joints, must_join=(), must_cut=(), must_keep=(), **solver_options):
    """The people in a Graph -> Assembly; suppressed detections are nobody's.

    must_join, must_cut: pairs of nodes that have to be, or must not be, one person; must_keep: nodes that may not be
    suppressed; solver_options: time_limit, effort, prove and others, see lib.multicut_cython.multicut.solve
    Raises ValueError where a probability is not a number, a node is out of range, or constraints contradict each other.
    """
    if not (np.isfinite(graph.probability).all() and np.isfinite(graph.edge_probability).all()):
        raise ValueError("a detection's score, or a pair's probability, is not a number")
    node_cost, edge_cost = costs(graph.probability), costs(graph.edge_probability)
    solution = solve_within_reach(graph, node_cost, edge_cost, must_join=must_join, must_cut=must_cut, must_keep=must_keep,
                                  **solver_options)
    person, people = people_of(graph, solution.labels, node_cost, edge_cost, num_joints)
    return Assembly(people, graph, person, node_cost, edge_cost,
                    solution.objective, solution.lower_bound, solution.gap, solution.stats)


def solve_within_reach(graph, node_cost, edge_cost, time_limit=None, **options):
    """The least costly multicut of a Graph -> lib.multicut_cython.solution.Solution.

    Pairs beyond the reach of their probability, which is SMALLEST_PROBABILITY, are most of the edges in a crowd, and
    nobody joins their ends: the solver gets the others only. Where two such ends come to be in one person nevertheless, it
    solves once more, with all edges. Otherwise objective and bound are those of all edges: what is cut costs nothing.
    """
    within = graph.edge_probability > SMALLEST_PROBABILITY
    solution = solve(node_cost, graph.edges[within], edge_cost[within], time_limit=time_limit, **options)
    if not inner_edges(graph.edges[~within], solution.labels).any():
        return solution
    seconds = solution.stats["seconds"]
    remaining = None if time_limit is None else max(time_limit - seconds, 0)
    solution = solve(node_cost, graph.edges, edge_cost, time_limit=remaining, **options)
    solution.stats["seconds"] += seconds
    return solution


def warn_if_stopped(result, detections, limit):
    """Say so where the solver reached its time limit, s or None, before it was sure. result: Solution or Assembly"""
    if limit is not None and result.stats["seconds"] >= limit and result.gap > 0:
        logging.warning("the assembly of %d detections was stopped after %g s (solver_time_limit); its cost may be up to "
                        "%.2g %% above the least", detections, limit, 100 * result.gap)


def suppressed(assembly):
    """The nodes that are nobody's, [k] int64."""
    return np.flatnonzero(assembly.person < 0)


def inner_edges(edges, cluster):
    """[m] bool: the edges whose ends are in one cluster; cluster: [n], -1 = suppressed."""
    start, end = cluster[edges].T
    return (start == end) & (start >= 0)


def merge_detections(joint, cluster, probability, position, num_joints):
    """The joints of clusters, each the mean of its detections' positions weighted by their scores.

    joint [n], cluster [n] (0..P-1, -1 = suppressed), probability [n], position [n, 2] -> [P, num_joints, 3] (x, y,
    score), nan where a cluster lacks a joint; the score is that of the best detection.
    """
    kept = cluster >= 0
    place = cluster[kept], joint[kept]
    shape = (cluster.max() + 1 if len(cluster) else 0, num_joints)
    weight = clip_probability(probability[kept])  # of two detections of score 0 the mean is still known
    total, score, moment = np.zeros(shape), np.zeros(shape), np.zeros(shape + (2,))
    np.add.at(total, place, weight)
    np.add.at(moment, place, weight[:, None] * position[kept])
    np.maximum.at(score, place, probability[kept])
    merged = np.full(shape + (3,), np.nan)
    found = total > 0
    merged[found] = np.column_stack([moment[found] / total[found, None], score[found]])
    return merged


def people_of(graph, cluster, node_cost, edge_cost, num_joints):
    """The Persons that clusters of a Graph's nodes are: ([n] place of each node's person in the list, -1 = suppressed;
    Persons by falling score). cluster: [n], 0..P-1, -1 = suppressed"""
    kept = cluster >= 0
    keypoints = merge_detections(graph.joint, cluster, graph.probability, graph.position, num_joints)
    scores = np.nan_to_num(keypoints[..., 2]).mean(axis=1)
    cost = np.bincount(cluster[kept], node_cost[kept], len(keypoints))
    inner = inner_edges(graph.edges, cluster)
    cost += np.bincount(cluster[graph.edges[inner, 0]], edge_cost[inner], len(keypoints))

    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(order) + 1, np.int64)
    rank[order], rank[-1] = np.arange(len(order)), -1
    person = rank[cluster]
    by_person = np.argsort(person, kind="stable")
    members = np.split(by_person, np.searchsorted(person[by_person], np.arange(len(order))))[1:]
    people = [Person(keypoints[k], float(scores[k]), np.isfinite(keypoints[k, :, 0]), float(cost[k]), nodes)
              for k, nodes in zip(order, members)]
    return person, people


def put_together(people, sigmas=None):
    """[Person] by falling score: of those of whom several are one, found twice or in parts, see grouped, the best with the
    joints of the others. people: [Person], in the same pixels, absent joints filled in"""
    whole = [reduce(with_joints_of, (people[place] for place in group)) for group in grouped(people, sigmas)]
    return sorted(whole, key=lambda person: -person.score)


def grouped(people, sigmas=None, told=lambda place, group: None, leading=()):
    """[[place of a Person, ...]]: which of the people are one, the best of them first: those who are alike in the joints that
    were found of both, or in all, filled in or not.

    told: function of a place and the places of a group that says what is known otherwise: True = of that group, False = not
    leading: places of those who come before all others; sigmas: [J], see util.skeleton.Skeleton
    """
    if not people:
        return []
    everybody = _looks(people)
    same = _likeness(everybody, everybody, sigmas)
    groups, whole, likeness = [], [], []  # whole: what the people of each group make together; likeness: [P], everybody's to it
    for place in sorted(range(len(people)), key=lambda place: (place not in leading, -people[place].score)):
        known = [told(place, group) for group in groups]
        alike = [likeness[number][place] if said is None else float(said) for number, said in enumerate(known)]
        if max(alike, default=0) < SAME_PERSON:
            groups.append([place])
            whole.append(people[place])
            likeness.append(same[place])
        else:
            number = known.index(True) if True in known else int(np.argmax(alike))
            groups[number].append(place)
            whole[number] = with_joints_of(whole[number], people[place])
            likeness[number], = _likeness(_looks([whole[number]]), everybody, sigmas)
    return groups


def _looks(people):
    """The _joints of Persons: those that were found, and all."""
    return [_joints(people), _joints([filled_in(person) for person in people])]


def _likeness(looks, others, sigmas):
    """[P, Q]: the similarities of _looks, in the joints found of both or in all, whichever is larger."""
    return np.maximum(*(_similarities(*pair, sigmas) for pair in zip(looks, others)))


def filled_in(person):
    """A Person whose joints that were filled in count as found."""
    return person._replace(visibility=np.isfinite(person.keypoints[:, 0]))


def with_joints_of(person, other):
    """A Person with the joints that were found of another one, and not of it."""
    lent = other.visibility & ~person.visibility
    if not lent.any():
        return person
    keypoints = np.where(lent[:, None], other.keypoints, person.keypoints)
    return person._replace(keypoints=keypoints, visibility=person.visibility | lent,
                           score=float(np.square(keypoints[:, 2]).mean()))


def similarity(first, second, sigmas=None):
    """The similarity of two Persons, see _similarities."""
    return float(_similarities(_joints([first]), _joints([second]), sigmas)[0, 0])


def _similarities(found, others, sigmas):
    """[P, Q]: COCO's object keypoint similarity of each of P people and each of Q others, as _joints gives them, over the joints
    that were found of both; 0 where there are none.

    Their size is that of the larger one's joints' box: of somebody found in part the whole is somebody else's duplicate.
    """
    (visible, points, area), (other_visible, other_points, other_area) = found, others
    sigmas = np.full(visible.shape[1], SIGMA) if sigmas is None else np.asarray(sigmas)
    area = np.maximum(area[:, None], other_area)[..., None]
    both = visible[:, None] & other_visible
    distance2 = np.square(points[:, None] - other_points).sum(axis=3)  # [P, Q, J]
    alike = np.where(both, np.exp(-distance2 / (8 * sigmas ** 2 * (area + 1))), 0)
    return alike.sum(axis=2) / np.maximum(both.sum(axis=2), 1)


def _joints(people):
    """([P, J] bool, which joints were found of Persons; [P, J, 2] where; [P] the area of their box)"""
    visible, points = zip(*((person.visibility, person.keypoints[:, :2]) for person in people))
    visible = np.array(visible)
    points = np.where(visible[..., None], points, 0)
    low, high = (edge(np.where(visible[..., None], points, beyond), axis=1) for edge, beyond in (
        (np.min, np.inf), (np.max, -np.inf)))
    return visible, points, np.prod(high - low, axis=1)
