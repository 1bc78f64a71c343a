"""demo/video.py, killed at random moments while it tracks `crossing` of benchmarks/demo_sequences.py, and started again.

POSE_KILLED_RUNS=20 python -m pytest tests/test_video_resumed.py    # so many runs, each killed twice; else one
"""
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import yaml

from benchmarks.demo_sequences import crossing
from conftest import ROOT
from dataset.sequences import FPS
from util.image import resize
from util.pose_lines import load_pose_lines
from util.video import writing_video

pytest.importorskip("av")
pytest.importorskip("cv2")

RUNS, KILLS, COUNT = int(os.environ.get("POSE_KILLED_RUNS", 1)), 2, 24  # COUNT: frames, the first of `crossing`
COMMAND = """
import sys
from demo import video, video_poses
video_poses.SAVED_EVERY = 5  # of 24 frames, instead of 25 of a whole video
video.main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With crossing.mp4, small; pose_cfg.yaml, of the shipped weights at one small size; whole.jsonl, never broken off."""
    path = tmp_path_factory.mktemp("resumed")
    with writing_video(str(path / "crossing.mp4"), FPS) as writer:
        for frame in crossing():
            writer.write(resize(frame.image(), 0.5), frame.time)
    with open(os.path.join(ROOT, "models/multi/video/pose_cfg.yaml")) as stream:
        settings = yaml.safe_load(stream)
    for key in ("init_weights", "pairwise_stats_fn", "pairwise_model_dir"):
        settings[key] = os.path.normpath(os.path.join(ROOT, "models/multi/video", settings[key]))
    settings.update(test_sizes=[256], track_min_frames=3, track_window=2)
    (path / "pose_cfg.yaml").write_text(yaml.safe_dump(settings))
    assert start(path, "whole").wait() == 0
    return path


def start(folder, name):
    """The process that writes NAME.jsonl."""
    arguments = "crossing.mp4 --config pose_cfg.yaml --end %g --json %s.jsonl --out %s" % (COUNT / FPS, name, name)
    return subprocess.Popen([sys.executable, "-c", COMMAND] + arguments.split(), cwd=str(folder),
                            env=dict(os.environ, PYTHONPATH=ROOT), stderr=subprocess.DEVNULL)


def kill_when(process, path, size, delay):
    """Kill it so many seconds after the file has so many bytes -> whether it was still running."""
    while process.poll() is None and (not path.exists() or path.stat().st_size < size):
        time.sleep(0.002)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("run", range(RUNS))
def test_killed_and_started_again(folder, run):
    """The same lines, byte for byte."""
    rng, name = random.Random(run), "run%d" % run
    whole, path = (folder / "whole.jsonl").read_bytes(), folder / (name + ".jsonl")
    sizes = sorted(rng.uniform(0, 0.95) * len(whole) for _ in range(KILLS))
    killed = [kill_when(start(folder, name), path, size, rng.uniform(0, 0.05)) for size in sizes]
    assert any(killed)
    assert start(folder, name).wait() == 0
    assert path.read_bytes() == whole


def test_there_is_something_to_compare(folder):
    _, entries = load_pose_lines(str(folder / "whole.jsonl"))
    assert [entry["frame"] for entry in entries] == list(range(COUNT))
    assert all([person["track"] for person in sorted(entry["people"], key=lambda one: one["track"])] == [0, 1]
               for entry in entries[:10])
