import json
import os
import runpy
import sys

import numpy as np
import pytest

from conftest import DOTS, ROOT
from dataset.maps import pairwise_px
from dataset.pairwise_stats import load_pairwise_stats, pair_order, save_pairwise_stats, stats_arrays
from nnet import export as exporting
from nnet.export import FORMATS, describe, export
from nnet.predict import setup_pose_prediction
from nnet.tf import tf
from util.command import UserError
from util.config import cfg_from_file, default_config


@pytest.fixture
def cfg(dots, write_config, random_weights, monkeypatch):
    monkeypatch.chdir(dots[0])
    return cfg_from_file(write_config(dots[0], init_weights=random_weights))


def skip_without(packages, name):
    if name == "tflite" and tf.__version__.startswith("1."):
        pytest.skip("TensorFlow 1.15 cannot write it")
    for package in packages:
        pytest.importorskip(package)


@pytest.mark.parametrize("name", list(FORMATS))
def test_what_was_written_computes_the_same(name, cfg):
    """For another size and number of pictures than those that it was checked on."""
    skip_without(FORMATS[name].packages, name)
    path, differences = export(cfg, name, "out")
    assert set(differences) == {"part_prob", "locref"} and max(differences.values()) < 1e-4
    pictures = np.random.RandomState(0).randint(0, 256, (1, 70, 101, 3)).astype(np.float32)
    with tf.Graph().as_default():
        session, inputs, outputs = setup_pose_prediction(cfg)
        expected = session.run(outputs, {inputs: pictures})
    found = FORMATS[name].run(path, pictures)
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=0, atol=1e-4, err_msg=key)


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.int8_packages is not None])
def test_int8(name, cfg):
    skip_without(FORMATS[name].packages + FORMATS[name].int8_packages, name)
    path, differences = export(cfg, name, "out", int8=True)
    assert os.path.basename(path).startswith("pose_int8.") and 1e-4 < differences["part_prob"] < 0.2


def test_formats_without_int8(cfg):
    with pytest.raises(UserError, match="saved_model has no int8 here; openvino and tflite have"):
        export(cfg, "saved_model", "out", int8=True)


@pytest.mark.skipif(not tf.__version__.startswith("1."), reason="TensorFlow 2 can")
def test_tflite_needs_tensorflow_2(cfg):
    with pytest.raises(UserError, match="tflite needs TensorFlow 2"):
        export(cfg, "tflite", "out")


def test_a_missing_package_is_named(cfg, monkeypatch):
    monkeypatch.setitem(sys.modules, FORMATS["onnx"].packages[0], None)
    with pytest.raises(UserError, match=r'onnx needs the package onnx .*: pip install -e "\.\[onnx\]"'):
        export(cfg, "onnx", "out")


def test_nothing_is_left_where_outputs_differ(cfg, monkeypatch):
    right = FORMATS["saved_model"]
    wrong = right._replace(run=lambda path, pictures: {k: v + 0.01 for k, v in right.run(path, pictures).items()})
    monkeypatch.setitem(exporting.FORMATS, "saved_model", wrong)
    with pytest.raises(UserError, match="part_prob of the saved_model file differs by 0.01"):
        export(cfg, "saved_model", "out")
    assert not os.path.exists("out")


def call_script(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["export.py"] + list(args))
    runpy.run_path(os.path.join(ROOT, "export.py"), run_name="__main__")


def test_the_script(cfg, monkeypatch, capsys):
    for _ in range(2):  # the second time in place of the first
        call_script(monkeypatch, "--out", "out")
    printed = capsys.readouterr().out
    assert "locref: largest difference" in printed and printed.endswith("wrote out/saved_model\n")
    assert sorted(os.listdir("out")) == ["pose.json", "saved_model"]
    with open("out/pose.json") as stream:
        described = json.load(stream)
    assert described["joint_names"] == ["a_1", "a_2", "b", "c"] and described["mean_pixel"] == [127.0] * 3
    assert described["stride"] == 8.0 and described["locref_stdev"] == 7.2801 and "pairwise" not in described
    assert list(described["outputs"]) == ["part_prob", "locref"]


def test_an_unknown_format(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        call_script(monkeypatch, "--format", "onxx")
    assert "invalid choice: 'onxx'" in capsys.readouterr().err


@pytest.mark.parametrize("formula_order", [True, False])
def test_pairwise_offsets_can_be_read_with_the_json(formula_order, tmp_path):
    rng = np.random.RandomState(0)
    cfg = default_config()
    cfg.update(DOTS, pairwise_predict=True, tensorflow_pairwise_order=formula_order,
               pairwise_stats_fn=str(tmp_path / "stats.mat"))
    pairs = [(a, b) for a in range(4) for b in range(4) if a != b]
    rng.shuffle(pairs)
    first = 0 if formula_order else 1
    save_pairwise_stats(cfg.pairwise_stats_fn, {(a + first, b + first): {"mean": rng.randn(2), "std": 1 + rng.rand(2)}
                                                for a, b in pairs})
    listed = describe(cfg, ["part_prob", "pairwise_pred"])["pairwise"]
    raw = rng.randn(24)
    stats = load_pairwise_stats(cfg)
    expected = pairwise_px(raw, stats_arrays(stats, 4), pair_order(stats, cfg))
    for pair, offset in zip(listed, raw.reshape(12, 2)):
        place = [(a, b) for a in range(4) for b in range(4) if a != b].index((pair["from"], pair["to"]))
        np.testing.assert_allclose(offset * pair["std"] + pair["mean"], expected[place])
