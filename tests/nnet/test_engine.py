import glob
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import DOTS, ROOT
from nnet import engine, freeze, beside
from nnet.backbone import NET_TYPES
from nnet.engine import cache_folder, load_networks
from nnet.map_predictor import network_input
from nnet.net_factory import pose_net
from nnet.predict import setup_pose_prediction
from nnet.runtimes import ONNXRuntime, OpenVINO, TensorFlow
from nnet.tf import tf
from util.config import Config, cfg_from_file, default_config
from util.default_config import KEYS
from util.processor import computes_bfloat16, cores, thread_budget

PICTURES = np.random.RandomState(2).randint(0, 256, (1, 60, 90, 3)).astype(np.float32)


SMALL = dict(net_type="mobilenet_v2_fpn_1.0", stride=4, skip_connections=False)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Checkpoint prefix of a small untrained network."""
    prefix = str(tmp_path_factory.mktemp("weights") / "small")
    save_untrained(prefix)
    return prefix


def save_untrained(prefix, seed=0):
    cfg = default_config()
    cfg.update(DOTS, **SMALL)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(seed)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix, write_meta_graph=False, write_state=False)


@pytest.fixture
def cfg(tmp_path, write_config, weights, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cfg_from_file(write_config(tmp_path, init_weights=weights, precision="exact", **SMALL))


@pytest.fixture(scope="module")
def frozen(weights, tmp_path_factory):
    """A folder with the network of `cfg`, frozen."""
    folder = str(tmp_path_factory.mktemp("frozen"))
    cfg = default_config()
    cfg.update(DOTS, init_weights=weights, **SMALL)
    freeze.freeze(cfg, folder)
    return folder


@pytest.fixture
def frozen_at_once(frozen, monkeypatch):
    """For tests of what happens around it: whatever shall be frozen, `frozen` is taken."""
    def copied(_, folder):
        for name in os.listdir(frozen):
            shutil.copy(os.path.join(frozen, name), folder)

    monkeypatch.setattr(freeze, "freeze", copied)


def kept():
    """The networks in the cache folder."""
    return sorted(os.listdir(cache_folder()))


def check(networks, cfg):
    with tf.Graph().as_default():
        session, inputs, outputs = setup_pose_prediction(cfg)
        expected = session.run(outputs, {inputs: PICTURES})
    found = networks["maps"].run({"inputs": network_input(PICTURES[0], cfg)})
    assert set(found) == set(expected) == {"part_prob", "locref"}
    for name in expected:
        _, rows, columns, _ = expected[name].shape
        np.testing.assert_allclose(found[name][:, :rows, :columns], expected[name],
                                   rtol=0, atol=1e-4 * np.abs(expected[name]).max())


def test_exact_equals_the_network_as_it_is(cfg):
    for _ in range(2):  # made, and taken from the cache
        check(load_networks(cfg), cfg)
    assert len(kept()) == 1


def test_a_network_is_frozen_once(cfg, frozen_at_once, monkeypatch):
    load_networks(cfg)
    monkeypatch.setattr(engine, "_made", None)  # an error where it is called
    cfg.update(precision="auto", test_sizes=[100])
    load_networks(cfg)
    cfg.mean_pixel = [1.0, 2.0, 3.0]
    with pytest.raises(TypeError):
        load_networks(cfg)


def test_other_weights_are_another_network(cfg, tmp_path):
    """Also where they have the same name."""
    cfg.init_weights = str(tmp_path / "weights")
    for seed in range(2):
        save_untrained(cfg.init_weights, seed)
        check(load_networks(cfg), cfg)
    assert len(kept()) == 2


@pytest.mark.parametrize("net_type", NET_TYPES)
def test_a_digest_knows_all_keys_that_make_a_network(net_type):
    read = set()

    class Recording(Config):
        def __getattribute__(self, key):
            read.add(key)
            return super(Recording, self).__getattribute__(key)

    cfg = Recording(default_config())
    cfg.update(net_type=net_type, stride=4 if "fpn" in net_type else 8, num_joints=4, location_refinement=True,
               pairwise_predict=True, skip_connections=net_type.startswith("efficientnet"),
               intermediate_supervision=net_type == "resnet_101")
    read.clear()
    with tf.Graph().as_default():
        pose_net(cfg).test_in_cells(tf.placeholder(tf.float32, [None, None, None, 3]), tf.placeholder(tf.int32, [None, 3]))
    assert {"num_joints", "net_type"} <= read & set(KEYS) <= set(beside.NETWORK_KEYS)


def test_a_folder_that_cannot_be_written(cfg, frozen_at_once, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    check(load_networks(cfg), cfg)


@pytest.mark.parametrize("damage", ["cut short", "a bit flipped"])
def test_a_damaged_file_is_made_anew(cfg, frozen_at_once, damage, caplog):
    load_networks(cfg)
    path = max(glob.glob(os.path.join(cache_folder(), kept()[0], "*", "*")), key=os.path.getsize)
    with open(path, "rb") as stream:
        whole = bytearray(stream.read())
    with open(path, "wb") as stream:
        if damage == "cut short":
            stream.write(whole[:1000])
        else:
            whole[len(whole) // 2] ^= 64
            stream.write(whole)
    check(load_networks(cfg), cfg)
    assert "is damaged and made anew" in caplog.text and os.path.getsize(path) > 1000
    caplog.clear()
    check(load_networks(cfg), cfg)
    assert "damaged" not in caplog.text


def test_the_networks_used_last_are_kept(cfg, frozen_at_once, monkeypatch):
    monkeypatch.setattr(engine, "KEPT", 2)
    names = {}
    for first in (1.0, 2.0, 1.0, 3.0):
        cfg.mean_pixel = [first, 0.0, 0.0]
        load_networks(cfg)
        names.update({name: first for name in kept() if name not in names})
    assert sorted(names[name] for name in kept()) == [1.0, 3.0]


RUNTIMES = {runtime.__name__: runtime for runtime in (OpenVINO, ONNXRuntime, TensorFlow)}
HERE = {name: runtime.version() for name, runtime in RUNTIMES.items()}  # before `without_onnx`


@pytest.fixture
def takes(monkeypatch):
    """({"<runtime> <precision>": milliseconds}): what a picture takes, whatever it takes here, and 50 ms where nothing is said;
    runtimes that are not named are not installed."""
    def make(milliseconds):
        names = {name.split()[0] for name in milliseconds}
        for name in names:
            if HERE[name] is None:
                pytest.skip("there is no " + name)
        for name, runtime in RUNTIMES.items():
            monkeypatch.setattr(runtime, "version", lambda found=HERE[name] if name in names else None: found)
        monkeypatch.setattr(engine, "_milliseconds", lambda running, _: milliseconds.get(
            "%s %s" % (type(running).__name__, running.precision), 50))
    return make


@pytest.mark.parametrize("milliseconds, exact", [
    ({"OpenVINO float32": 10, "TensorFlow float32": 9.5}, OpenVINO),  # not a tenth faster
    ({"OpenVINO float32": 10, "TensorFlow float32": 8}, TensorFlow),
    ({"OpenVINO float32": 10, "ONNXRuntime float32": 8, "TensorFlow float32": 7.5}, ONNXRuntime),
    ({"OpenVINO float32": 10, "ONNXRuntime float32": 9.5, "TensorFlow float32": 8.9}, ONNXRuntime),
    ({"ONNXRuntime float32": 12, "TensorFlow float32": 11}, ONNXRuntime),
    ({"TensorFlow float32": 10}, TensorFlow)])
def test_what_is_fastest_runs(cfg, frozen_at_once, takes, monkeypatch, milliseconds, exact):
    takes(milliseconds)
    check(load_networks(cfg), cfg)
    assert set(measured()["runtimes"]) == {name.split()[0] for name in milliseconds}
    monkeypatch.setattr(engine, "_made", None)  # from now on it is remembered
    networks = load_networks(cfg)
    check(networks, cfg)
    assert type(networks["maps"].running) is exact
    reduced, = load_networks(cfg, reduced=True).values()
    assert type(reduced.running) is exact and set(os.listdir(os.path.join(cache_folder(), kept()[0]))) == {
        exact.__name__, engine.MEASURED}  # nor are others' files kept


@pytest.mark.skipif(not computes_bfloat16(), reason="this processor does not compute in bfloat16")
@pytest.mark.parametrize("bfloat16, auto", [(5, TensorFlow), (9.5, OpenVINO)])
def test_exact_and_auto_may_run_in_different_runtimes(cfg, frozen_at_once, takes, bfloat16, auto):
    takes({"OpenVINO float32": 10, "TensorFlow float32": 12, "TensorFlow bfloat16": bfloat16})
    assert type(load_networks(cfg)["maps"].running) is OpenVINO
    cfg.precision = "auto"
    running = load_networks(cfg)["maps"].running
    assert (type(running), running.precision) == (auto, "bfloat16" if auto is TensorFlow else "float32") and len(kept()) == 1


@pytest.fixture
def comes_along(tmp_path, takes, monkeypatch):
    """The config of a network that comes along, which TensorFlow runs faster than OpenVINO."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    takes({"OpenVINO float32": 10, "TensorFlow float32": 8})
    cfg = cfg_from_file(os.path.join(ROOT, "models/single/test/pose_cfg.yaml"))
    cfg.precision = "exact"
    return cfg


def test_networks_that_come_along_are_measured_in_all_runtimes_once_many_pictures_wait(comes_along, monkeypatch):
    cfg = comes_along
    for parallel, expected in [(1, OpenVINO), (2, TensorFlow), (1, TensorFlow)]:
        assert type(load_networks(cfg, parallel)["maps"].running) is expected
    assert len(kept()) == 2
    shutil.rmtree(cache_folder())
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert type(load_networks(cfg, 2)["maps"].running) is OpenVINO


def test_networks_that_come_along_are_measured_in_all_runtimes_where_there_is_a_graphics_card(comes_along, monkeypatch):
    assert type(load_networks(comes_along)["maps"].running) is OpenVINO
    monkeypatch.setattr(engine, "has_graphics_card", lambda: True)
    assert type(load_networks(comes_along)["maps"].running) is TensorFlow


@pytest.mark.skipif(not computes_bfloat16(), reason="this processor does not compute in bfloat16")
def test_what_starts_sooner_is_taken_before_what_is_more_exact(cfg, frozen_at_once, takes):
    takes({"OpenVINO float32": 10, "OpenVINO bfloat16": 7.3, "TensorFlow float32": 8})
    cfg.precision = "auto"
    running = load_networks(cfg)["maps"].running
    assert (type(running), running.precision) == (OpenVINO, "bfloat16")


def test_networks_that_come_along_do_not_need_what_is_broken(comes_along, monkeypatch, caplog):
    def broken(*_):
        raise ImportError("TensorFlow is needed")

    monkeypatch.setattr(freeze, "freeze", broken)
    monkeypatch.setattr(beside, "int8_of", lambda *_: None)
    assert type(load_networks(comes_along, 2)["maps"].running) is OpenVINO
    assert "OpenVINO or TensorFlow cannot run the network (TensorFlow is needed)" in caplog.text


def test_a_full_disk_says_nothing_about_runtimes(cfg, frozen_at_once, takes, monkeypatch, caplog):
    """The network is made ready elsewhere then."""
    def full(source, path):
        if path.startswith(cache_folder()):
            raise OSError(28, "No space left on device")
        keep(source, path)

    takes({"OpenVINO float32": 10, "TensorFlow float32": 12})
    keep = OpenVINO.keep
    monkeypatch.setattr(OpenVINO, "keep", full)
    assert type(load_networks(cfg)["maps"].running) is OpenVINO
    assert not kept() and not caplog.records


@pytest.mark.parametrize("why", ["missing", "fails", "wrong", "fails later", "fails where it was kept"])
def test_tensorflow_runs_where_openvino_does_not(cfg, frozen_at_once, why, takes, monkeypatch, caplog):
    def wrong(self, feed, again=None):
        return {name: value + 0.1 for name, value in run(self, feed).items()}

    def fails(*_, **__):
        raise RuntimeError("it is broken\nat line 5")

    run = OpenVINO.run
    if why == "missing":
        monkeypatch.setitem(sys.modules, "openvino", None)
    else:
        takes({"OpenVINO float32": 10, "TensorFlow float32": 12})
    if why == "fails where it was kept":
        load_networks(cfg)
    if why != "missing" and why != "fails later":
        monkeypatch.setattr(OpenVINO, *("run", wrong) if why == "wrong" else ("__init__", fails))
    networks = load_networks(cfg)
    if why == "fails later":
        monkeypatch.setattr(OpenVINO, "run", fails)
    check(networks, cfg)
    assert isinstance(networks["maps"].running, TensorFlow)
    said = [record.getMessage() for record in caplog.records if "is damaged" not in record.getMessage()]
    assert len(said) == (why != "missing")
    for message in said:
        assert message.startswith("OpenVINO fails (" if why == "fails later" else "OpenVINO cannot run the network (")
        assert ("differs from TensorFlow's" if why == "wrong" else "it is broken") in message


def test_threads_that_all_fail_share_one_tensorflow(cfg, frozen_at_once, takes, monkeypatch, caplog):
    takes({"OpenVINO float32": 10, "TensorFlow float32": 12})
    networks, together = load_networks(cfg), threading.Barrier(3)

    def fails(*_, **__):
        together.wait(60)
        raise RuntimeError("it is broken")

    monkeypatch.setattr(OpenVINO, "run", fails)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(networks["maps"].run, [{"inputs": network_input(PICTURES[0], cfg)}] * 3))
    for other in found[1:]:
        np.testing.assert_array_equal(other["part_prob"], found[0]["part_prob"])
    assert len(caplog.records) == 1


def measured():
    """Of the network kept last."""
    folder = max((os.path.join(cache_folder(), name) for name in kept()), key=os.path.getmtime)
    with open(os.path.join(folder, engine.MEASURED)) as stream:
        return json.load(stream)


class Runtime(object):
    """Of TensorFlow, whose precisions take as long as SECONDS says and differ by DIFFERENCE, on a processor where a second
    thread on each core multiplies the time by HYPER_THREADS, or that has none (None)."""

    SECONDS = {"float32": 2, "bfloat16": 1, "int8": 3}
    DIFFERENCE = {"float32": 0, "bfloat16": 0.01, "int8": 0.01}
    HYPER_THREADS = None
    version, keep = TensorFlow.version, TensorFlow.keep
    clock = 0

    def __init__(self, path, names, precision, parallel=1, hyper_threads=False):
        self._running, self.path, self.precision, self.parallel = TensorFlow(path, names, "float32"), path, precision, parallel
        self.hyper_threads = hyper_threads and self.HYPER_THREADS is not None

    @classmethod
    def precisions(cls, path):
        return {"float32": 1e-4, "bfloat16": 0.03, "int8": 0.03}

    def run(self, feed, again=None):
        Runtime.clock += self.SECONDS[self.precision] * (self.HYPER_THREADS if self.hyper_threads else 1)
        found = self._running.run(feed)
        return {name: value + self.DIFFERENCE[self.precision] * np.abs(value).max() for name, value in found.items()}


@pytest.fixture
def measured_runtime(monkeypatch):
    monkeypatch.setattr(engine, "TensorFlow", Runtime)
    monkeypatch.setattr(OpenVINO, "version", lambda: None)
    monkeypatch.setattr(engine, "time", SimpleNamespace(perf_counter=lambda: Runtime.clock))


@pytest.mark.parametrize("precision, difference, expected", [
    ("exact", 0.01, "float32"), ("auto", 0.01, "bfloat16"), ("auto", 0.04, "float32"), ("auto", np.nan, "float32")])
def test_auto_takes_the_fastest_of_those_that_are_near(cfg, frozen_at_once, measured_runtime, monkeypatch, precision, difference,
                                                      expected):
    monkeypatch.setitem(Runtime.DIFFERENCE, "bfloat16", difference)
    cfg.precision = precision
    assert load_networks(cfg)["maps"].running.precision == expected
    found = measured()["runtimes"]["Runtime"]
    assert (set(found) == {"float32", "int8"}) == (difference != 0.01)
    assert found["float32"]["difference"] <= 1e-4 < found["int8"]["difference"]
    assert [found[key]["milliseconds"] for key in ("float32", "int8")] == [2000, 3000]


@pytest.mark.parametrize("times, expected, milliseconds", [(None, False, 1000), (0.8, True, 800), (1.2, False, 1000)])
def test_more_threads_than_cores_compute_where_that_is_faster(cfg, frozen_at_once, measured_runtime, monkeypatch, times,
                                                              expected, milliseconds):
    monkeypatch.setattr(Runtime, "HYPER_THREADS", times)
    cfg.precision = "auto"
    for _ in range(2):  # made, and taken from the cache
        running = load_networks(cfg)["maps"].running
        assert (running.precision, running.hyper_threads) == ("bfloat16", expected)
    assert measured()["runtimes"]["Runtime"]["bfloat16"]["milliseconds"] == milliseconds


def test_a_precision_that_fails_is_left_out(cfg, frozen_at_once, measured_runtime, monkeypatch, caplog):
    run = Runtime.run

    def fails(self, feed, again=None):
        if self.precision == "bfloat16":
            raise RuntimeError("it is broken\nat line 5")
        return run(self, feed)

    monkeypatch.setattr(Runtime, "run", fails)
    cfg.precision = "auto"
    assert load_networks(cfg)["maps"].running.precision == "float32"
    assert "leaves bfloat16 of Runtime out: it is broken" in caplog.text


@pytest.mark.parametrize("first, each, expected, tried", [(0, 1, 1, [1, 2]), (1, 0.1, 8, [1, 2, 4, 8]), (1, 1, 4, [1, 2, 4, 8]),
                                                          (0.1, 1, 1, [1, 2])])
def test_the_fastest_batch_is_measured_once(cfg, frozen_at_once, measured_runtime, monkeypatch, first, each, expected, tried):
    """first: seconds that a run takes; each: and for each input in it"""
    feed, ran = {"inputs": np.zeros((2, 64, 32, 3), np.float32), "outside": np.zeros((1, 16, 8, 1), np.float32)}, []

    def run(self, feed, again=None):
        ran.append(len(feed["outside"]))
        assert feed["inputs"].shape == (2 * len(feed["outside"]), 64, 32, 3) and feed["outside"].shape[1:] == (16, 8, 1)
        with lock:
            Runtime.clock += first + each * len(feed["outside"])

    lock = threading.Lock()
    network, = load_networks(cfg, parallel=2, reduced=True).values()
    monkeypatch.setattr(Runtime, "run", run)
    assert network.batch(feed) == expected and sorted(set(ran)) == tried
    (conditions, found), = measured()["batches"].items()
    assert conditions == "poses, float32, (2, 64, 32, 3), 2 at a time on %d threads" % (thread_budget() or cores())
    assert found["1"] == pytest.approx(1000 * (first + each), rel=0.01)
    ran.clear()
    again, = load_networks(cfg, parallel=2, reduced=True).values()
    assert again.batch(feed) == expected and not ran
    again, = load_networks(cfg, parallel=1, reduced=True).values()
    assert again.batch(feed) == expected and ran
    another, = load_networks(cfg, parallel=1, reduced=True).values()
    shutil.rmtree(cache_folder())
    assert another.batch(feed) == expected and not os.path.exists(cache_folder())


def test_a_batch_that_cannot_be_kept(cfg, frozen_at_once):
    """Neither that, nor what another process is writing there, damages the network; threads measure one after the other."""
    network, = load_networks(cfg, reduced=True).values()
    os.mkdir(os.path.join(cache_folder(), kept()[0], engine.MEASURED + ".tmp"))
    feed = {"inputs": np.zeros((1, 32, 32, 3), np.float32), "outside": np.zeros((1, 8, 8, 1), np.float32)}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(network.batch, [feed] * 4))
    assert len(set(found)) == 1 and "batches" not in measured()
    os.rmdir(os.path.join(cache_folder(), kept()[0], engine.MEASURED + ".tmp"))
    with open(os.path.join(cache_folder(), kept()[0], engine.MEASURED + ".tmp"), "w") as stream:
        stream.write("{")
    load_networks(cfg)
    assert len(kept()) == 1 and os.path.exists(os.path.join(cache_folder(), kept()[0], engine.MEASURED + ".tmp"))


def test_weights_of_8_bits_are_measured_when_there_are_some(cfg, frozen_at_once, takes, tmp_path, weights):
    takes({"OpenVINO float32": 10, "OpenVINO int8": 8, "TensorFlow float32": 12})
    for ending in (".index", ".data-00000-of-00001"):
        shutil.copy(weights + ending, str(tmp_path / "own") + ending)
    cfg.init_weights = str(tmp_path / "own")
    load_networks(cfg)
    assert "int8" not in measured()["runtimes"]["OpenVINO"]
    beside.write_int8(cfg, cfg.init_weights, os.path.join(cache_folder(), kept()[0], "OpenVINO", "maps"), {"median_px": 0.1})
    load_networks(cfg)
    assert measured()["runtimes"]["OpenVINO"]["int8"]["difference"] < 0.1 and len(kept()) == 2


def test_a_network_that_was_frozen_needs_no_tensorflow(cfg, frozen_at_once, takes):
    takes({"OpenVINO float32": 10, "TensorFlow float32": 12})
    load_networks(cfg)
    program = ("import sys; sys.modules.update(tensorflow=None, onnxruntime=None)\n"
               "import numpy, nnet.predict; from util.config import cfg_from_file\n"
               "cfg = cfg_from_file(sys.argv[1]); cfg.precision = 'exact'\n"
               "print(nnet.predict.PosePredictor(cfg).find(numpy.zeros((64, 64, 3), numpy.uint8)).pose.shape)")
    printed = subprocess.check_output([sys.executable, "-c", program, cfg.config_file], cwd=ROOT, universal_newlines=True)
    assert printed == "(4, 3)\n"
