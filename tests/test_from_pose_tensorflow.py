"""docs/from_pose_tensorflow.md, command by command, on an experiment as the 2017 code left it."""
import os

import numpy as np
import scipy.io
import yaml

from nnet.net_factory import pose_net
from nnet.tf import tf
from tutorials import Reader, blocks, commands
from util.config import cfg_from_file

PAGE = "from_pose_tensorflow.md"
CONFIG = {"dataset": "dataset.mat", "dataset_type": "default", "num_joints": 4, "all_joints": [[0, 1], [2], [3]],
          "all_joints_names": ["a", "b", "c"], "net_type": "resnet_50", "init_weights": "snapshot-1000",
          "location_refinement": True, "locref_loss_weight": 0.05, "pos_dist_thresh": 17, "max_input_size": 850,
          "multi_step": [[0.0001, 1001]], "display_iters": 1, "save_iters": 60000, "mirror": True, "weigh_negatives": False,
          "fg_fraction": 0.25, "snapshot_prefix": "./snapshot",
          "precision": "exact"}  # the one key of today: the same numbers on all processors


def write_weights(cfg, prefix):
    """All variables of the network and no others, with a .meta file and without a .json."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix)


def test_commands(dots, monkeypatch, capsys):
    folder, items = dots
    (folder / "experiment").symlink_to(folder)
    (folder / "pose_cfg.yaml").write_text(yaml.safe_dump(CONFIG))
    write_weights(cfg_from_file(str(folder / "pose_cfg.yaml")), str(folder / "snapshot-1000"))
    reader = Reader(folder, monkeypatch, {r"^\. ~/pose-new/\.venv/bin/activate$": "", "~/pose-new": "~/pose-tensorflow"})
    for line in commands(PAGE):
        reader.run(line)
    said = capsys.readouterr().out
    assert "pooled" in said and "iteration: 1001 " in said and "iteration: 1000 " not in said
    assert os.path.exists("snapshot-1001.index") and scipy.io.loadmat("test/im0.mat")["scoremaps"].shape == (16, 14, 4)

    names = {}
    exec("".join(blocks(PAGE, "python")[:1]), names)
    then = names["pose"]
    exec(blocks(PAGE, "python")[1], names)
    np.testing.assert_allclose(names["pose"], then, atol=1e-3)
    np.testing.assert_allclose(scipy.io.loadmat("predictions.mat")["joints"][0, 0], then, atol=1e-3)
