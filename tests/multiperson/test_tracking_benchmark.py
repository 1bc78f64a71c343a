"""What benchmarks/tracking.py compares with, and how it measures."""
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.tracking import Baseline, joint_hits, match_people
from conftest import ROOT
from dataset.sequences import LabelledFrame
from scripts import run
from test_tracking import GREY, config, graph_of
from util.skeleton import COCO, Skeleton

pytest.importorskip("cv2")
THREE = Skeleton.from_names(["head", "hip", "foot"], [[0, 1], [1, 2]])  # 60 px tall: REACH is 28.8 px


def followed(frames):
    """frames: lists of people's places -> for each {x of the middle joint: number}"""
    baseline = Baseline(config(track_min_frames=2), THREE)
    for people in frames:
        baseline.add(GREY, SimpleNamespace(graph=graph_of(people), completed=lambda people: people))
    return [{round(pose[1, 0]): track for pose, track in zip(*frame)} for frame in baseline.finish()]


def test_the_nearest_are_matched():
    assert followed([[(20, 50), (100, 50)], [(110, 50), (30, 50)], [(120, 50), (40, 50)]]) == [
        {20: 0, 100: 1}, {110: 1, 30: 0}, {120: 1, 40: 0}]


@pytest.mark.parametrize("step, gap, same", [(28, 0, True), (30, 0, False), (0, 4, True), (0, 5, False)])
def test_not_too_far_and_not_too_long_ago(step, gap, same):
    found = followed([[(50, 50)]] * 2 + [[]] * gap + [[(50 + step, 50)]] * 2)
    assert found[0] == {50: 0} and found[-1] == {50 + step: 0 if same else 1}


def test_who_is_seen_once_is_not_reported():
    assert followed([[(20, 50)], [(20, 50), (100, 50)]]) == [{20: 0}, {20: 0}]


def test_matches_and_joints():
    """The second one's shoulder is off by a torso, the third one was not found."""
    body = np.column_stack([np.arange(17), np.linspace(0, 30, 17), np.linspace(0, 100, 17)])
    people = [body + [0, 100 * place, 0] for place in range(3)]
    frame = LabelledFrame(None, people, [4, 5, 6], 0.0)
    poses = np.stack([np.column_stack([person[:, 1:], np.ones(17)]) for person in people[1::-1]])
    poses[0, 6, 1] += 60
    matching = match_people(frame, poses, [8, 9], COCO)
    assert np.isfinite(matching.distances).tolist() == [[False, True], [True, False], [False, False]]
    hits, somebody = joint_hits(frame, poses, matching, COCO)
    assert hits.sum(axis=1).tolist() == [17, 16, 0] and not hits[1, 6] and somebody.tolist() == [True, True, False]


def test_the_command_needs_what_is_installed_and_no_more(monkeypatch):
    """Python finds modules beside a script, and installed ones; this project's scripts are neither."""
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder not in ("", ROOT)])
    monkeypatch.delitem(sys.modules, "eval_tracking", raising=False)
    done = run("benchmarks/tracking.py", "--help")
    assert done.returncode == 0, done.stderr
