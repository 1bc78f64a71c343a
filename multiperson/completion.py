"""Joints that a person lacks, from the offsets that its other joints predict.

The multicut keeps a joint only if it was detected; of a hidden wrist the elbow may still know where it is (ArtTrack,
arXiv 1612.01465, section 3.1, predicts parts from one another in the same way).
"""
import numpy as np

from multiperson.pairwise import own_offsets

WITNESSES = 3  # joints of the person that are asked where another one is
SEARCH_RADIUS = 0.1  # around that place, as a part of the person's size, within which the best score is taken


def complete(people, graph, detections, maps, stride, scale=1.0):
    """[Person] with their absent joints filled in; the score of these is that of the score map there, mostly low.

    A person's score becomes the mean square of all joints' scores, which ranks people better than their mean: few certain
    joints are a surer sign of somebody than many that are all a little likely.
    graph, detections: what the people were assembled from; maps: those of the picture resized by `scale`
    """
    if not people:
        return []
    stride = stride / scale
    keypoints = np.stack([person.keypoints for person in people])
    size = np.maximum((np.nanmax(keypoints, axis=1) - np.nanmin(keypoints, axis=1))[:, :2].max(axis=1), 2 * stride)
    who, joint = np.nonzero(~np.stack([person.visibility for person in people]))
    expected = _expected(people, who, joint, graph, detections, stride)
    radius = SEARCH_RADIUS * size[who]
    magnitude = np.ceil(np.log2(radius / stride))  # people of about one size at a time: a giant needs large windows
    for one in np.unique(magnitude):
        some = magnitude == one
        keypoints[who[some], joint[some]] = _nearby(expected[some], radius[some], maps, joint[some], stride, scale)
    scores = np.square(keypoints[..., 2]).mean(axis=1)
    return [person._replace(keypoints=points, score=float(score)) for person, points, score in zip(people, keypoints, scores)]


def _expected(people, who, absent, graph, detections, stride):
    """[A, 2] px: where the nodes of people[who] expect their absent joints. who, absent: [A]"""
    number = np.array([len(person.members) for person in people])
    nodes = np.array([np.pad(one.members, (0, number.max() - len(one.members)), mode="edge") for one in people])[who]
    joint = graph.joint[nodes]  # [A, most nodes of a person]
    offset = own_offsets(detections)[nodes, absent[:, None] - (absent[:, None] > joint)]
    point = np.concatenate(detections.coord_grid)[nodes] + offset
    # Neighbours know better than joints far away.
    weight = graph.probability[nodes] / (np.hypot(*np.moveaxis(offset, -1, 0)) + stride) ** 2
    weight[np.arange(number.max()) >= number[who, None]] = 0
    best = np.argsort(weight, axis=1)[:, -WITNESSES:, None]
    point, weight = (np.take_along_axis(part, best, axis=1) for part in (point, weight[..., None]))
    return (point * weight).sum(axis=1) / weight.sum(axis=1)


def _nearby(point, radius, maps, joint, stride, scale):
    """[A, 3] (x, y, score): of the cells around points [A, 2], as near as radius [A] px, the ones that score best for joints
    [A], less so the farther they are."""
    sides = np.array(maps.scores.shape[:2])
    reach = np.ceil(radius / stride).astype(int)
    steps = np.arange(-reach.max(), reach.max() + 1)
    cells = np.clip(point[:, ::-1] // stride, 0, sides - 1).astype(int)[..., None] + steps  # [A, (row, column), steps]
    near = (np.abs(steps) <= reach[:, None, None]) & (cells >= 0) & (cells < sides[:, None])
    distance2 = np.where(near, np.square((cells + 0.5) * stride - point[:, ::-1, None]), np.inf)
    rows, columns = np.where(near, cells, 0).swapaxes(0, 1)  # [A, steps]
    scores = maps.scores[rows[:, :, None], columns[:, None], joint[:, None, None]]
    apart = distance2[:, 0, :, None] + distance2[:, 1, None]
    weighted = np.where(np.isfinite(apart), scores * np.exp(-2 * apart / np.square(radius)[:, None, None]), -1)
    row, column = np.divmod(weighted.reshape(len(point), len(steps) ** 2).argmax(axis=1), len(steps))
    one = np.arange(len(point))
    row, column = rows[one, row], columns[one, column]
    found = np.column_stack([(column + 0.5) * stride, (row + 0.5) * stride, maps.scores[row, column, joint]])
    if maps.locref is not None:
        found[:, :2] += maps.locref[row, column, joint] / scale
    return found
