import numpy as np
import pytest
import scipy.io

from dataset.dataset_mat import DatasetError
from dataset.pairwise_stats import channel_order, load_pairwise_stats, stats_arrays
from util.config import default_config

PAIRS = np.array([[1, 0], [0, 1]])
MEANS, STDS = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])


def config(tmp_path, first_id, **keys):
    path = str(tmp_path / "stats.mat")
    scipy.io.savemat(path, {"graph": PAIRS + first_id, "means": MEANS, "std_devs": STDS})
    cfg = default_config()
    cfg.update(num_joints=2, pairwise_stats_fn=path, global_scale=2.0, **keys)
    return cfg


def test_values_grow_with_the_scale(tmp_path):
    stats = load_pairwise_stats(config(tmp_path, 0))
    means, stds = stats_arrays(stats, 2)
    np.testing.assert_array_equal(means[1, 0], [2, 4])
    np.testing.assert_array_equal(stds[0, 1], [14, 16])
    np.testing.assert_array_equal(stds[0, 0], [1, 1])


def test_the_files_order(tmp_path):
    cfg = config(tmp_path, 1, tensorflow_pairwise_order=False)
    stats = load_pairwise_stats(cfg)
    assert list(stats) == [(1, 0), (0, 1)]
    assert channel_order(stats, cfg).tolist() == [2, 3, 0, 1]
    cfg.tensorflow_pairwise_order = True
    assert channel_order(stats, cfg).tolist() == [0, 1, 2, 3]


def test_missing_file_and_missing_pair(tmp_path):
    cfg = config(tmp_path, 1, tensorflow_pairwise_order=False)
    stats = load_pairwise_stats(cfg)
    del stats[0, 1]
    with pytest.raises(DatasetError, match="all 2 pairs"):
        channel_order(stats, cfg)
    cfg.pairwise_stats_fn = "nowhere.mat"
    with pytest.raises(DatasetError, match="nowhere.mat.*pairwise_stats.py"):
        load_pairwise_stats(cfg)
