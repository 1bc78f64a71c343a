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
    rows, columns = size
    scores = np.zeros((rows, columns, num_joints), np.float32)
    nearest = np.full((rows, columns, num_joints), np.inf)
    locref = np.zeros((rows, columns, num_joints, 2), np.float32)
    pairwise = _PairwiseList(pairwise_stats) if pairwise_stats is not None else None

    for ids, points in people:
        for joint, point in zip(ids, points):
            window, offset = _window(point, size, radius, stride)
            if not offset.size:
                continue  # outside the picture
            distance = np.sum(offset ** 2, axis=-1)  # [h, w] px^2
            won = (distance <= radius ** 2) & (distance < nearest[window][..., joint])
            nearest[window][..., joint][won] = distance[won]
            scores[window][..., joint][won] = 1
            locref[window][..., joint, :][won] = offset[won] / locref_stdev
            if pairwise is not None:
                pairwise.add(joint, point, np.argwhere(won) + (window[0].start, window[1].start), offset[won], ids,
                             points)

    index, values = (None, None) if pairwise is None else pairwise.result(size)
    return Targets(scores, locref.reshape(rows, columns, -1), np.repeat(scores, 2, axis=-1), index, values)


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
    maps = np.zeros(tuple(size) + (num_joints * (num_joints - 1), 2), np.float32)
    mask = np.zeros_like(maps)
    maps[tuple(index.T)] = values
    mask[tuple(index.T)] = 1
    flat = tuple(size) + (-1,)
    return maps.reshape(flat), mask.reshape(flat)


class _PairwiseList(object):
    """Collects pairwise offsets; of several for the same cell and pair, the last one counts."""

    def __init__(self, stats):
        self._stats = stats
        self._joints = len(stats[0])
        self._index, self._values = [np.zeros((0, 3), int)], [np.zeros((0, 2))]

    def add(self, joint, point, cells, offset, ids, points):
        """The cells [n, 2] (row, column) of one joint, offset [n, 2] away from it, expect the person's other joints."""
        others = ids != joint
        b = ids[others]
        to_other = offset[:, None] + (points[others] - point)  # [n, others, 2]
        values = normalised_pairwise(to_other, joint, b, self._stats)
        pairs = get_pairwise_index(joint, b, self._joints)
        index = np.empty(values.shape[:2] + (3,), int)
        index[..., :2] = cells[:, None]
        index[..., 2] = pairs
        self._index.append(index.reshape(-1, 3))
        self._values.append(values.reshape(-1, 2))

    def result(self, size):
        index, values = np.concatenate(self._index), np.concatenate(self._values)
        keys = np.ravel_multi_index(tuple(index[::-1].T), tuple(size) + (self._joints * (self._joints - 1),))
        last = len(keys) - 1 - np.unique(keys, return_index=True)[1]
        return index[last].astype(np.int32), values[last].astype(np.float32)


def _window(point, size, radius, stride):
    """The slice of cells that may lie within `radius` of a point, and the offsets centre -> point there [h, w, 2]."""
    first = np.ceil((point - radius) / stride - 0.5).astype(int)
    last = np.floor((point + radius) / stride - 0.5).astype(int)
    first, last = np.maximum(first, 0), np.minimum(last, np.array(size[::-1]) - 1)
    columns, rows = (np.arange(a, b + 1) for a, b in zip(first, last))
    centres = cell_centres(*np.meshgrid(rows, columns, indexing="ij"), stride)
    return np.s_[first[1]:last[1] + 1, first[0]:last[0] + 1], point - centres
