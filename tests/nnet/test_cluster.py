"""Several processes train one network, over this machine's loopback interface."""
import glob
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from conftest import DOTS, ROOT
from dataset.batch import Batch
from nnet import training
from nnet.cluster import ClusterError, read_tf_config
from nnet.net_factory import pose_net
from nnet.pose_net import loss_sizes
from nnet.tf import tf
from util.config import cfg_from_file, default_config

LAST = 11
SETTINGS = {"batch_size": 2, "optimizer": "sgd", "cosine": [0.1, 0.01, LAST], "warmup_iters": 3, "input_size": 96,
            "rotation": 20, "ema_decay": 0.9, "regularize": True, "save_iters": 100, "freeze": "backbone"}


slow = pytest.mark.skipif("POSE_CLUSTER" not in os.environ, reason="takes minutes: see docs/cluster.md")


def losses_in(text):
    """[[iteration, loss]] of a log."""
    return np.array([[float(number) for number in found] for found in re.findall(r"iteration: (\d+) loss: (\S+) lr", text)])


class Cluster(object):
    """Processes of train.py in one folder; what they print goes to files there."""

    def __init__(self, folder, **counts):
        self.folder, self._started = folder, {}
        sockets = {job: [socket.socket() for _ in range(count)] for job, count in counts.items()}
        for one in sum(sockets.values(), []):
            one.bind(("127.0.0.1", 0))
        self.addresses = {job: ["127.0.0.1:%d" % one.getsockname()[1] for one in ones] for job, ones in sockets.items()}
        for one in sum(sockets.values(), []):
            one.close()

    def start(self, job, index=0):
        task = {"cluster": self.addresses, "task": {"type": job, "index": index}}
        with open(self._output(job, index), "ab") as output:
            process = subprocess.Popen(
                [sys.executable, os.path.join(ROOT, "train.py")], cwd=str(self.folder), stdout=output,
                stderr=subprocess.STDOUT, env=dict(os.environ, TF_CONFIG=json.dumps(task), PYTHONUNBUFFERED="1"),
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        self._started[job, index] = process
        return process

    def start_all(self):
        for job, addresses in self.addresses.items():
            for index in range(len(addresses)):
                self.start(job, index)

    def kill(self, job, index=0):
        self._started[job, index].kill()
        self._started[job, index].wait()

    def _output(self, job, index):
        return str(self.folder / ("%s-%d.txt" % (job, index)))

    def said(self, job, index=0):
        with open(self._output(job, index)) as stream:
            return stream.read()

    def wait_for(self, text, job, index=0, seconds=300):
        end = time.time() + seconds
        while text not in self.said(job, index):
            assert self._started[job, index].poll() is None and time.time() < end, self.said(job, index)
            time.sleep(0.02)

    def wait(self, job, index=0, seconds=300):
        """Its exit status."""
        return self._started[job, index].wait(seconds)

    def processor_seconds(self):
        """Of all its processes that run."""
        total = 0
        for process in self._started.values():
            with open("/proc/%d/stat" % process.pid) as stream:
                total += sum(map(int, stream.read().rsplit(")")[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        return total

    def stop(self):
        for process in self._started.values():
            process.kill()
            process.wait()


@pytest.fixture
def start_cluster(dots, write_config, random_weights, monkeypatch):
    """(settings, **counts) -> a Cluster in the folder of a data set, the working directory, nobody started yet"""
    monkeypatch.chdir(dots[0])
    clusters = []

    def create(settings, **counts):
        write_config(dots[0], **dict({"init_weights": random_weights}, **settings))
        clusters.append(Cluster(dots[0], **counts))
        return clusters[-1]

    yield create
    for cluster in clusters:
        cluster.stop()


def test_two_replicas_make_the_steps_of_one_even_if_one_is_killed(start_cluster, caplog):
    cluster = start_cluster(SETTINGS, ps=1, chief=1, worker=1)
    cluster.start_all()
    cluster.wait_for("iteration: 4 ", "worker")
    cluster.kill("worker")
    cluster.start("worker")
    assert [cluster.wait(job) for job in ("chief", "worker", "ps")] == [0, 0, 0], cluster.said("chief")
    together = losses_in(cluster.said("chief"))
    assert "wrote snapshot-11" in cluster.said("chief") and not os.path.exists("worker")

    cfg = cfg_from_file("pose_cfg.yaml")
    cfg.update(batch_size=4, snapshot_prefix="alone/snapshot", log_dir="alone/log")
    with caplog.at_level(logging.INFO):
        training.train(cfg)
    alone = losses_in(caplog.text)
    assert list(together[:, 0]) == list(alone[:, 0]) == list(range(LAST + 1))
    same = np.isclose(together[:, 1], alone[:, 1], rtol=1e-4)
    assert np.sum(~same) <= 1  # a loss may die with the worker; what it did to the weights does not
    one, other = (tf.train.NewCheckpointReader(path) for path in ("alone/snapshot-11", "snapshot-11"))
    assert one.get_variable_to_shape_map() == other.get_variable_to_shape_map()
    for name in one.get_variable_to_shape_map():
        difference = np.linalg.norm(one.get_tensor(name) - other.get_tensor(name))
        assert difference <= 1e-4 * np.linalg.norm(one.get_tensor(name)), name


RESNET = {"net_type": "resnet_50", "skip_connections": False, "input_size": 128, "batch_size": 4, "cosine": [0.01, 0.001, 49],
          "optimizer": "sgd", "rotation": 20, "save_iters": 1000}


@pytest.fixture(scope="module")
def random_resnet(tmp_path_factory):
    """Checkpoint prefix of an untrained ResNet-50 whose activations stay small, though nothing normalises them."""
    cfg = default_config()
    cfg.update(dict(DOTS, **RESNET))
    prefix = str(tmp_path_factory.mktemp("weights") / "resnet")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        for variable in tf.global_variables():
            if variable.op.name.endswith(("v1_50/conv1/BatchNorm/gamma", "conv3/BatchNorm/gamma")):
                session.run(variable.assign(0.05 * variable))
        tf.train.Saver().save(session, prefix, write_meta_graph=False, write_state=False)
    return prefix


@slow
def test_fifty_steps_of_a_resnet(start_cluster, random_resnet, tmp_path):
    """Alone with batches of 8; two replicas with batches of 4; and the same with a worker killed at step 20."""
    losses = {}
    for name, killed in (("alone", False), ("together", False), ("broken", True)):
        settings = dict(RESNET, init_weights=random_resnet, snapshot_prefix=name + "/snapshot", log_dir=name + "/log")
        if name == "alone":
            cluster, chief = start_cluster(dict(settings, batch_size=8), chief=1), "chief"
        else:
            cluster, chief = start_cluster(settings, ps=1, worker=2), "worker"
        cluster.start_all()
        cluster.wait_for("iteration: 5 ", chief, 0, 3000)
        begun = cluster.processor_seconds()
        cluster.wait_for("iteration: 20 ", chief, 0, 3000)
        print("%s: %.3f s of processor time a picture" % (name, (cluster.processor_seconds() - begun) / (15 * 8)))
        if killed:
            cluster.kill("worker", 1)
            cluster.start("worker", 1)
        for job, addresses in cluster.addresses.items():
            assert [cluster.wait(job, index, 3000) for index in range(len(addresses))] == [0] * len(addresses)
        said = cluster.said(chief)
        print("%s\n%s" % (name, said))
        losses[name] = losses_in(said)
        assert list(losses[name][:, 0]) == list(range(50)) and np.isfinite(losses[name]).all()
        speeds = [float(speed) for speed in re.findall(r"\((\S+) images/s", said)]
        print("%s: %.2f images/s (median)" % (name, np.median(speeds)))
        assert tf.train.NewCheckpointReader(name + "/snapshot-49").get_tensor("global_step") == 50
        for one in glob.glob("*-?.txt"):
            os.rename(one, os.path.join(name, one))
    for name in ("together", "broken"):
        apart = np.abs(losses[name][:, 1] / losses["alone"][:, 1] - 1)
        print("%s: losses differ from those alone by a part of %.2g at most, without one step %.2g" % (
            name, apart.max(), np.sort(apart)[-2]))
        assert (np.sort(apart)[-2] if name == "broken" else apart.max()) <= 1e-4


SNAPSHOT = re.compile(r"wrote (snapshot-\d+)")


def end_without(cluster, job, other):
    """Kill one of a cluster's two tasks. Returns the snapshot that was the last."""
    cluster.kill(job)
    assert cluster.wait(other) == 1
    said = cluster.said(other)
    assert "Traceback" not in said
    assert re.search("train.py: (%s 0 at 127.0.0.1:.* cannot be reached|the chief or a par)" % job, said), said
    last = SNAPSHOT.findall(cluster.said("worker"))[-1]
    assert other == "ps" or "go on from the last snapshot: %s\n" % last in said
    return last


def test_without_parameter_server_all_end_and_the_last_snapshot_is_there(start_cluster, monkeypatch, caplog):
    cluster = start_cluster(dict(SETTINGS, cosine=[0.01, 0.01, 100], save_iters=3), ps=1, worker=1)
    cluster.start_all()
    cluster.wait_for("wrote snapshot-6", "worker")
    last = end_without(cluster, "ps", "worker")
    cfg = cfg_from_file("pose_cfg.yaml")
    cfg.cosine[2] = int(last[9:]) + 1
    with caplog.at_level(logging.INFO):
        training.train(cfg)  # alone
        assert "going on from %s " % last in caplog.text and "wrote snapshot-%d" % cfg.cosine[2] in caplog.text
        cfg.val_dataset = "dataset.mat"
        monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "evaluator", "index": 0}}))
        training.train(cfg)
    assert "iteration: %d validation PCK" % cfg.cosine[2] in caplog.text and len(os.listdir("log/validation")) == 1


@slow
def test_without_chief_all_end_and_a_second_start_goes_on(start_cluster):
    cluster = start_cluster(dict(SETTINGS, cosine=[0.01, 0.01, 100], save_iters=3), ps=1, worker=1)
    cluster.start_all()
    cluster.wait_for("wrote snapshot-6", "worker")
    last = end_without(cluster, "worker", "ps")
    cluster.start_all()
    cluster.wait_for("going on from " + last, "worker")
    cluster.wait_for("wrote snapshot-%d" % (int(last[9:]) + 6), "worker")


@pytest.mark.parametrize("config, problem", [
    ("{", "TF_CONFIG is no JSON"),
    ("[]", "must be {"),
    ({"cluster": {"chief": ["a:1"], "ps": ["b:1"]}}, "type, None, is none of chief, worker, ps, evaluator"),
    ({"cluster": {"chief": ["a:1"], "ps": ["b:1"]}, "task": {"type": "boss", "index": 0}}, "'boss', is none of chief"),
    ({"cluster": {"boss": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}, "tasks 'boss', which are none of"),
    ({"cluster": {"chief": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 1}}, "no task ps 1"),
    ({"cluster": {"chief": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": "0"}}, "no task ps '0'"),
    ({"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}, "has no ps"),
    ({"cluster": {"ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}, "has no chief or worker"),
    ({"cluster": {"chief": ["a:1", "c:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}, "2 chiefs instead of one"),
    ({"cluster": {"chief": ["a"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}, "list of \"host:port\", not"),
    ({"cluster": {"chief": ["a:1"], "ps": "b:1"}, "task": {"type": "ps", "index": 0}}, "list of \"host:port\", not 'b:1'"),
])
def test_mistakes_in_tf_config(monkeypatch, config, problem):
    monkeypatch.setenv("TF_CONFIG", config if isinstance(config, str) else json.dumps(config))
    with pytest.raises(ClusterError) as error:
        read_tf_config()
    assert problem in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("config", [
    "", "{}", {"cluster": {"chief": ["127.0.0.1:2222"]}, "task": {"type": "chief", "index": 0}, "environment": "cloud"}])
def test_one_machine_is_no_cluster(monkeypatch, config):
    monkeypatch.setenv("TF_CONFIG", config if isinstance(config, str) else json.dumps(config))
    assert read_tf_config() is None


def test_the_chief_is_the_first_replica(monkeypatch):
    hosts = {"worker": ["a:1", "b:1"], "ps": ["c:1"], "evaluator": ["d:1"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": hosts, "task": {"type": "worker", "index": 1}}))
    task = read_tf_config()
    assert task.replicas == [("worker", 0), ("worker", 1)] and task.needed == [("worker", 0), ("ps", 0)]
    hosts["chief"] = ["e:1"]
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": hosts, "task": {"type": "worker", "index": 1}}))
    assert read_tf_config().replicas == [("chief", 0), ("worker", 0), ("worker", 1)]


def test_replicas_losses_count_as_often_as_their_cells(dots, write_config):
    """The mean of two batches' losses, each by its share of what a loss is a mean over, is the loss of both as one."""
    cfg = cfg_from_file(write_config(dots[0], batch_size=2, input_size=96, rotation=20, weigh_only_present_joints=True,
                                     weigh_part_predictions=True))
    dataset = training.factory.create(cfg)
    parts = [dataset.training_batch(number) for number in (0, 1)]
    cfg.batch_size = 4
    whole = dataset.training_batch(0)
    sizes = [loss_sizes(cfg, batch) for batch in parts]
    assert {name: sizes[0][name] + sizes[1][name] for name in sizes[0]} == loss_sizes(cfg, whole)
    assert sizes[0]["locref_loss"] != sizes[1]["locref_loss"]
    np.testing.assert_array_equal(np.concatenate([batch[Batch.inputs] for batch in parts]), whole[Batch.inputs])
