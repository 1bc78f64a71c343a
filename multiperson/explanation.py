"""Why these people: the graph of every assembly of a picture, node by node and edge by edge."""
from typing import List, NamedTuple, Optional, Tuple

from multiperson.correction import first_nodes
from multiperson.people import inner_edges
from util.skeleton import Skeleton


class Node(NamedTuple):
    """A detection: a place where a joint may be.

    number: by which correct() and edges name it, over all sizes; joint: its name; position: (x, y), px of the picture
    score: the network's, a probability; cost: what keeping it costs, log((1 - p) / p); size: place in `sizes`
    person: whose it is, a place among the people; None: nobody's, or of somebody who is not reported
    suppressed: whether the assembly left it out
    """

    number: int
    joint: str
    position: Tuple[float, float]
    score: float
    cost: float
    size: int
    person: Optional[int]
    suppressed: bool


class Edge(NamedTuple):
    """Two nodes that may belong to one person.

    a, b: their numbers, a < b; probability: that they are one person's; cost: of having both in one, log((1 - p) / p)
    joined: whether the assembly has them in one person
    """

    a: int
    b: int
    probability: float
    cost: float
    joined: bool


class Size(NamedTuple):
    """One of the sizes at which the picture was searched, with an assembly of its own.

    scale: the picture was resized by it; the others: as of the Explanation; None of one person, who is not assembled
    """

    scale: float
    objective: Optional[float] = None
    lower_bound: Optional[float] = None
    gap: Optional[float] = None


class Explanation(NamedTuple):
    """What the people of a picture were assembled from, and how good the assembly is.

    nodes: by their number; edges: pairs of these; sizes: one or several
    objective: the sum of the costs of kept nodes and joined edges; lower_bound: no assembly of these nodes costs less
    gap: (objective - lower_bound) / |objective|; 0: proven best. All three over all sizes; None of one person
    """

    nodes: List[Node]
    edges: List[Edge]
    sizes: List[Size]
    objective: Optional[float] = None
    lower_bound: Optional[float] = None
    gap: Optional[float] = None

    @property
    def suppressed(self):
        """The nodes that were left out."""
        return [node for node in self.nodes if node.suppressed]


def explain(cfg, everybody, with_edges=True):
    """The Explanation of multiperson.correction.Everybody. with_edges: False leaves them out"""
    searches, people = everybody
    names = Skeleton.from_config(cfg).joint_names
    nodes, edges, sizes = [], [], []
    for size, (found, first) in enumerate(zip(searches, first_nodes(searches).tolist())):
        assembly = found.assembly
        owner = {node: number for number, same in enumerate(people) for place, person in same if place == size
                 for node in person.members.tolist()}
        nodes += [Node(first + node, names[joint], tuple(position), score, cost, size, owner.get(node), cluster < 0)
                  for node, (joint, position, score, cost, cluster) in enumerate(_node_values(found))]
        edges += _edges(assembly, first) if with_edges else []
        sizes.append(Size(found.scale, assembly.objective, assembly.lower_bound, assembly.gap))
    objective, bound = sum(size.objective for size in sizes), sum(size.lower_bound for size in sizes)
    return Explanation(nodes, edges, sizes, objective, bound, _gap(objective, bound))


def _edges(assembly, first):
    """Edges of an Assembly whose first node has the number `first`."""
    joined = inner_edges(assembly.graph.edges, assembly.person)
    return map(Edge._make, zip(*((assembly.graph.edges + first).T.tolist()), assembly.graph.edge_probability.tolist(),
                               assembly.edge_cost.tolist(), joined.tolist()))


def _node_values(found):
    """Yields (joint, position in the picture, score, cost, cluster) of each node of a Search."""
    graph, assembly = found.assembly.graph, found.assembly
    return zip(graph.joint.tolist(), (graph.position / found.scale).tolist(), graph.probability.tolist(),
               assembly.node_cost.tolist(), assembly.person.tolist())


def _gap(objective, bound):
    """As lib.multicut_cython.solution.Solution has it."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / abs(objective) if objective else float("inf")
