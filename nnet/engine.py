"""Networks ready to run, from a config: frozen once, see nnet.freeze, kept in a cache folder, run by what is fastest there.

That is OpenVINO where it is installed: measured with all networks here it computes as fast as TensorFlow, on processors
with and without AVX-512 and bfloat16, but it starts within half a second, without TensorFlow's import of two, and takes a
third of the memory. It is checked once against the network as it is. Where there is none, where it fails, and where there
is a graphics card, TensorFlow runs the network.
"""
import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile

import numpy as np

from nnet.runtimes import OpenVINO, TensorFlow, openvino_version
from nnet.weights import adopt_weights_skeleton, required
from util.config import with_defaults
from util.processor import computes_bfloat16, has_graphics_card

NETWORK_KEYS = ("net_type", "stride", "mean_pixel", "num_joints", "location_refinement", "pairwise_predict",
                "skip_connections", "intermediate_supervision", "intermediate_supervision_layer")
TOLERANCE = 1e-4  # of the largest value of an output
KEPT = 8  # networks in the cache folder
_TEMPORARY = []  # folders that are deleted when the process ends


def load_networks(cfg, parallel=1):
    """{"maps": Network, "pairwise": Network}, those that the config has, computing in its `precision`: "exact", float32,
    within 1e-4 of the network as it is; "auto", bfloat16 where the processor computes in it, else the same.

    parallel: see nnet.runtimes
    maps: {"inputs": pictures [B, h, w, 3]} -> {"part_prob", ...}, see PoseNet.test; pairwise: {"pairwise_features": as
    maps gave them, "cells": int [N, 3] (place in the batch, row, column)} -> {"offsets": [N, channels]}
    Raises nnet.weights.CheckpointError where the weights are missing or do not fit.
    """
    with_defaults(cfg)
    weights = required(adopt_weights_skeleton(cfg))
    folder = os.path.join(cache_folder(), _digest(cfg, weights))
    bfloat16 = cfg.precision == "auto" and computes_bfloat16()
    if os.path.isdir(folder):
        try:
            with contextlib.suppress(OSError):  # on a disk that is only read
                os.utime(folder)  # the cache keeps what was used last
            return _opened(cfg, folder, bfloat16, parallel)
        except Exception as error:  # whatever a damaged file leads to
            logging.warning("%s is damaged and made anew (%s)", folder, _first_line(error))
            shutil.rmtree(folder, ignore_errors=True)
    return _opened(cfg, _frozen(cfg, folder), bfloat16, parallel)


def cache_folder():
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "pose-tensorflow")


def _digest(cfg, weights):
    """Of all that a frozen network depends on: weights, keys of the config, and the sources of the networks.

    The index of a checkpoint has checksums of all weights.
    """
    code = os.path.dirname(os.path.abspath(__file__))
    sources = [os.path.join(code, name) for name in sorted(os.listdir(code)) if name.endswith(".py")]
    digest = hashlib.sha256(json.dumps([cfg.get(key) for key in NETWORK_KEYS]).encode())
    for path in sources + [weights + ".index" if os.path.exists(weights + ".index") else weights]:
        with open(path, "rb") as stream:
            digest.update(stream.read())
    return digest.hexdigest()[:32]


def _frozen(cfg, folder):
    """Freeze the config's network into `folder`, whole or not at all, or where that cannot be written, into one that lasts
    as long as the process. Returns which."""
    from nnet.freeze import freeze  # TensorFlow takes seconds to load
    parent, damaged = os.path.dirname(folder), os.path.isdir(folder)  # and it cannot be removed
    try:
        os.makedirs(parent, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as temporary:
            new = os.path.join(temporary, "network")
            os.mkdir(new)
            freeze(cfg, new)
            os.rename(new, folder)
        _forget_old(parent)
    except OSError:
        if damaged or not os.path.isdir(folder):  # else another process has made it
            _TEMPORARY.append(tempfile.TemporaryDirectory())
            folder = _TEMPORARY[-1].name
            freeze(cfg, folder)
    return folder


def _forget_old(parent):
    folders = sorted((entry.path for entry in os.scandir(parent) if entry.is_dir()), key=os.path.getmtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _opened(cfg, folder, bfloat16, parallel):
    names = ["maps"] + ["pairwise"] * bool(cfg.pairwise_predict)
    return {name: Network(os.path.join(folder, name), bfloat16, parallel) for name in names}


class Network(object):
    """A frozen network in what runs it: OpenVINO where that can, until it fails, if ever."""

    def __init__(self, path, bfloat16, parallel=1):
        """path: of the network's files, without ending"""
        self._path, self._bfloat16, self._parallel = path, bfloat16, parallel
        with np.load(path + ".npz", allow_pickle=False) as example:
            self._names = [key[len("out_"):] for key in example.files if key.startswith("out_")]
        version = None if has_graphics_card() else openvino_version()
        try:
            if version:
                self._check(version)
            self._running = self._runtime(OpenVINO if version else TensorFlow, bfloat16)
        except Exception as error:  # another's package: nothing that it does shall end a prediction
            self._fall_back(error)

    def run(self, feed, once=False):
        """{name: array} of all inputs -> {name: array} of all outputs; once: see nnet.runtimes"""
        try:
            return self._running.run(feed, once)
        except Exception as error:
            if isinstance(self._running, TensorFlow):
                raise
            self._fall_back(error)
            return self._running.run(feed, once)

    def _runtime(self, kind, bfloat16):
        return kind(self._path + ".pb", self._names, bfloat16, self._parallel)

    def _fall_back(self, error):
        logging.warning("OpenVINO fails (%s): TensorFlow runs the network", _first_line(error))
        self._running = self._runtime(TensorFlow, self._bfloat16)

    def _check(self, version):
        """Raises ValueError where OpenVINO does not compute what the network as it is has computed; each version once."""
        passed = "%s.openvino-%s" % (self._path, version)
        if os.path.exists(passed):
            return
        with np.load(self._path + ".npz", allow_pickle=False) as example:
            found = self._runtime(OpenVINO, False).run({key[len("in_"):]: example[key] for key in example.files
                                                        if key.startswith("in_")})
            for name, value in found.items():
                expected = example["out_" + name]
                if not np.abs(value - expected).max() <= TOLERANCE * np.abs(expected).max():
                    raise ValueError("%s differs from TensorFlow's" % name)
        with contextlib.suppress(OSError):  # where nothing can be written it is checked each time
            with open(passed, "w"):
                pass


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]
