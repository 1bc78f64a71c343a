import contextlib
import logging

import numpy as np
import pytest

from dataset import factory
from dataset.augmentation import View
from nnet.monitor import Monitor, Scalars, find_around, measure_snapshots, validation_config
from nnet.net_factory import pose_net
from nnet.tf import tf
from util.command import UserError
from util.config import cfg_from_file, default_config


def test_each_of_several_people_is_looked_for_around_where_it_is():
    scores, locref = np.zeros((10, 20, 2)), np.zeros((10, 20, 2, 2))
    scores[2, 3], scores[2, 16] = 0.4, 0.9  # (28, 20) and (132, 20) px
    locref[2, 3, 1] = 1, -2
    left, right = (np.array([[0, x, 20.0], [1, x + 6, 24]]) for x in (28, 130))
    np.testing.assert_allclose(find_around(scores, locref, 8, left), [[28, 20, 0.4], [29, 18, 0.4]])
    np.testing.assert_allclose(find_around(scores, None, 8, right), [[132, 20, 0.9]] * 2)
    outside = np.array([[0, -90.0, -50.0]])  # of it nothing can be found, but that is no reason to stop
    assert find_around(scores, locref, 8, outside).shape == (2, 3)


def test_the_pictures_of_validation():
    cfg = default_config()
    cfg.update(val_dataset="elsewhere", dataset_type="coco", dataset_phase="train", rotation=20)
    with pytest.raises(UserError, match="needs val_phase"):
        validation_config(cfg)
    cfg.val_phase = "val"
    found = validation_config(cfg)
    assert (found.dataset, found.dataset_phase, found.rotation) == ("elsewhere", "val", 0)
    assert (cfg.dataset_phase, cfg.rotation) == ("train", 20)


@contextlib.contextmanager
def untrained(cfg):
    """A Monitor of a network of random weights."""
    with tf.Graph().as_default(), tf.Session() as session:
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        monitor = Monitor(factory.create(cfg), session, {})
        session.run(tf.global_variables_initializer())
        yield monitor


def test_pictures_too_large_to_train_on_are_left_out_of_the_validation(dots, write_config, caplog):
    folder, items = dots  # 112 to 152 x 128 px
    caplog.set_level(logging.INFO)
    with untrained(cfg_from_file(write_config(folder, max_input_size=128))) as monitor:
        assert monitor.measure(7) and "(3 people, all joints)" in caplog.text
        monitor._dataset.cfg.max_input_size = 100
        assert monitor.measure(8) == {} and "nothing is measured" in caplog.text


def find_within_64_px(scores, locref, stride, person):
    """Every joint exactly, but within the picture."""
    pose = np.zeros((4, 3))
    pose[person[:, 0].astype(int), :2] = np.clip(person[:, 1:], 0, 64)
    return pose


def test_joints_that_are_cut_off_do_not_count(dots, write_config, caplog, monkeypatch):
    inside = np.array([[0, 10.0, 12.0], [1, 50.0, 60.0], [2, 40.0, 20.0], [3, 30.0, 5.0]])
    partly, outside = np.array([[0, 60.0, 6.0], [1, 200.0, 9.0]]), np.array([[0, 300.0, 9.0], [1, 400.0, 9.0]])
    view = View(np.zeros((64, 64, 3), np.uint8), [inside, partly, outside], np.eye(3)[:2])
    caplog.set_level(logging.INFO)
    with untrained(cfg_from_file(write_config(dots[0]))) as monitor:
        monkeypatch.setattr(monitor, "_views", lambda: [view])
        monkeypatch.setattr("nnet.monitor.find_around", find_within_64_px)
        assert monitor.measure(7) == {"validation_pck": 100} and "(2 people, all joints)" in caplog.text


def test_a_single_joint_is_not_measured(dots, write_config, caplog, monkeypatch):
    view = View(np.zeros((64, 64, 3), np.uint8), [np.array([[0, 10.0, 12.0]])], np.eye(3)[:2])
    with untrained(cfg_from_file(write_config(dots[0]))) as monitor:
        monkeypatch.setattr(monitor, "_views", lambda: [view])
        assert monitor.measure(7) == {} and "nobody's labels tell how large they are" in caplog.text


def test_broken_pictures_are_left_out_of_the_validation(dots, write_config, caplog):
    folder, items = dots
    with untrained(cfg_from_file(write_config(folder))) as monitor:
        break_picture(items[2].im_path)
        caplog.set_level(logging.INFO)
        assert 0 <= monitor.measure(7)["validation_pck"] <= 100
        assert "left out of the validation" in caplog.text and "(5 people, all joints)" in caplog.text
        for item in items:
            break_picture(item.im_path)
        assert monitor.measure(8) == {}


def break_picture(path):
    """Its header stays; the rest is cut off."""
    with open(path, "rb+") as stream:
        stream.truncate(60)


def test_snapshots_that_are_set_aside_are_waited_for(dots, write_config, monkeypatch):
    """As a training started with --restart does it while they are measured."""
    lists = [[], [(4, "snapshot-4")], [(4, "snapshot-4")], [], [(4, "again-4")], [(6, "again-6")]]
    restored = []
    monkeypatch.setattr("nnet.monitor.snapshots", lambda prefix: lists.pop(0))
    monkeypatch.setattr("nnet.monitor.time.sleep", lambda seconds: None)
    monkeypatch.setattr("nnet.monitor.restore_network", lambda session, path: restored.append(path))
    monkeypatch.setattr(Monitor, "measure", lambda self, iteration: {})
    measure_snapshots(factory.create(cfg_from_file(write_config(dots[0], log_dir=str(dots[0] / "log")))), 6)
    assert restored == ["snapshot-4", "again-4", "again-6"] and not lists


def test_figures_on_a_full_disk_are_left_out(tmp_path, caplog):
    """And the next ones can be read again."""
    resource = pytest.importorskip("resource")
    scalars, limits = Scalars(str(tmp_path)), resource.getrlimit(resource.RLIMIT_FSIZE)
    scalars.write(1, {"loss": 1.0})
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        scalars.write(2, {"loss": 2.0})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "TensorBoard does not get the figures of iteration 2" in caplog.text
    scalars.write(3, {"loss": 3.0})
    read = {}
    for path in tmp_path.iterdir():
        with contextlib.suppress(Exception):  # what was cut off
            read.update((event.step, event.summary.value[0].simple_value)
                        for event in tf.train.summary_iterator(str(path)) if event.summary.value)
    assert read == {1: 1.0, 3: 3.0}
