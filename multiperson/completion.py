"""Joints that a person lacks, from the offsets that its other joints predict.

The multicut keeps a joint only if it was detected; of a hidden wrist the elbow may still know where it is (ArtTrack,
arXiv 1612.01465, section 3.1, predicts parts from one another in the same way).
"""
import numpy as np

from dataset.maps import cell_centres, get_pairwise_index

WITNESSES = 3  # joints of the person that are asked where another one is
SEARCH_RADIUS = 0.1  # around that place, as a part of the person's size, within which the best score is taken


def complete(person, graph, detections, maps, stride):
    """A Person whose absent joints are filled in; their score is that of the score map there, mostly low.

    The person's score becomes the mean square of all joints' scores, which ranks people better than their mean: few
    certain joints are a surer sign of somebody than many that are all a little likely.
    graph, detections: what the person was assembled from
    """
    joints = len(detections.coord)
    first = np.searchsorted(graph.joint, np.arange(joints))  # of each joint's nodes
    keypoints = person.keypoints.copy()
    found = keypoints[person.visibility, :2]
    size = max(np.ptp(found, axis=0).max(), 2 * stride)
    for joint in np.flatnonzero(~person.visibility):
        points, weights = [], []
        for node in person.members:
            a = graph.joint[node]
            offset = detections.pairwise[a][node - first[a], get_pairwise_index(a, joint, joints)]
            points.append(detections.coord_grid[a][node - first[a]] + offset)
            # Neighbours know better than joints far away.
            weights.append(graph.probability[node] / (np.hypot(*offset) + stride) ** 2)
        best = np.argsort(weights)[-WITNESSES:]
        point = np.average(np.array(points)[best], axis=0, weights=np.array(weights)[best])
        keypoints[joint] = _nearby(point, SEARCH_RADIUS * size, maps, joint, stride)
    return person._replace(keypoints=keypoints, score=float(np.square(keypoints[:, 2]).mean()))


def _nearby(point, radius, maps, joint, stride):
    """(x, y, score) of the cell within `radius` px of a point that scores best, less so the farther it is."""
    scores = maps.scores[..., joint]
    height, width = scores.shape
    row, column = (int(np.clip(v // stride, 0, side - 1)) for v, side in zip(point[::-1], (height, width)))
    reach = int(np.ceil(radius / stride))
    rows, columns = (index.ravel() for index in np.mgrid[max(row - reach, 0):min(row + reach + 1, height),
                                                         max(column - reach, 0):min(column + reach + 1, width)])
    centres = cell_centres(rows, columns, stride)
    distance = np.linalg.norm(centres - point, axis=1)
    weighted = scores[rows, columns] * np.exp(-0.5 * (2 * distance / radius) ** 2)
    best = weighted.argmax()
    found = centres[best]
    if maps.locref is not None:
        found = found + maps.locref[rows[best], columns[best], joint]
    return np.append(found, scores[rows[best], columns[best]])
