"""What gets installed: the files of a wheel, without building one."""
import os
import subprocess

import Cython.Build
import pytest
import setuptools  # noqa: F401 (before distutils, which it brings along)
import distutils.core  # noqa: E402

from conftest import ROOT
from pose_tensorflow import __version__

FOLDERS = ("dataset", "demo", "lib", "models", "multiperson", "nnet", "pose_tensorflow", "util")


@pytest.fixture
def distribution(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(Cython.Build, "cythonize", lambda *_, **__: [])
    return distutils.core.run_setup("setup.py", stop_after="init")


@pytest.fixture
def installed(distribution):
    """Paths of the files that a wheel gets, beside compiled extensions."""
    command = distribution.get_command_obj("build_py")
    command.ensure_finalized()
    return {os.path.relpath(path, command.build_lib) for path in command.get_outputs(include_bytecode=False)}


def test_what_runs_away_from_a_checkout_is_installed(installed):
    assert {"pose_tensorflow/cli.py", "pose_tensorflow/commands/predict.py", "pose_tensorflow/py.typed", "config.py",
            "models/single/mobilenet-v2-fpn-single.data-00000-of-00001", "models/single/test/pose_cfg.yaml",
            "models/single/graph/maps.meta",
            "models/multi/mobilenet-v2-fpn-multi.data-00000-of-00001", "models/multi/test/pose_cfg.yaml",
            "models/multi/pairwise/pairwise_stats.mat", "models/multi/pairwise/spatial_model_cidx_1_2.mat",
            "models/mpii/download_models.sh", "models/fetch.sh", "models/single/calibrate.py", "demo/pose_cfg.yaml",
            "demo/images/skier.jpg", "benchmarks/bench.py", "benchmarks/crowd.npz"} <= installed


def test_it_is_all_that_the_repository_has_and_nothing_else(installed):
    """Not what was downloaded, trained or collected in a checkout."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, universal_newlines=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    there = {path for path in listed.stdout.splitlines() if os.path.isfile(os.path.join(ROOT, path))}
    assert installed <= there
    left_out = {path for path in there - installed if path.startswith(tuple(folder + "/" for folder in FOLDERS))}
    assert {path for path in left_out if not path.startswith("lib/")} == set()


def test_the_version_stands_in_one_place(distribution):
    assert distribution.get_version() == __version__
    with open(os.path.join(ROOT, "CHANGELOG.md"), encoding="utf-8") as stream:
        assert [line for line in stream if line.startswith("## ")][0] == "## %s\n" % __version__


def test_extras(distribution):
    assert {"cpu", "gpu", "tf1", "exact", "serve", "video", "openvino", "onnx", "test", "dev", "docs", "h5"} <= set(
        distribution.extras_require)
