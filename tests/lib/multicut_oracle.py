"""The multicut's definition, written down as plainly as possible, and an oracle that tries every clustering."""
from functools import lru_cache

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


def simple_edges(edges, costs):
    """{(a, b): cost}, a < b, as the solver reads them: a later duplicate overwrites, self edges are ignored."""
    rows = zip(np.asarray(edges).tolist(), np.ravel(costs).tolist())
    return {(min(a, b), max(a, b)): cost for (a, b), cost in rows if a != b}


def objective(labels, unary, edges, costs):
    """Unaries of kept nodes plus costs of edges within clusters."""
    total = np.ravel(unary)[labels >= 0].sum()
    for (a, b), cost in simple_edges(edges, costs).items():
        if labels[a] >= 0 and labels[a] == labels[b]:
            total += cost
    return total


def is_connected(labels, edges, must_join=()):
    """Whether every cluster is connected through edges and must_join pairs."""
    links = np.concatenate([np.reshape(edges, (-1, 2)), np.reshape(must_join, (-1, 2))]).astype(int)
    links = links[(labels[links[:, 0]] == labels[links[:, 1]]) & (labels[links[:, 0]] >= 0)]
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), (len(labels), len(labels)))
    pieces = connected_components(graph, directed=False)[1]
    kept = labels >= 0
    return len(np.unique(pieces[kept])) == len(np.unique(labels[kept]))


def is_canonical(labels):
    """Clusters are numbered 0, 1, ... by their first nodes."""
    kept = labels[labels >= 0]
    _, first = np.unique(kept, return_index=True)
    return kept[np.sort(first)].tolist() == list(range(len(first)))


@lru_cache(maxsize=None)
def all_clusterings(nodes):
    """Every way to suppress some of the nodes and partition the others: canonical labels, -1 = suppressed, [k, n]."""
    rows = [()]
    for _ in range(nodes):
        rows = [row + (label,) for row in rows for label in range(-1, max(row + (-1,)) + 2)]
    return np.array(rows)


def best_clustering(unary, edges, costs, must_join=(), must_cut=(), must_keep=(), allow_suppression=True):
    """The lowest objective of all clusterings that obey the constraints; None if there is none."""
    unary = np.ravel(unary)
    labels = all_clusterings(len(unary))
    allowed = np.ones(len(labels), bool)
    for a, b in must_join:
        allowed &= (labels[:, a] >= 0) & (labels[:, a] == labels[:, b])
    for a, b in must_cut:
        allowed &= (labels[:, a] < 0) | (labels[:, a] != labels[:, b])
    for node in must_keep:
        allowed &= labels[:, node] >= 0
    if not allow_suppression:
        allowed &= (labels >= 0).all(axis=1)
    labels = labels[allowed]
    values = (labels >= 0) @ unary
    for (a, b), cost in simple_edges(edges, costs).items():
        values += cost * ((labels[:, a] >= 0) & (labels[:, a] == labels[:, b]))
    for row in np.argsort(values, kind="stable"):
        if is_connected(labels[row], edges, must_join):
            return values[row]
    return None


def random_graph(random, nodes=None):
    """A random graph of at most 8 nodes with duplicate and self edges now and then: unary, edges, costs."""
    nodes = nodes or random.randint(1, 9)
    count = random.randint(0, nodes * (nodes + 1) // 2 + 1)
    edges = random.randint(0, nodes, (count, 2))
    return random.randn(nodes) * random.choice([0.5, 2.0]), edges, random.randn(count)
