import numpy as np
import pytest
import scipy.io

from dataset.dataset_mat import DatasetError
from dataset.pairwise_stats import (collect_pairwise_stats, load_pairwise_stats, pair_order, save_pairwise_stats,
                                    stats_arrays)
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


def test_pairs_that_were_seen_once_have_a_deviation_to_divide_by():
    stats, _ = collect_pairwise_stats(tuple(part[:1] for part in people_by_hand()))
    means, stds = stats_arrays(stats, 3)
    np.testing.assert_array_equal(means[0, 1], [1, 2])
    np.testing.assert_array_equal(stds, np.ones((3, 3, 2)))
    small = {(0, 1): {"mean": np.zeros(2), "std": np.array([0.01, 1e-12])}}
    np.testing.assert_array_equal(stats_arrays(small, 3)[1][0, 1], [0.01, 1])


def test_the_files_order(tmp_path):
    cfg = config(tmp_path, 1, tensorflow_pairwise_order=False)
    stats = load_pairwise_stats(cfg)
    assert list(stats) == [(1, 0), (0, 1)]
    assert pair_order(stats, cfg).tolist() == [1, 0]
    cfg.tensorflow_pairwise_order = True
    assert pair_order(stats, cfg).tolist() == [0, 1]


def test_missing_file_and_missing_pair(tmp_path):
    cfg = config(tmp_path, 1, tensorflow_pairwise_order=False)
    stats = load_pairwise_stats(cfg)
    del stats[0, 1]
    with pytest.raises(DatasetError, match="all 2 pairs"):
        pair_order(stats, cfg)
    cfg.pairwise_stats_fn = "nowhere.mat"
    with pytest.raises(DatasetError, match="nowhere.mat.*pairwise_stats.py"):
        load_pairwise_stats(cfg)


def test_statistics_of_other_joints(tmp_path):
    for first_id, keys in ((1, {}), (0, dict(tensorflow_pairwise_order=False))):
        with pytest.raises(DatasetError, match="stats.mat holds statistics of the joints .*, where the config has 0 to 1"):
            load_pairwise_stats(config(tmp_path, first_id, **keys))


def people_by_hand():
    poses = np.array([[[0, 0], [1, 2], [0, 0]], [[5, 5], [8, 9], [0, 0]]], float)
    labelled = np.array([[True, True, False]] * 2)
    return poses, labelled


def test_statistics_by_hand():
    stats, unseen = collect_pairwise_stats(people_by_hand())
    np.testing.assert_allclose(stats[0, 1]["mean"], [2, 3])
    np.testing.assert_allclose(stats[1, 0]["mean"], [-2, -3])
    np.testing.assert_allclose(stats[0, 1]["std"], [1, 1])
    assert unseen == [(0, 2), (1, 2), (2, 0), (2, 1)]
    np.testing.assert_array_equal(stats[0, 2]["std"], [1, 1])


def test_mirrored_people_count_as_well():
    # Joint 1 is on the left, 2 on the right: mirrored, the offset 0 -> 1 turns into 0 -> 2 with x reversed.
    stats, unseen = collect_pairwise_stats(people_by_hand(), mirror_map=[0, 2, 1])
    np.testing.assert_allclose(stats[0, 1]["mean"], [2, 3])
    np.testing.assert_allclose(stats[0, 2]["mean"], [-2, 3])
    assert unseen == [(1, 2), (2, 1)]


def test_statistics_round_trip(tmp_path):
    stats, _ = collect_pairwise_stats(people_by_hand())
    save_pairwise_stats(str(tmp_path / "stats.mat"), stats)
    cfg = default_config()
    cfg.update(num_joints=3, pairwise_stats_fn=str(tmp_path / "stats.mat"))
    loaded = load_pairwise_stats(cfg)
    assert list(loaded) == list(stats)
    for pair in stats:
        np.testing.assert_allclose(loaded[pair]["mean"], stats[pair]["mean"])
        np.testing.assert_allclose(loaded[pair]["std"], stats[pair]["std"])
