"""The command `pose`."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
import scipy.io

import util.logging
from conftest import ROOT
from dataset import coco_report
from demo import command as demo_command
from demo import singleperson, video
from multiperson import testing
from nnet import training
from nnet.export import FORMATS as EXPORT_FORMATS
from pose_tensorflow import __version__, cli
from pose_tensorflow.commands import download, export
from util.config import PROJECT

SKIER, JUMPING = (os.path.join(ROOT, "demo/images", name + ".jpg") for name in ("skier", "skateboarder_jumping"))


@pytest.fixture
def pose(tmp_path, monkeypatch, capsys):
    """(words) -> (exit status, stdout, stderr) of the command, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["pose"] + [str(word) for word in words])
        try:
            cli.main()
            code = 0
        except SystemExit as error:
            code = error.code or 0
            if isinstance(code, str):  # as the interpreter does
                print(code, file=sys.stderr)
                code = 1
        return (code,) + tuple(capsys.readouterr())
    return run


def test_help_names_all_commands(pose):
    code, out, _ = pose("--help")
    assert code == 0 and all(re.search("^    %s +%s" % (name, command.summary), out, re.M)
                             for name, command in cli.COMMANDS.items())
    assert pose()[0] == 2 and "commands:" in pose()[2]
    assert pose("--version")[1] == "pose-tensorflow %s\n" % __version__


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_each_command(pose, name):
    code, out, _ = pose(name, "--help")
    assert code == 0 and out.startswith("usage: pose %s " % name) and "    pose %s" % name in out


def test_command_lines_that_are_wrong(pose):
    assert pose("trian")[::2] == (2, "usage: pose [--verbose] COMMAND ...\n"
                                     "pose: error: there is no command 'trian'; the nearest is 'train'\n")
    assert pose("predict", "--surprise")[0] == pose("--surprise")[0] == pose("predict", "--single", "--multi")[0] == 2


def test_failures_are_one_line(pose, monkeypatch):
    assert pose("predict", "nowhere.jpg") == (1, "", "pose predict: there is no nowhere.jpg\n")
    assert pose("train")[::2] == (1, "pose train: cannot read %s (No such file or directory)\n"
                                   % os.path.abspath("pose_cfg.yaml"))
    monkeypatch.setattr(demo_command, "write_pictures", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(singleperson, "make_finder", lambda cfg: (None, None, None))
    assert pose("predict", SKIER, "--single")[::2] == (
        1, "pose predict: ZeroDivisionError: division by zero (--verbose shows where)\n")
    with pytest.raises(ZeroDivisionError):
        pose("predict", SKIER, "--single", "--verbose")


def test_it_starts_without_large_modules(tmp_path):
    for words in (["--help"], ["predict", "--help"]):
        code = "import sys; sys.argv[1:] = %r\nfrom pose_tensorflow import cli\ntry: cli.main()\nexcept SystemExit: pass\n" \
               "sys.exit(bool({'tensorflow', 'numpy'} & set(sys.modules)))" % words
        assert subprocess.call([sys.executable, "-c", code], stdout=subprocess.DEVNULL,
                               env=dict(os.environ, PYTHONPATH=ROOT)) == 0


def test_one_person_as_the_demo_has_it(pose, monkeypatch):
    """A folder and a picture, one of them broken."""
    os.mkdir("pictures")
    shutil.copy(SKIER, "pictures")
    with open("broken.png", "w") as stream:
        stream.write("no picture")
    code, _, err = pose("predict", "pictures", JUMPING, "broken.png", "--single", "--json", "mine.json")
    assert code == 1 and err.startswith("pose predict: cannot read the image broken.png")
    monkeypatch.setattr(sys, "argv", ["singleperson.py", os.path.join("pictures", "skier.jpg"), JUMPING])
    monkeypatch.setattr(demo_command, "choose_config", lambda path, published, shipped: demo_command.cfg_from_file(
        os.path.join(ROOT, shipped)))
    demo_command.run("", "", "models/single/test/pose_cfg.yaml", None, singleperson.make_finder)
    mine, demo = (json.load(open(path)) for path in ("mine.json", "out/poses.json"))
    assert mine == demo and len(mine["images"]) == 2 and os.path.exists("out/skier_pose.png")


def test_several_people(pose, two_skateboarders):
    assert pose("predict", two_skateboarders, "--out", "found")[0] == 0
    with open("found/poses.json") as stream:
        image, = json.load(stream)["images"]
    assert len(image["people"]) == 2 and len(image["people"][0]["keypoints"]) == 17


def test_videos_go_to_pose_video(pose, monkeypatch):
    with open("street.mp4", "wb") as stream:
        stream.write(b"frames")
    calls = []
    monkeypatch.setattr(video, "main", lambda: calls.append(list(sys.argv)))
    assert pose("predict", "street.mp4", "--single", "--weights", "snapshot-9")[0] == 0
    assert calls == [["pose predict", "street.mp4", "--weights", "snapshot-9", "--out", "out", "--single"]]


def test_train(pose, dots, write_config, monkeypatch):
    calls = []
    monkeypatch.setattr(training, "train", lambda cfg, restart: calls.append((cfg.config_file, restart)))
    monkeypatch.setattr(util.logging, "setup_logging", lambda *_: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    os.rename(write_config(dots[0]), "other.yaml")
    assert pose("train", "other.yaml", "--restart")[0] == 0 and calls == [("other.yaml", True)]


def test_evaluate_one_person(pose, dots, write_config, random_weights):
    write_config(dots[0])
    code, out, _ = pose("eval", "--weights", random_weights, "--worst", 1)
    assert code == 0 and "a & b & c & total & pooled" in out and "im" in out.splitlines()[-1]
    assert scipy.io.loadmat("out/predictions.mat")["joints"].shape == (1, 6) and os.listdir("out") == ["predictions.mat"]
    assert "a & b & c" in pose("eval", "--predictions", "out/predictions.mat")[1]


def test_evaluate_several_people(pose, monkeypatch):
    """The config says which of the two it is."""
    calls = []
    monkeypatch.setattr(testing, "predict_people", lambda cfg, out, draw: (os.path.join(out, "predictions.json"), 3))
    monkeypatch.setattr(coco_report, "print_precision", lambda cfg, path: calls.append(path))
    config = os.path.join(ROOT, "models/multi/test/pose_cfg.yaml")
    assert pose("eval", config)[0] == pose("eval", config, "--predictions", "other.json")[0] == 0
    assert calls == [os.path.join("out", "predictions.json"), "other.json"]


def test_convert_and_check(pose, dots, write_config):
    folder, _ = dots
    write_config(folder)
    assert pose("check", "pose_cfg.yaml")[0] == 0
    assert pose("convert", "dataset.mat", "labels.json")[0] == 0 and os.path.exists("labels.json")


def test_export_knows_the_formats():
    assert export.FORMATS == tuple(EXPORT_FORMATS)


def test_download_runs_the_scripts(pose, monkeypatch):
    assert all(os.path.exists(os.path.join(PROJECT, script)) for script in download.SCRIPTS.values())
    monkeypatch.setattr(subprocess, "call", lambda words: int("coco" in words[1]))
    assert pose("download", "mpii")[:2] == (0, "mpii: in %s\n" % os.path.join(PROJECT, "models/mpii"))
    assert pose("download", "coco")[::2] == (1, "pose download: coco was not downloaded\n")
    assert pose("download", "all")[0] == 2


def completions(line, tmp_path):
    """What the command offers a shell."""
    path = str(tmp_path / "offered")
    keys = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": " ", "_ARGCOMPLETE_STDOUT_FILENAME": path,
            "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    subprocess.call([sys.executable, "-m", "pose_tensorflow"],
                    env=dict(os.environ, PYTHONPATH=os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")]), **keys))
    with open(path) as stream:
        return stream.read().split()


def test_completion(tmp_path):
    pytest.importorskip("argcomplete")
    assert completions("pose pre", tmp_path) == ["predict"]
    assert set(completions("pose predict --s", tmp_path)) == {"--single", "--show"}
    assert completions("pose export --format sa", tmp_path) == ["saved_model"]
