"""Means and standard deviations of the offsets between two joints of one person, by which pairwise offsets are
normalised.

In memory: {(a, b): {"mean": [2], "std": [2]}}, px (x, y) at global_scale, joint ids from 0, in the file's order.
"""
import os

import numpy as np
import scipy.io

from dataset.dataset_mat import DatasetError
from dataset.targets import get_pairwise_index
from util.config import find_file


def load_pairwise_stats(cfg):
    """The statistics of cfg.pairwise_stats_fn: `graph` n x 2, `means` n x 2, `std_devs` n x 2.

    `graph` counts joints from 0, or from 1 with tensorflow_pairwise_order: false. Raises DatasetError.
    """
    path = find_file(cfg, "pairwise_stats_fn")
    if not os.path.exists(path):
        raise DatasetError("there is no pairwise statistics file %s; pairwise_stats.py makes one" % path)
    file = scipy.io.loadmat(path)
    graph = file["graph"].astype(int) - (0 if cfg.tensorflow_pairwise_order else 1)
    return {(int(a), int(b)): {"mean": mean * cfg.global_scale, "std": std * cfg.global_scale}
            for (a, b), mean, std in zip(graph, file["means"], file["std_devs"])}


def stats_arrays(stats, num_joints):
    """(means, stds), each [J, J, 2]; 0 and 1 for a pair without statistics."""
    means, stds = np.zeros((num_joints, num_joints, 2)), np.ones((num_joints, num_joints, 2))
    for pair, values in stats.items():
        means[pair], stds[pair] = values["mean"], values["std"]
    return means, stds


def channel_order(stats, cfg):
    """[2 J (J - 1)]: the network's channel i holds channel order[i] in the order of get_pairwise_index.

    With tensorflow_pairwise_order these are the same; else the order of the statistics file is the network's.
    """
    count = cfg.num_joints * (cfg.num_joints - 1)
    if cfg.tensorflow_pairwise_order:
        return np.arange(2 * count)
    pairs = np.array([get_pairwise_index(a, b, cfg.num_joints) for a, b in stats])
    if sorted(pairs) != list(range(count)):
        raise DatasetError("tensorflow_pairwise_order: false needs statistics of all %d pairs" % count)
    return np.column_stack([2 * pairs, 2 * pairs + 1]).reshape(-1)
