import logging
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from conftest import ROOT
from dataset.dataset_mat import DatasetError
from dataset.batch import Batch, Extra
from nnet import checkpoint, training
from nnet.map_predictor import MapPredictor
from nnet.predict import PosePredictor
from nnet.tf import tf
from nnet.weights import exists
from util import pck
from util.command import UserError
from util.config import cfg_from_file
from util.image import read_image


@pytest.fixture
def folder(dots, write_config, random_weights, monkeypatch):
    """A folder with a data set and a config to train on it, the heads alone, which is quick; the working directory."""
    write_config(dots[0], init_weights=random_weights, freeze="backbone")
    monkeypatch.chdir(dots[0])
    return dots[0]


def config(**changes):
    cfg = cfg_from_file("pose_cfg.yaml")
    cfg.update(changes)
    return cfg


def losses_in(text):
    """{iteration: loss} of a log."""
    return {int(k): float(loss) for k, loss in re.findall(r"iteration: (\d+) loss: (\S+) lr", text)}


def test_train_then_predict(folder):
    cfg = config(freeze=[], cosine=[0.003, 0.0001, 100], save_iters=1000, display_iters=20, scale_jitter_lo=0.9,
                 scale_jitter_up=1.1)
    training.train(cfg)
    cfg.init_weights = "snapshot-100"
    predictor = PosePredictor(cfg)
    items = training.factory.create(cfg).data
    poses, labelled = pck.stack_people([item.joints[0] for item in items], 4)
    predicted = np.array([predictor.find(read_image(item.im_path)).pose for item in items])
    hits = pck.correct(predicted, poses, labelled, pck.box_lengths(poses, labelled), 0.15)
    assert hits.mean() > 0.5


def start(folder, write_config, random_weights, iterations, **changes):
    """train.py on more iterations than it can do before it is stopped."""
    write_config(folder, init_weights=random_weights, cosine=[0.002, 0.0001, iterations], **changes)
    with open(str(folder / "output"), "a") as output:
        return subprocess.Popen([sys.executable, os.path.join(ROOT, "train.py")], cwd=str(folder), stdout=output,
                                stderr=subprocess.STDOUT,  # a suite in a shell's background ignores SIGINT
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))


def wait_for(condition, process, seconds=120):
    end = time.time() + seconds
    while not condition():
        assert process.poll() is None and time.time() < end, "the training ended or hangs"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves(folder, how, write_config, random_weights):
    process = start(folder, write_config, random_weights, 1000, freeze="backbone")
    wait_for(lambda: "iteration: 2 " in (folder / "output").read_text(), process)
    process.send_signal(how)
    assert process.wait() == 0
    number = int(re.search(r"stopped; wrote \S*snapshot-(\d+)", (folder / "output").read_text()).group(1))
    assert 2 <= number < 1000 and exists(str(folder / ("snapshot-%d" % number)))


def test_finished_trainings_are_not_repeated(folder, caplog):
    with caplog.at_level(logging.INFO):
        training.train(config(cosine=[0.001, 0.001, 1]))
        training.train(config(cosine=[0.001, 0.001, 1]))
        assert "nothing to do" in caplog.text
        caplog.clear()
        training.train(config(cosine=[0.001, 0.001, 1]), restart=True)
    assert set(losses_in(caplog.text)) == {0, 1}


def test_a_loss_that_is_not_finite_names_the_pictures(folder):
    with pytest.raises(training.TrainingError, match=r"iteration 1:.*not finite.*im\d.png, .*im\d.png"):
        training.train(config(optimizer="sgd", cosine=[float("nan"), float("nan"), 5]))


def test_errors_of_the_loader_stop_the_training(folder):
    for name in ("im2.png", "im3.png"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:len(whole) // 2])
    with pytest.raises(DatasetError, match=r"cannot read the image im[23].png .* 2 of 6 pictures now, which are too many"):
        training.train(config())


def test_a_bad_data_set_is_found_before_training(folder):
    os.remove(str(folder / "im3.png"))
    with pytest.raises(DatasetError, match="im3.png"):
        training.train(config())
    assert not os.path.exists("log")


def test_sgd_multi_step_and_validation(folder, caplog):
    with caplog.at_level(logging.INFO):
        cfg = config(optimizer="sgd", multi_step=[[0.001, 2], [0.0001, 3]], val_dataset="dataset.mat", val_iters=2)
        with pytest.raises(UserError, match="both cosine and multi_step"):
            training.train(cfg)
        del cfg["cosine"]
        training.train(cfg)
    assert caplog.text.count("validation PCK@0.1 of the box") == 2
    rates = re.findall(r"iteration: (\d+) loss: \S+ lr: (\S+)", caplog.text)
    assert rates == [("0", "0.001"), ("1", "0.001"), ("2", "0.001"), ("3", "0.0001")]


def test_a_bad_validation_set_is_found_before_training(folder):
    with pytest.raises(UserError, match="nowhere.mat"):
        training.train(config(val_dataset="nowhere.mat"))


def test_restarting_sets_old_snapshots_aside(folder, caplog):
    training.train(config(cosine=[0.001, 0.001, 9]))
    with caplog.at_level(logging.INFO):
        training.train(config(cosine=[0.001, 0.001, 2]), restart=True)
    assert [number for number, _ in checkpoint.snapshots("snapshot")] == [2]
    assert [number for number, _ in checkpoint.snapshots("before-restart/snapshot")] == [4, 8, 9]


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16"])
def test_kinds_of_pictures(folder, mode):
    for number in range(6):
        grey = Image.open("im%d.png" % number).convert("L")
        if mode == "I;16":
            Image.fromarray(np.asarray(grey).astype(np.uint16) * 256).save("im%d.png" % number)
        else:
            grey.convert(mode).save("im%d.png" % number)
    data = training.factory.create(config())
    assert np.isfinite(data.training_batch(0)[Batch.inputs]).all()


def test_with_pairwise_offsets(folder, caplog):
    assert subprocess.call([sys.executable, os.path.join(ROOT, "pairwise_stats.py")]) == 0
    with caplog.at_level(logging.INFO):
        training.train(config(freeze=[], pairwise_predict=True, cosine=[0.002, 0.002, 20], display_iters=10, mirror=True))
    pairwise = {}
    for event in tf.train.summary_iterator(os.path.join("log", os.listdir("log")[0])):
        pairwise.update({event.step: v.simple_value for v in event.summary.value if v.tag == "pairwise_loss"})
    assert 0 < pairwise[20] < pairwise[10]


def test_tensorboard_gets_each_loss(folder):
    training.train(config(cosine=[0.001, 0.001, 2]))
    file, = os.listdir("log")
    tags = {value.tag for event in tf.train.summary_iterator(os.path.join("log", file)) for value in event.summary.value}
    assert tags == {"part_loss", "locref_loss", "total_loss", "learning_rate"}


def test_the_first_average_is_of_the_first_losses(folder, caplog, monkeypatch):
    monkeypatch.setattr(training.Trainer, "step", lambda self, batch, iteration: {"part_loss": 4.0, "locref_loss": 2.0})
    with caplog.at_level(logging.INFO):
        training.train(config(display_iters=5, save_iters=1000))
    assert set(losses_in(caplog.text).values()) == {6.0}


def test_relative_steps_are_parts_of_a_variables_size():
    with tf.Graph().as_default(), tf.Session() as session:
        start = [[1e-3, -1e-3], [30.0, 40.0], [0.0]]
        variables = [tf.get_variable("v%d" % k, initializer=value) for k, value in enumerate(start)]
        step = training.RelativeAdam(0.01).apply_gradients([(tf.ones_like(v), v) for v in variables])
        session.run(tf.global_variables_initializer())
        session.run(step)
        after = session.run(variables)
    sizes = [1e-3, np.sqrt(1250), training.SMALLEST_SIZE]
    for before, now, size in zip(start, after, sizes):
        np.testing.assert_allclose(np.array(before) - now, 0.01 * size, rtol=1e-3)


def test_unknown_optimizer(folder):
    with pytest.raises(ValueError, match="'adagrad' is none of"):
        training.train(config(optimizer="adagrad"))


def test_train_py_says_what_is_wrong(folder):
    (folder / "pose_cfg.yaml").write_text("net_typ: resnet_50\n")
    done = subprocess.run([sys.executable, os.path.join(ROOT, "train.py")], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "unknown key 'net_typ'; the nearest known key is 'net_type'" in done.stderr


def test_batches_of_one_have_no_mask(folder):
    batch = training.factory.create(config(batch_size=1)).training_batch(0)
    assert Extra.padding_mask not in batch


def test_frozen_parts_stay_and_averages_are_what_is_tested(folder, caplog):
    """The backbone stays as it was; snapshots hold running averages, which go on after a stop, and testing uses them."""
    cfg = config(freeze="backbone", ema_decay=0.5, cosine=[0.01, 0.01, 3])
    training.train(cfg)
    before, after = (tf.train.NewCheckpointReader(path) for path in (cfg.init_weights, "snapshot-3"))
    for name in before.get_variable_to_shape_map():
        assert np.array_equal(before.get_tensor(name), after.get_tensor(name)) == name.startswith(cfg.net_type), name
    name = "pose/part_pred/weights"
    average = after.get_tensor(name + checkpoint.AVERAGE)
    assert not np.array_equal(average, after.get_tensor(name))

    training.train(config(freeze="backbone", ema_decay=0.5, cosine=[0.01, 0.01, 4]))
    resumed = tf.train.NewCheckpointReader("snapshot-4")
    ramp = (1 + 5) / (10 + 5)  # the decay after five steps
    np.testing.assert_allclose(resumed.get_tensor(name + checkpoint.AVERAGE),
                               ramp * average + (1 - ramp) * resumed.get_tensor(name), rtol=1e-4)

    checkpoint.export_weights("snapshot-4", "exported")
    exported = tf.train.NewCheckpointReader("exported")
    assert set(exported.get_variable_to_shape_map()) == set(before.get_variable_to_shape_map())
    assert np.array_equal(exported.get_tensor(name), resumed.get_tensor(name + checkpoint.AVERAGE))
    cfg.init_weights = "snapshot-4"
    with_averages = MapPredictor(cfg).maps(np.zeros((64, 64, 3), np.uint8))[0]
    cfg.init_weights = "exported"
    np.testing.assert_allclose(with_averages, MapPredictor(cfg).maps(np.zeros((64, 64, 3), np.uint8))[0], atol=1e-6)


def test_a_part_that_cannot_be_frozen(folder):
    with pytest.raises(UserError, match="freeze: 'head' is none of backbone"):
        training.train(config(freeze="head"))
