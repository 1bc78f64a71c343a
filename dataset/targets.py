"""From joints to training maps: the encoder whose decoder is nnet/predict.py. See dataset/maps.py for what maps mean.

Source: DeeperCut (arXiv 1605.03170), sections 3 and 4.
"""
from typing import NamedTuple, Optional

import numpy as np

from dataset.maps import cell_centres, get_pairwise_index, normalised_pairwise


class Targets(NamedTuple):
    """What one picture's maps should be; float32, [H, W, channels].

    scores: J channels, 1 where a joint is near
    locref, locref_mask: channels 2j, 2j + 1 = (x, y) of (joint j - cell centre) / locref_stdev, and where that is known
    pairwise_index, pairwise_values: pairwise offsets are few among many, so they are listed: [M, 3] (row, column, k) with
        k = get_pairwise_index(a, b, J), and [M, 2], the normalised offset from the cell's centre, where joint a is near, to
        joint b of the same person; None without statistics
    """

    scores: np.ndarray
    locref: np.ndarray
    locref_mask: np.ndarray
    pairwise_index: Optional[np.ndarray]
    pairwise_values: Optional[np.ndarray]


def encode(people, size, num_joints, radius, stride=8.0, locref_stdev=7.2801, pairwise_stats=None):
    """Training maps of one picture.

    people: list of (joint ids [n], int, points [n, 2]); where two people claim a cell for the same joint, the nearer has it,
        the earlier in case of a tie
    size: (rows, columns) of the maps; radius: px within which a cell's centre is positive
    pairwise_stats: (means, stds), each [J, J, 2] in px, or None
    """
    scores = np.zeros(tuple(size) + (num_joints,), np.float32)
    nearest = np.full(scores.shape, np.inf)
    locref = np.zeros(scores.shape + (2,), np.float32)
    pairwise = _PairwiseList(pairwise_stats, size) if pairwise_stats is not None else None

    for ids, points in people:
        ids, points = np.asarray(ids, int), np.reshape(points, (-1, 2))
        near = _cells_near(points, size, radius, stride)
        near = near.of(near.distance < nearest[near.row, near.column, ids[near.point]])
        at = near.row, near.column, ids[near.point]
        nearest[at] = near.distance
        scores[at] = 1
        locref[at] = near.offset / locref_stdev
        if pairwise is not None:
            pairwise.add(near, ids, points)

    index, values = (None, None) if pairwise is None else pairwise.result()
    flat = tuple(size) + (-1,)
    return Targets(scores, locref.reshape(flat), np.repeat(scores, 2, axis=-1), index, values)


def part_weights(shape, joint_id, only_present):
    """float32 of `shape` [H, W, J]: how much each cell of the score maps counts: 1; with only_present 0 for joints that
    nobody has. joint_id: an array a person"""
    weights = np.ones(shape, np.float32)
    if only_present:
        present = {int(joint) for ids in joint_id for joint in ids}
        weights[..., [joint for joint in range(shape[2]) if joint not in present]] = 0
    return weights


def dense_pairwise(index, values, size, num_joints):
    """Listed pairwise offsets -> (maps, mask), each float32 [H, W, 2 J (J - 1)]."""
    pairs = num_joints * (num_joints - 1)
    both = np.zeros((2, size[0] * size[1] * pairs, 2), np.float32)
    places = (index[:, 0] * size[1] + index[:, 1]) * pairs + index[:, 2]
    both[0][places] = values
    both[1][places] = 1
    maps, mask = both.reshape((2,) + tuple(size) + (-1,))
    return maps, mask


class _Near(NamedTuple):
    """Cells whose centres lie near points: which point, the cell's row and column, all [n], the offset [n, 2] px from the
    centre to the point and its square."""

    point: np.ndarray
    row: np.ndarray
    column: np.ndarray
    offset: np.ndarray
    distance: np.ndarray

    def of(self, chosen):
        return _Near(*(field[chosen] for field in self))


def _cells_near(points, size, radius, stride):
    """The cells within `radius` of points [N, 2], the nearest last, who thus has the cell that a joint labelled twice claims
    twice."""
    first = np.maximum(np.ceil((points - radius) / stride - 0.5).astype(int), 0)
    within = np.arange(min(int(2 * radius / stride) + 1, max(size)))
    columns, rows = first[:, :1] + within, first[:, 1:] + within  # [N, k]
    x, y = (points[:, axis, None] - cell_centres(cells, cells, stride)[..., 0] for axis, cells in enumerate([columns, rows]))
    distance = x[:, None] ** 2 + y[:, :, None] ** 2
    inside = (rows < size[0])[:, :, None] & (columns < size[1])[:, None]
    point, i, j = np.nonzero(inside & (distance <= radius ** 2))
    near = _Near(point, rows[point, i], columns[point, j], np.stack([x[point, j], y[point, i]], axis=-1), distance[point, i, j])
    return near.of(np.argsort(-near.distance, kind="stable"))


class _PairwiseList(object):
    """Collects pairwise offsets; of several for the same cell and pair, the last one counts."""

    def __init__(self, stats, size):
        self._stats = stats
        self._columns, self._pairs = size[1], len(stats[0]) * (len(stats[0]) - 1)
        self._places, self._values = [np.zeros(0, int)], [np.zeros((0, 2))]

    def add(self, near, ids, points):
        """The cells near a person's joints expect its other joints."""
        cell, b = np.nonzero(ids[near.point, None] != ids)
        a = near.point[cell]
        # take: whole rows, ten times as fast as indexing
        offsets = near.offset.take(cell, 0) + (points.take(b, 0) - points.take(a, 0))
        pairs = get_pairwise_index(ids[a], ids[b], len(self._stats[0]))
        self._places.append((near.row * self._columns + near.column)[cell] * self._pairs + pairs)
        self._values.append(normalised_pairwise(offsets, pairs, self._stats))

    def result(self):
        places, values = np.concatenate(self._places), np.concatenate(self._values)
        bits = len(places).bit_length()
        in_order = np.sort((places << bits) + np.arange(len(places)))  # by place, then as they were added
        places = in_order >> bits
        last = np.append(places[1:] != places[:-1], True)[:len(places)]
        places, number = places[last], in_order[last] & ((1 << bits) - 1)
        cells = places // max(self._pairs, 1)
        rows = cells // self._columns
        index = np.stack([rows, cells - rows * self._columns, places - cells * self._pairs], axis=-1)
        return index.astype(np.int32), values.take(number, 0).astype(np.float32)
