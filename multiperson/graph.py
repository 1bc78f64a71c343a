"""The graph of an assembly: nodes are detections, edges are pairs that may belong to one person.

Source: DeepCut (arXiv 1511.06645), section 2; sparse edges as in ArtTrack (arXiv 1612.01465), section 3.
"""
from typing import NamedTuple

import numpy as np

SMALLEST_PROBABILITY = 1e-7  # probabilities are clipped to this and 1 minus this: finite costs


class Graph(NamedTuple):
    """Detections, and pairs of them that may belong to one person.

    joint: [n] int64, the joint id of each detection, rising; within a joint in the order of the Detections
    position: [n, 2] float64 px; probability: [n] float64, the detection's score
    edges: [m, 2] int64, pairs of nodes i < j, ordered by their joints (a, b), a <= b, then by i, then by j
    edge_probability: [m] float64, that i and j belong to one person
    """

    joint: np.ndarray
    position: np.ndarray
    probability: np.ndarray
    edges: np.ndarray
    edge_probability: np.ndarray


def build_graph(model, detections):
    """SpatialModel, Detections -> Graph. Pairs of one joint are always edges, of different joints if the model's
    config uses them. Time and memory are linear in detections and edges."""
    counts = [len(coord) for coord in detections.coord]
    if len(counts) != model.cfg.num_joints:
        raise ValueError("detections of %d joints do not fit a spatial model of %d"
                         % (len(counts), model.cfg.num_joints))
    counts = np.array(counts, np.int64)
    first = np.cumsum(counts) - counts  # of each joint's nodes
    a, b = np.array(sorted(model.pairs + [(joint, joint) for joint in range(len(counts))])).T
    edges_of_pair = counts[a] * counts[b]
    pair = np.repeat(np.arange(len(a)), edges_of_pair)
    start, end = np.divmod(np.arange(len(pair)) - (np.cumsum(edges_of_pair) - edges_of_pair)[pair], counts[b][pair])
    edges = np.column_stack([first[a][pair] + start, first[b][pair] + end])
    edges = edges[edges[:, 0] < edges[:, 1]]  # of one joint each pair once
    return Graph(np.repeat(np.arange(len(counts)), counts),
                 np.concatenate(detections.coord).astype(np.float64),
                 np.concatenate(detections.conf)[:, 0].astype(np.float64),
                 edges, model.edge_probability(detections, edges))


def clip_probability(probability):
    """Probabilities within SMALLEST_PROBABILITY of neither 0 nor 1."""
    return np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)


def costs(probability):
    """log((1 - p) / p): what it costs to keep a node, or to have an edge inside a person; p is clipped."""
    clipped = clip_probability(np.asarray(probability, float))
    return np.log((1 - clipped) / clipped)
