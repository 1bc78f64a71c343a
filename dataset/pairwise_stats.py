"""Means and standard deviations of the offsets between two joints of one person, by which pairwise offsets are
normalised.

In memory: {(a, b): {"mean": [2], "std": [2]}}, px (x, y) at global_scale, joint ids from 0, in the file's order.
"""
import os

import numpy as np

from dataset.dataset_mat import DatasetError
from dataset.maps import get_pairwise_index
from util.config import find_file
from util.mat import read_mat, write_mat

NO_DEVIATION = 1e-6  # px; less is rounding


def load_pairwise_stats(cfg):
    """The statistics of cfg.pairwise_stats_fn: `graph` n x 2, `means` n x 2, `std_devs` n x 2.

    `graph` counts joints from 0, or from 1 with tensorflow_pairwise_order: false. Raises DatasetError.
    """
    path = find_file(cfg, "pairwise_stats_fn")
    if not os.path.exists(path):
        raise DatasetError("there is no pairwise statistics file %s; pairwise_stats.py makes one" % path)
    file = read_mat(path)
    graph = file["graph"].astype(int) - (0 if cfg.tensorflow_pairwise_order else 1)
    if graph.size and not 0 <= graph.min() <= graph.max() < cfg.num_joints:
        raise DatasetError("%s holds statistics of the joints %d to %d, where the config has 0 to %d; pairwise_stats.py makes "
                           "a file that fits" % (path, graph.min(), graph.max(), cfg.num_joints - 1))
    return {(int(a), int(b)): {"mean": mean * cfg.global_scale, "std": std * cfg.global_scale}
            for (a, b), mean, std in zip(graph, file["means"], file["std_devs"])}


def stats_arrays(stats, num_joints):
    """(means, stds), each [J, J, 2]; 0 and 1 for a pair without statistics. Of a pair that was seen once, or always alike, the
    deviation is 1 too: offsets are divided by it."""
    means, stds = np.zeros((num_joints, num_joints, 2)), np.ones((num_joints, num_joints, 2))
    for pair, values in stats.items():
        means[pair], stds[pair] = values["mean"], values["std"]
    return means, np.where(stds > NO_DEVIATION, stds, 1)


def pair_order(stats, cfg):
    """[J (J - 1)]: the network's pair i is pair order[i] in the order of get_pairwise_index.

    With tensorflow_pairwise_order these are the same; else the order of the statistics file is the network's.
    """
    count = cfg.num_joints * (cfg.num_joints - 1)
    if cfg.tensorflow_pairwise_order:
        return np.arange(count)
    order = np.array([get_pairwise_index(a, b, cfg.num_joints) for a, b in stats])
    if sorted(order) != list(range(count)):
        raise DatasetError("tensorflow_pairwise_order: false needs statistics of all %d pairs" % count)
    return order


def offsets_of(people, mirror_map=None):
    """[people, J, J, 2]: p_b - p_a of each person's joints a and b; nan where one is not labelled.

    people: (poses [P, J, 2], labelled [P, J]); with a mirror_map (see Skeleton) each person comes mirrored as well
    """
    poses, labelled = people
    points = np.where(labelled[..., None], poses, np.nan)
    offsets = points[:, None, :] - points[:, :, None]  # [P, a, b, 2]
    if mirror_map is None:
        return offsets
    mirrored = offsets[:, mirror_map][:, :, mirror_map] * [-1, 1]
    return np.concatenate([offsets, mirrored])


def collect_pairwise_stats(people, mirror_map=None):
    """The statistics of a data set's people, see offsets_of. A pair never seen together has mean 0 and deviation 1.

    Returns (stats, [(a, b) never seen])
    """
    offsets = offsets_of(people, mirror_map)
    stats, unseen = {}, []
    joints = offsets.shape[1]
    for a in range(joints):
        for b in range(joints):
            if a == b:
                continue
            seen = offsets[np.isfinite(offsets[:, a, b, 0]), a, b]
            if not len(seen):
                unseen.append((a, b))
            stats[a, b] = {"mean": seen.mean(axis=0) if len(seen) else np.zeros(2),
                           "std": seen.std(axis=0) if len(seen) else np.ones(2)}
    return stats, unseen


def save_pairwise_stats(path, stats):
    """Write statistics in the form that load_pairwise_stats reads, joints counted from 0."""
    file = {"graph": np.array(list(stats)), "means": np.array([one["mean"] for one in stats.values()]),
            "std_devs": np.array([one["std"] for one in stats.values()])}
    write_mat(path, file)
