"""What the server answers, as JSON; page/openapi.json describes it."""
import io
import math

import numpy as np
from PIL import Image

from dataset.maps import get_pairwise_index
from multiperson.correction import first_nodes

MAP_COLOUR = (255, 0, 128)
LEAST_PROBABILITY = 0.01  # of edges that are told


def prediction(name, people, skeleton, cfg):
    """What a picture showed: what stays the same however it is corrected, and how it was assembled.

    name: the id of the result; people: SeveralPeople; skeleton: theirs; cfg: their network's
    """
    explanation = people.explain(edges=False)
    height, width = people.size
    nodes = [{"number": node.number, "joint": skeleton.joint_id(node.joint), "position": rounded(node.position, 2),
              "score": round(node.score, 4), "cost": round(node.cost, 4), "size": node.size} for node in explanation.nodes]
    return {"id": name, "width": width, "height": height, "joint_names": skeleton.joint_names, "limbs": skeleton.limbs,
            "score_threshold": cfg.score_threshold,
            "cells": [round(cfg.stride / float(size.scale), 4) for size in explanation.sizes],
            "nodes": nodes, "edges": edges(people), "assembly": assembly(people, skeleton)}


def edges(people):
    """Pairs of nodes that may well be one person's."""
    entries = []
    for found, first in zip(people.searches, first_nodes(people.searches).tolist()):
        graph, cost = found.assembly.graph, found.assembly.edge_cost
        likely = np.flatnonzero(graph.edge_probability >= LEAST_PROBABILITY)
        columns = zip((graph.edges[likely] + first).tolist(), graph.edge_probability[likely].tolist(), cost[likely].tolist())
        entries += [{"a": a, "b": b, "probability": round(p, 4), "cost": round(c, 4)} for (a, b), p, c in columns]
    return entries


def assembly(people, skeleton):
    """People, which node is whose, and how good that is. people: SeveralPeople"""
    explanation = people.explain(edges=False)
    persons = [dict(person.to_json(), visibility=person.visibility.tolist(), nodes=nodes)
               for person, nodes in zip(people, nodes_of_joints(people, explanation.nodes, skeleton))]
    return dict(bounds(explanation), people=persons, person=[node.person for node in explanation.nodes],
                suppressed=[node.number for node in explanation.suppressed],
                sizes=[dict(bounds(size), scale=float(size.scale)) for size in explanation.sizes])


def bounds(explained):
    """Objective, bound and gap of an Explanation or a Size; a gap without measure, since the objective is 0, is null."""
    return {"objective": round(explained.objective, 6), "lower_bound": round(explained.lower_bound, 6),
            "gap": round(explained.gap, 9) if math.isfinite(explained.gap) else None}


def nodes_of_joints(people, nodes, skeleton):
    """For each person [J]: the number of the node that is nearest to where the joint is, None where it was not detected."""
    nearest = [[(math.inf, None)] * skeleton.num_joints for _ in people]
    for node in nodes:
        if node.person is not None:
            joint, person = skeleton.joint_id(node.joint), people[node.person]
            if person.visibility[joint]:
                distance = math.hypot(*(person.keypoints[joint, :2] - node.position))
                nearest[node.person][joint] = min(nearest[node.person][joint], (distance, node.number))
    return [[number for _, number in person] for person in nearest]


def offsets(people, joint):
    """Where the detections of a joint expect the joints of their person: a list of {"number": of the node, "expected": [J]
    places (x, y), px of the picture; null for the joint itself}."""
    entries = []
    for found, first in zip(people.searches, first_nodes(people.searches).tolist()):
        graph, detections = found.assembly.graph, found.detections
        joints = len(detections.coord)
        others = [other for other in range(joints) if other != joint]
        pairs = [get_pairwise_index(joint, other, joints) for other in others]
        expected = (detections.coord_grid[joint][:, None] + detections.pairwise[joint][:, pairs]) / found.scale
        for node, places in zip(np.flatnonzero(graph.joint == joint).tolist(), expected.tolist()):
            places = dict(zip(others, places))
            entries.append({"number": first + node, "expected": [rounded(places.get(other, ()), 1) or None
                                                                 for other in range(joints)]})
    return entries


def score_map(people, size, joint):
    """The PNG of a score map, a pixel a cell, as opaque as the joint is probable: to be laid over the picture, from its top
    left corner on. joint: its id, or None: the highest score of all joints"""
    scores = people.searches[size].maps.scores
    scores = scores.max(axis=2) if joint is None else scores[:, :, joint]
    opacity = np.round(255 * np.clip(scores, 0, 1)).astype(np.uint8)
    image = Image.new("RGB", opacity.shape[::-1], MAP_COLOUR)
    image.putalpha(Image.fromarray(opacity))
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def rounded(numbers, digits):
    return [round(float(number), digits) for number in numbers]
