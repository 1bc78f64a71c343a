"""Networks ready to run, from a config: made ready once, kept in a cache folder, run by what is fastest there.

When a network is made ready, each runtime that is installed runs it in each precision that the processor computes in. Whatever
differs too much from the original network is left out, and the fastest of the others is taken: `precision: auto` chooses among all of
them, `exact` among those in float32. Where cores have two threads, OpenVINO runs it on one and on both of each. What was found is in
the network's folder, in measured.json.

A network that comes along is made ready for OpenVINO alone, which starts within half a second, until many pictures are to be
searched: TensorFlow takes two to three seconds to load and be measured, more than a few pictures can gain.
"""
import contextlib
import functools
import gc
import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np

from nnet import beside
from nnet.runtimes import ONNXRuntime, OpenVINO, TensorFlow
from nnet.weights import adopt_weights_skeleton, required
from util.command import UserError, first_line
from util.config import find_file, with_defaults
from util.files import digest, replacing
from util.processor import cores, described, flags, has_graphics_card, thread_budget

KEPT = 8  # networks in the cache folder
MEASURED = "measured.json"
MEASURED_SIDE = 256  # px of the square picture on which precisions are measured
RUNS = 4  # of which the fastest counts: other work of the machine only slows down
BATCHES = (1, 2, 4, 8)  # pictures in one run, of which the next is tried as long as it is faster
ENOUGH = 0.85  # of the time that a smaller batch takes: the rest of the work waits longer for a larger one
MIRRORED = "mirrored_"  # outputs to which a picture's mirror image contributes
_TEMPORARY = []  # folders that are deleted when the process ends


def load_networks(cfg, parallel=1, reduced=False, runtimes=None):
    """{"maps": Network, "pairwise": Network}, those that the config has, computing in its `precision`: "exact", float32,
    within 1e-4 of the network as it is; "auto", the fastest here of float32 and less exact ones.

    parallel: see nnet.runtimes; reduced: {"poses": Network} instead; runtimes: the only ones to choose from, if not all
    maps: {"inputs": pictures as nnet.map_predictor.network_input makes them} -> {"part_prob", ...}, see PoseNet.test_in_cells
    poses: {"inputs": the same, "outside": float32 [B, H, W, 1], with test_mirrored "columns": int32 [B, 1]} ->
        {name: array} of pose_outputs(cfg), see nnet.best_cells
    pairwise: {"pairwise_features": as maps gave them, "cells": int [N, 3] (place in the batch, row, column)} ->
        {"offsets": [N, channels]}
    Raises nnet.weights.CheckpointError where the weights are missing or do not fit.
    """
    with_defaults(cfg)
    required(adopt_weights_skeleton(cfg))
    attempts = [runtimes] if runtimes else _attempts(cfg, parallel)
    for runtimes in attempts:
        try:
            return {name: Network(cfg, name, running) for name, running in _opened(cfg, runtimes, parallel, reduced).items()}
        except UserError:
            raise
        except Exception as error:  # another's package: nothing that it does shall end a prediction
            if runtimes == attempts[-1]:
                raise
            _warn(" or ".join(runtime.__name__ for runtime in runtimes), error)


def _attempts(cfg, parallel):
    """[the runtimes to choose from, those first that start sooner], of which the next are for where the ones before failed.

    All that are installed are compared. Where the comparison alone would need TensorFlow, OpenVINO is taken without it, unless many
    pictures wait, there is a graphics card, or they have been compared before.
    """
    installed = tuple(runtime for runtime in (OpenVINO, ONNXRuntime) if runtime.version()) + (TensorFlow,)
    if OpenVINO not in installed or not beside.has_graphs(cfg, find_file(cfg, "init_weights")):
        return [installed, (TensorFlow,)]
    compared = find_spec("tensorflow") and (parallel > 1 or has_graphics_card() or os.path.isdir(_folder(cfg, installed)))
    return [installed] * bool(compared) + [(OpenVINO,), (TensorFlow,)]


class Network(object):
    """A network that a runtime runs until it fails, if ever, and then TensorFlow."""

    def __init__(self, cfg, name, running):
        self._cfg, self._name, self.running = cfg, name, running
        self._lock, self._measuring, self._batches = threading.Lock(), threading.Lock(), {}

    def run(self, feed, again=None):
        """{name: array} of all inputs -> {name: array} of all outputs; again: see nnet.runtimes"""
        return self._do(lambda running: running.run(feed, again))

    def reserve(self, feed):
        """See nnet.runtimes"""
        self._do(lambda running: running.reserve(feed))

    def batch(self, feed):
        """How many inputs of one size it runs together in the least time for each; measured once. feed: one of them"""
        with self._measuring:
            running = self.running
            conditions = "%s, %s, %s, %d at a time on %d threads" % (
                self._name, running.precision, feed["inputs"].shape, running.parallel, thread_budget() or cores())
            if conditions not in self._batches:
                folder = os.path.dirname(os.path.dirname(running.path))
                self._batches[conditions] = self._fastest_batch(os.path.join(folder, MEASURED), conditions, feed)
            return self._batches[conditions]

    def _fastest_batch(self, path, conditions, feed):
        """The number that measured.json has, or that is measured and kept there; where that cannot be, only returned."""
        try:
            with open(path) as stream:
                measured = json.load(stream)
        except (OSError, ValueError):  # another process removes the folder, or makes it anew
            measured = None
        if measured and conditions in measured.get("batches", {}):
            return measured["batches"][conditions]["fastest"]
        running = self.running
        found = self._batch_milliseconds(feed)
        if measured and self.running is running:  # else TensorFlow has taken over
            measured.setdefault("batches", {})[conditions] = found
            with contextlib.suppress(UserError), replacing(path) as stream:  # a disk may be only read, another process write
                json.dump(measured, stream, indent=1)
        return found["fastest"]

    def _batch_milliseconds(self, feed):
        """{number of inputs: milliseconds of each of them, as many runs at a time as there will be}, and {"fastest": which
        number}."""
        found, fastest, parallel = {}, 1, self.running.parallel
        with ThreadPoolExecutor(parallel) as pool:
            for size in BATCHES:
                runs = [{name: np.concatenate([value] * size) for name, value in feed.items()}] * parallel
                seconds = min(_times(functools.partial(_all_run, pool, self.run, runs), 2 * RUNS))
                found[size] = round(1000 * seconds / size / parallel, 2)
                if found[size] >= ENOUGH * found[fastest] and size > 1:
                    break
                fastest = size
        return dict(found, fastest=fastest)

    def _do(self, function):
        running = self.running
        try:
            return function(running)
        except Exception as error:
            if isinstance(running, TensorFlow):
                raise
            with self._lock:
                if self.running is running:  # no other thread has replaced it
                    logging.warning("%s fails (%s): TensorFlow takes over", type(running).__name__, first_line(error))
                    self.running = _opened(self._cfg, (TensorFlow,), running.parallel, self._name == "poses")[self._name]
            return function(self.running)


def _all_run(pool, run, feeds):
    """Run all feeds at the same time."""
    for _ in pool.map(lambda feed: run(feed, again=False), feeds):
        pass


def _warn(name, error):
    logging.warning("%s cannot run the network (%s)", name, first_line(error))


def cache_folder():
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "pose-tensorflow")


def _folder(cfg, runtimes):
    return os.path.join(cache_folder(), _digest(cfg, runtimes))


def _opened(cfg, runtimes, parallel, reduced):
    """{name: the config's networks in the fastest of runtimes}, see load_networks, from the cache folder, where they are put if
    they are not there."""
    folder = _folder(cfg, runtimes)
    if os.path.isdir(folder):
        try:
            with contextlib.suppress(OSError):  # on a disk that is only read
                os.utime(folder)  # the cache keeps what was used last
            return _running(cfg, runtimes, folder, parallel, reduced)
        except Exception as error:  # whatever a damaged file leads to
            logging.warning("%s is damaged and made anew (%s)", folder, first_line(error))
            shutil.rmtree(folder, ignore_errors=True)
    return _running(cfg, runtimes, _made(cfg, runtimes, folder), parallel, reduced)


def _digest(cfg, runtimes):
    """Of all that a folder's files depend on: weights, keys of the config, the sources of the networks, what runs them."""
    code, weights = os.path.dirname(os.path.abspath(__file__)), find_file(cfg, "init_weights")
    sources = [os.path.join(code, name) for name in sorted(os.listdir(code)) if name.endswith(".py")]
    known = [beside.identity(cfg, weights), beside.int8_of(cfg, weights), sorted(flags()), has_graphics_card(),
             {runtime.__name__: runtime.version() for runtime in runtimes}, digest(sources)]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:32]


def _running(cfg, runtimes, folder, parallel, reduced):
    with open(os.path.join(folder, MEASURED)) as stream:
        measured = json.load(stream)
    if measured["sha256"] != digest(_files(folder)):
        raise ValueError("its files are not those that were written")
    name, precision = measured["fastest"]["auto" if cfg.precision == "auto" else "exact"]
    runtime = next(one for one in runtimes if one.__name__ == name)
    hyper_threads = measured["runtimes"][name][precision]["hyper_threads"]
    outputs = {"poses": pose_outputs(cfg)} if reduced else measured["outputs"]
    return {key: runtime(os.path.join(folder, name, "maps" if reduced else key), names, precision, parallel, hyper_threads)
            for key, names in outputs.items()}


def pose_outputs(cfg):
    """The names, in the file of the maps, of the outputs that nnet.best_cells adds."""
    names = ["best_cells", "best_scores"] + ["best_locref"] * bool(cfg.location_refinement)
    return [MIRRORED * bool(cfg.test_mirrored) + name for name in names]


def _files(folder):
    """All that measured.json speaks of: what is in the runtimes' folders."""
    return sorted(os.path.join(inner, name) for inner, _, names in os.walk(folder) if inner != folder for name in names)


def _made(cfg, runtimes, folder):
    """Make the config's networks ready in `folder`, whole or not at all, or where that cannot be written, in one that lasts
    as long as the process. Returns which."""
    parent, damaged = os.path.dirname(folder), os.path.isdir(folder)  # and it cannot be removed
    try:
        os.makedirs(parent, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as temporary:
            new = os.path.join(temporary, "network")
            os.mkdir(new)
            _make(cfg, runtimes, new)
            os.rename(new, folder)
        _forget_old(parent)
    except OSError:
        if damaged or not os.path.isdir(folder):  # else another process has made it
            _TEMPORARY.append(tempfile.TemporaryDirectory())
            folder = _TEMPORARY[-1].name
            _make(cfg, runtimes, folder)
    return folder


def _forget_old(parent):
    folders = sorted((entry.path for entry in os.scandir(parent) if entry.is_dir()), key=os.path.getmtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _make(cfg, runtimes, folder):
    """Write a folder with the config's networks for each runtime that is the fastest, and measured.json."""
    weights = find_file(cfg, "init_weights")
    with tempfile.TemporaryDirectory() as work:
        if runtimes == (OpenVINO,) and beside.has_graphs(cfg, weights):
            beside.unpack(weights, work)
        else:
            from nnet.freeze import freeze  # TensorFlow takes seconds to load
            freeze(cfg, work)
        examples, measured = {}, {}
        for name in ["maps"] + ["pairwise"] * bool(cfg.pairwise_predict):
            with np.load(os.path.join(work, name + ".npz"), allow_pickle=False) as example:
                examples[name] = dict(example)
        for runtime in runtimes:
            gc.collect()  # graphs of TensorFlow and tf2onnx refer to themselves, and are larger than the weights
            own = os.path.join(folder, runtime.__name__)
            os.mkdir(own)
            try:
                for name in examples:
                    runtime.keep(os.path.join(work, name), os.path.join(own, name))
                if runtime is OpenVINO and beside.int8_of(cfg, weights):
                    beside.unpack_int8(weights, os.path.join(own, "maps"))
                measured[runtime.__name__] = _measured(runtime, own, examples)
            except OSError:  # a full disk says nothing about the runtime
                raise
            except Exception as error:
                if runtime is runtimes[-1] and not measured:
                    raise
                _warn(runtime.__name__, error)
    fastest = {"exact": _fastest(measured, ["float32"]), "auto": _fastest(measured, ["float32", "bfloat16", "int8"])}
    for runtime in runtimes:
        if all(runtime.__name__ != name for name, _ in fastest.values()):
            shutil.rmtree(os.path.join(folder, runtime.__name__))
    with open(os.path.join(folder, MEASURED), "w") as stream:
        json.dump({"outputs": {name: sorted(_part(example, "out_")) for name, example in examples.items()},
                   "processor": described("model name"), "runtimes": measured, "fastest": fastest,
                   "sha256": digest(_files(folder))},
                  stream, indent=1)


def _measured(runtime, folder, examples):
    """{precision: {"difference": from the network as it is, "milliseconds": for a picture, "hyper_threads": whether with
    them}} of those that compute what they should on the examples, see nnet.freeze and _difference.

    Raises ValueError where float32 does not.
    """
    found = {}
    for precision, tolerance in runtime.precisions(os.path.join(folder, "maps")).items():
        try:
            found[precision] = _measured_in(precision, tolerance, runtime, folder, examples)
        except Exception as error:  # of what the processor says it can, and the package cannot
            if precision == "float32":
                raise
            logging.warning("precision: auto leaves %s of %s out: %s", precision, runtime.__name__, first_line(error))
    return found


def _measured_in(precision, tolerance, runtime, folder, examples):
    difference = 0.0
    for name, example in sorted(examples.items(), reverse=True):  # maps last
        names = sorted(_part(example, "out_"))
        running = runtime(os.path.join(folder, name), names, precision, hyper_threads=True)
        found = running.run(_part(example, "in_"))
        for output, expected in _part(example, "out_").items():
            part = _difference(found[output], expected, precision == "float32")
            if not part <= tolerance:  # nan is none either
                raise ValueError("%s differs from TensorFlow's by %.2g of its largest value" % (output, part))
            difference = max(difference, part)
    milliseconds = {running.hyper_threads: _milliseconds(running, example)}
    if running.hyper_threads:
        milliseconds[False] = _milliseconds(runtime(os.path.join(folder, name), names, precision), example)
    fastest = min(milliseconds, key=milliseconds.get)
    return {"difference": difference, "milliseconds": milliseconds[fastest], "hyper_threads": fastest}


def _milliseconds(running, example):
    picture = {"inputs": np.resize(example["in_inputs"], (1, MEASURED_SIDE, MEASURED_SIDE, 3))}
    return round(1000 * min(_times(lambda: running.run(picture, again=False))), 2)


def _difference(found, expected, exact):
    """Of maps, as a part of the largest value expected: the largest one, or where not each value has to be exact, their
    root mean square."""
    differences = np.abs(found - expected)
    return float((differences.max() if exact else np.sqrt(np.square(differences).mean())) / np.abs(expected).max())


def _part(example, beginning):
    return {key[len(beginning):]: value for key, value in example.items() if key.startswith(beginning)}


def _times(function, runs=RUNS):
    """Seconds of several calls; the first one prepares."""
    for run in range(1 + runs):
        start = time.perf_counter()
        function()
        if run:
            yield time.perf_counter() - start


def _fastest(measured, precisions):
    """(runtime, precision) to take: the first that is within a tenth of the fastest, since the first ones start sooner, and are
    more exact. measured: {runtime: {precision: ...}}, see _measured"""
    milliseconds = {(runtime, precision): found["milliseconds"]
                    for runtime in measured for precision, found in measured[runtime].items() if precision in precisions}
    return next(one for one in milliseconds if 0.9 * milliseconds[one] <= min(milliseconds.values()))
