import json
import os

import numpy as np
import pytest

from conftest import ROOT
from nnet import checkpoint, weights
from nnet.net_factory import pose_net
from nnet.tf import tf
from util.config import cfg_from_file, default_config


def config(**keys):
    cfg = default_config()
    cfg.update(dict(dict(net_type="efficientnet_lite0", num_joints=3), **keys))
    return cfg


class Net(object):
    """A small network with an optimiser's slots, in a session of its own."""

    def __init__(self, cfg, seed=0):
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf.set_random_seed(seed)
            loss = tf.reduce_sum(pose_net(cfg).test(tf.zeros([1, 64, 64, 3]))["part_prob"])
            self.network = tf.global_variables()
            self.step = tf.get_variable("global_step", [], tf.int64, tf.zeros_initializer(), trainable=False)
            tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
            self.everything = tf.global_variables()
            self.session = tf.Session()
            self.session.run(tf.global_variables_initializer())

    def restore(self, prefix, cfg):
        with self.graph.as_default():
            return checkpoint.restore_for_training(self.session, prefix, cfg, self.network, self.everything)

    def values(self, variables):
        return dict(zip((v.op.name for v in variables), self.session.run(variables)))


def same(a, b):
    return {name for name in a if np.array_equal(a[name], b[name])}


def test_a_snapshot_of_this_project_restores_everything(tmp_path):
    first, second = Net(config(), 1), Net(config(), 2)
    first.step.load(8, first.session)
    slot = next(v for v in first.everything if v.op.name.endswith("part_pred/block4/biases/Momentum"))
    slot.load(np.array([1.0, 2.0, 3.0]), first.session)
    with first.graph.as_default():
        path = checkpoint.save_snapshot(first.session, str(tmp_path / "snapshot"), 7, tf.train.Saver(first.everything), {"config": {}})
    assert os.path.basename(path) == "snapshot-7" and second.restore(path, config()) == 8
    assert same(first.values(first.everything), second.values(second.everything)) == set(
        v.op.name for v in first.everything)
    assert checkpoint.read_side_file(path) == {"config": {}, "iteration": 7}


def test_a_snapshot_of_the_2017_code_restores_the_network_and_its_name_tells_the_iteration(tmp_path):
    first, second = Net(config(), 1), Net(config(), 2)
    path = str(tmp_path / "snapshot-1030000")
    with first.graph.as_default():
        tf.train.Saver(first.network).save(first.session, path)
    assert second.restore(path, config()) == 1030001
    names = {v.op.name for v in first.network}
    assert same(first.values(first.network), second.values(second.network)) == names


def test_a_checkpoint_of_before_2017_is_one_file(tmp_path):
    first, second = Net(config(), 1), Net(config(num_joints=5), 2)
    backbone = [v for v in first.network if not v.op.name.startswith("pose/")]
    path = str(tmp_path / "resnet.ckpt")
    with first.graph.as_default():
        tf.train.Saver(backbone, write_version=tf.train.SaverDef.V1).save(first.session, path, write_meta_graph=False)
    assert not os.path.exists(path + ".index") and second.restore(path, config(num_joints=5)) == 0
    assert same(first.values(backbone), second.values(second.network)) == {v.op.name for v in backbone}


def test_weights_with_other_joints_give_the_backbone(tmp_path):
    first, second = Net(config(), 1), Net(config(num_joints=5), 2)
    with first.graph.as_default():
        tf.train.Saver(first.network).save(first.session, str(tmp_path / "snapshot-9"))
    before = second.values(second.network)
    assert second.restore(str(tmp_path / "snapshot-9"), config(num_joints=5)) == 0
    after, given = second.values(second.network), first.values(first.network)
    assert all(np.array_equal(after[name], given[name]) for name in after if not name.startswith("pose/"))
    assert same(before, after) >= {name for name in after if name.startswith("pose/")}


def test_weights_of_another_backbone(tmp_path):
    first, second = Net(config(), 1), Net(config(net_type="resnet_50"), 2)
    with first.graph.as_default():
        tf.train.Saver(first.network).save(first.session, str(tmp_path / "a"))
    with pytest.raises(checkpoint.CheckpointError, match="not those of a resnet_50: they lack resnet_v1_50/conv1"):
        second.restore(str(tmp_path / "a"), config(net_type="resnet_50"))


def test_only_the_newest_are_kept_and_halves_do_not_count(tmp_path):
    net = Net(config())
    prefix = str(tmp_path / "snapshot")
    with net.graph.as_default():
        for iteration in (5, 10, 15, 20, 25, 30, 100):
            checkpoint.save_snapshot(net.session, prefix, iteration, tf.train.Saver([net.step]), {})
    assert [number for number, _ in checkpoint.snapshots(prefix)] == [15, 20, 25, 30, 100]
    assert len(os.listdir(str(tmp_path))) == 5 * 4 + 1 and tf.train.latest_checkpoint(str(tmp_path)) == prefix + "-100"
    os.remove(prefix + "-100.index")
    assert checkpoint.snapshots(prefix)[-1][0] == 30


def test_an_interrupted_save_leaves_the_old_and_no_rubbish(tmp_path, monkeypatch):
    net = Net(config())
    prefix = str(tmp_path / "weights")
    with net.graph.as_default():
        saver = tf.train.Saver([net.step])
        checkpoint.save(net.session, prefix, saver, {"a": 1})

        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(json, "dump", interrupted)
        with pytest.raises(KeyboardInterrupt):
            checkpoint.save(net.session, prefix, saver, {"a": 2})
    assert checkpoint.read_side_file(prefix) == {"a": 1}
    assert sorted(os.listdir(str(tmp_path))) == ["weights" + part for part in sorted(checkpoint.PARTS) if part != ".meta"]


def test_exported_weights_lack_the_optimisers(tmp_path):
    net = Net(config())
    with net.graph.as_default():
        path = checkpoint.save_snapshot(net.session, str(tmp_path / "snapshot"), 7, tf.train.Saver(net.everything), {"config": {"a": 1}})
    checkpoint.export_weights(path, str(tmp_path / "weights"))
    names = set(tf.train.NewCheckpointReader(str(tmp_path / "weights")).get_variable_to_shape_map())
    assert names == {v.op.name for v in net.network}
    assert checkpoint.read_side_file(str(tmp_path / "weights"))["config"] == {"a": 1}
    assert net.restore(str(tmp_path / "weights"), config()) == 0


@pytest.mark.parametrize("config_file, script", [
    ("demo/pose_cfg.yaml", "mpii/download_models.sh"), ("demo/pose_cfg_multi.yaml", "coco/download_models.sh"),
    ("models/mpii/train/pose_cfg.yaml", "pretrained/download.sh"),
    ("models/multi/train/pose_cfg.yaml", "pretrained/convert_movenet.py"),
    ("models/single/train/heads_cfg.yaml", "pretrained/convert_movenet.py")])
def test_missing_weights_name_the_script_that_gets_them(config_file, script):
    hint = weights.hint(cfg_from_file(os.path.join(ROOT, config_file)).init_weights)
    assert hint == "models/%s gets them" % script and os.path.exists(os.path.join(ROOT, "models", script))


def test_missing_and_broken_files(tmp_path):
    net = Net(config())
    with pytest.raises(checkpoint.CheckpointError, match="there are no weights nowhere"):
        net.restore("nowhere", config())
    (tmp_path / "broken.index").write_text("nothing")
    with pytest.raises(checkpoint.CheckpointError, match="broken"):
        net.restore(str(tmp_path / "broken"), config())
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(checkpoint.CheckpointError, match="broken.json, which belongs to the weights, is no JSON"):
        checkpoint.read_side_file(str(tmp_path / "broken"))
