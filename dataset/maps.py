"""What the network's maps mean: which point a cell stands for, in which order pairs come, how offsets are normalised.
targets.py makes maps of joints by it, and nnet/predict.py joints of maps.

Points are (x, y) in px of the network's input; maps are indexed [row, column, channel]. Cell (r, c) stands for the
point (c * stride + stride / 2, r * stride + stride / 2).  Source: DeeperCut (arXiv 1605.03170), sections 3 and 4.
"""
from typing import NamedTuple, Optional

import numpy as np


class Maps(NamedTuple):
    """What the network sees in a picture; None for those that the config has not.

    scores: [H, W, J], how probable each joint is in each cell
    locref: [H, W, J, 2] px, location refinement: from the cell's centre to the joint
    pairwise: [H, W, J (J - 1), 2] px, from the cell's centre to the other joints of the person whose joint a is there, for
        pairs (a, b) in the order of get_pairwise_index; an array, or what gives its values when indexed with cells
    """

    scores: np.ndarray
    locref: Optional[np.ndarray] = None
    pairwise: Optional[np.ndarray] = None


def map_size(image_height, image_width, stride):
    """(rows, columns) of the maps that belong to a picture: even, since the network makes them twice as large."""
    return tuple(int(np.ceil(side / (2.0 * stride))) * 2 for side in (image_height, image_width))


def input_side(side, cfg):
    """What the network makes of a picture's side, px, a number or a tensor: where it puts maps of several strides together, a
    multiple of 32, so that they fit each other. The picture is filled up on its right and at its bottom."""
    if not cfg.skip_connections and cfg.stride >= 8:  # a feature pyramid's is 4
        return side
    return side + 31 - (side - 1) % 32  # remainders of positive numbers, which nnet.export's formats need


def cell_centres(rows, columns, stride):
    """The centres [..., 2], (x, y) px, of the cells (rows [...], columns [...])."""
    return np.stack([columns, rows], axis=-1) * stride + 0.5 * stride


def get_pairwise_index(j_id, j_id_end, num_joints):
    """The place of the ordered pair of different joints (j_id, j_id_end) among the num_joints * (num_joints - 1) pairs."""
    return (num_joints - 1) * j_id + j_id_end - (j_id < j_id_end)


def locref_px(raw, stdev):
    """The network's location refinement [..., 2 J] -> [..., J, 2] px."""
    return _as_points(raw) * stdev


def pairwise_px(raw, stats, order):
    """The network's pairwise offsets [..., 2 J (J - 1)] -> [..., J (J - 1), 2] px, in the order of get_pairwise_index.

    stats: (means, stds), each [J, J, 2]; order: see dataset.pairwise_stats.pair_order
    """
    raw = _as_points(raw)
    ordered = np.empty_like(raw)
    ordered[..., order, :] = raw
    means, stds = _of_pairs(stats)
    return ordered * stds + means


def normalised_pairwise(offsets, pairs, stats):
    """What the network should give for offsets [n, 2] px of pairs [n], from get_pairwise_index; the inverse of pairwise_px."""
    means, stds = _of_pairs(stats)
    return (offsets - means.take(pairs, 0)) / stds.take(pairs, 0)


def _of_pairs(stats):
    """Tables [J, J, 2] -> [J (J - 1), 2], in the order of get_pairwise_index: row-major over (a, b), a != b."""
    different = ~np.eye(len(stats[0]), dtype=bool)
    return [table[different] for table in stats]


def _as_points(channels):
    """[..., 2 n], x and y in turns -> [..., n, 2]"""
    return channels.reshape(channels.shape[:-1] + (channels.shape[-1] // 2, 2))
