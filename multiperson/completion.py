"""Joints that a person lacks, from the offsets that its other joints predict.

The multicut keeps a joint only if it was detected; of a hidden wrist the elbow may still know where it is (ArtTrack,
arXiv 1612.01465, section 3.1, predicts parts from one another in the same way).
"""
import numpy as np

WITNESSES = 3  # joints of the person that are asked where another one is
SEARCH_RADIUS = 0.1  # around that place, as a part of the person's size, within which the best score is taken


def complete(person, graph, detections, maps, stride, scale=1.0):
    """A Person whose absent joints are filled in; their score is that of the score map there, mostly low.

    The person's score becomes the mean square of all joints' scores, which ranks people better than their mean: few
    certain joints are a surer sign of somebody than many that are all a little likely.
    graph, detections: what the person was assembled from; maps: those of the picture resized by `scale`
    """
    stride = stride / scale
    keypoints = person.keypoints.copy()
    size = max(np.ptp(keypoints[person.visibility, :2], axis=0).max(), 2 * stride)
    absent = np.flatnonzero(~person.visibility)
    for joint, point in zip(absent, _expected(person, absent, graph, detections, stride)):
        keypoints[joint] = _nearby(point, SEARCH_RADIUS * size, maps, joint, stride, scale)
    return person._replace(keypoints=keypoints, score=float(np.square(keypoints[:, 2]).mean()))


def _expected(person, absent, graph, detections, stride):
    """[A, 2] px: where the person's nodes expect the absent joints [A]."""
    others = len(detections.coord) - 1
    joint = graph.joint[person.members]
    place = person.members - np.searchsorted(graph.joint, joint)  # among the detections of the joint
    centre = np.stack([detections.coord_grid[a][k] for a, k in zip(joint, place)])
    own = np.stack([detections.pairwise[a][k, a * others:(a + 1) * others] for a, k in zip(joint, place)])
    offset = own[np.arange(len(own))[:, None], absent - (absent > joint[:, None])]  # [k, A, 2]
    # Neighbours know better than joints far away.
    weight = graph.probability[person.members, None] / (np.hypot(*np.moveaxis(offset, -1, 0)) + stride) ** 2
    best = np.argsort(weight, axis=0)[-WITNESSES:]
    point, weight = (np.take_along_axis(part, best[..., None], axis=0) for part in (centre[:, None] + offset, weight[..., None]))
    return (point * weight).sum(axis=0) / weight.sum(axis=0)


def _nearby(point, radius, maps, joint, stride, scale):
    """(x, y, score) of the cell within `radius` px of a point that scores best, less so the farther it is."""
    reach = int(np.ceil(radius / stride))
    near = [np.arange(max(cell - reach, 0), min(cell + reach + 1, side)) for cell, side in (
        (int(np.clip(v // stride, 0, side - 1)), side) for v, side in zip(point[::-1], maps.scores.shape))]
    (y, x) = ((cells + 0.5) * stride for cells in near)
    scores = maps.scores[near[0][0]:near[0][-1] + 1, near[1][0]:near[1][-1] + 1, joint]
    weighted = scores * np.exp(-2 * (np.square(y - point[1])[:, None] + np.square(x - point[0])) / radius ** 2)
    row, column = np.unravel_index(weighted.argmax(), weighted.shape)
    found = np.array([x[column], y[row], scores[row, column]])
    if maps.locref is not None:
        found[:2] += maps.locref[near[0][row], near[1][column], joint] / scale
    return found
