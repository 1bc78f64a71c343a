"""The graphs that come along, against the networks that our sources make."""
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from conftest import ROOT
from nnet import beside
from nnet.map_predictor import network_input
from nnet.plain import restored, setup_pose_prediction
from nnet.runtimes import OpenVINO
from nnet.tf import tf
from util.config import cfg_from_file, default_config, find_file

PICTURES = np.random.RandomState(2).randint(0, 256, (1, 60, 90, 3)).astype(np.float32)
CELLS = [[0, 0, 0], [0, 3, 5], [0, 7, 11]]

# sys.argv: path of a config; prints what its network computes for PICTURES, without TensorFlow
PROGRAM = """
import sys; sys.modules["tensorflow"] = None
import numpy as np
from nnet.engine import load_networks
from nnet.map_predictor import network_input
from util.config import cfg_from_file
cfg = cfg_from_file(sys.argv[1])
cfg.precision = "exact"
networks = load_networks(cfg)
given = np.load(sys.argv[2])
found = networks["maps"].run({"inputs": network_input(given["picture"], cfg)})
if "pairwise" in networks:
    found.update(networks["pairwise"].run({"pairwise_features": found["pairwise_features"], "cells": given["cells"]}))
np.savez(sys.argv[2], **found)
"""


@pytest.mark.skipif(OpenVINO.version() is None, reason="there is no OpenVINO")
@pytest.mark.parametrize("model", ["single", "multi"])
def test_a_network_that_comes_along_needs_no_tensorflow(model, tmp_path, monkeypatch):
    """If this fails since a network has changed: python -m nnet.freeze --config models/<model>/test/pose_cfg.yaml"""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config, exchanged = os.path.join(ROOT, "models", model, "test/pose_cfg.yaml"), str(tmp_path / "exchanged.npz")
    np.savez(exchanged, picture=PICTURES[0], cells=CELLS)
    subprocess.check_call([sys.executable, "-c", PROGRAM, config, exchanged], cwd=ROOT)
    found = np.load(exchanged)
    cfg = cfg_from_file(config)
    with tf.Graph().as_default():
        session, inputs, outputs = setup_pose_prediction(cfg)
        for name in ("part_prob", "locref"):  # of the picture as it is
            value = session.run(outputs[name], {inputs: PICTURES})
            np.testing.assert_allclose(found[name][:, :value.shape[1], :value.shape[2]], value, rtol=0,
                                       atol=1e-4 * np.abs(value).max(), err_msg=name)
    with tf.Graph().as_default():
        session, inputs, outputs = restored(cfg, lambda net, inputs: net.test_in_cells(inputs, tf.constant(CELLS)))
        expected = session.run(outputs, {inputs: network_input(PICTURES[0], cfg)})
    if "pairwise_pred" in expected:
        expected["offsets"] = expected.pop("pairwise_pred")
    assert set(found.files) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-4 * np.abs(value).max(), err_msg=name)


def test_they_belong_to_their_weights_and_config(tmp_path):
    cfg = cfg_from_file(os.path.join(ROOT, "models/single/test/pose_cfg.yaml"))
    weights = find_file(cfg, "init_weights")
    assert beside.has_graphs(cfg, weights)
    cfg.mean_pixel = [1.0, 2.0, 3.0]
    assert not beside.has_graphs(cfg, weights)
    cfg.mean_pixel = [127.5, 127.5, 127.5]
    other = str(tmp_path / "other")
    shutil.copytree(beside.graph_folder(weights), beside.graph_folder(other))
    with open(other + ".index", "w") as stream:
        stream.write("other weights")
    assert not beside.has_graphs(cfg, other)
    with open(os.path.join(beside.graph_folder(other), "network.json"), "w") as stream:
        stream.write("{")  # cut short
    assert not beside.has_graphs(cfg, other)


def test_weights_of_8_bits_belong_to_their_weights(tmp_path):
    cfg, weights = default_config(), str(tmp_path / "weights")
    cfg.num_joints = 4
    for name in ("weights.index", "made.xml", "made.bin"):
        (tmp_path / name).write_text(name)
    assert beside.int8_of(cfg, weights) is None
    beside.write_int8(cfg, weights, str(tmp_path / "made"), {"median_px": 0.1})
    assert beside.int8_of(cfg, weights) == {"median_px": 0.1}
    beside.unpack_int8(weights, str(tmp_path / "maps"))
    assert (tmp_path / "maps-int8.bin").read_text() == "made.bin"
    (tmp_path / "weights.index").write_text("trained on")
    assert beside.int8_of(cfg, weights) is None
