"""What a run needs to go on with tracking."""
import itertools
import os
from typing import NamedTuple

import numpy as np
import pytest

from demo import video_poses
from multiperson.following import load_state, save_state
from multiperson.motion import PATCH
from multiperson.temporal import Points
from multiperson.tracks import Tracks, empty_tracks
from util.pose_lines import PoseLines

pytest.importorskip("cv2")


def some_tracks():
    """Two tracks with three points."""
    rng = np.random.RandomState(0)
    looks = rng.rand(3, PATCH ** 2).astype(np.float32), rng.rand(3, 3).astype(np.float32)
    points = Points(np.array([0, 4, 2]), rng.rand(3, 2), rng.rand(3), rng.rand(3), *looks, np.array([0, 3, 1]), rng.rand(3))
    values = dict(number=np.array([4, 9]), velocity=rng.rand(2, 2), absent=np.array([0, 2]), seen=np.array([7, 3]),
                  life=np.array([7, 6]), points=points, owner=np.array([0, 0, 1]))
    return empty_tracks()._replace(**values)


@pytest.mark.parametrize("tracks", [some_tracks(), empty_tracks()])
def test_a_state_comes_back_as_it_was(tmp_path, tracks):
    path = str(tmp_path / "a.tracks")
    save_state(path, b"mine", 31, (tracks, 10, 32))
    number, (found, following, count) = load_state(path, b"mine")
    assert load_state(path, b"yours") is None
    assert (number, following, count) == (31, 10, 32) and isinstance(found, Tracks) and isinstance(found.points, Points)
    for before, after in zip(tracks._replace(points=0) + tracks.points, found._replace(points=0) + found.points):
        np.testing.assert_array_equal(before, after)
        assert np.asarray(before).dtype == np.asarray(after).dtype
    assert os.listdir(str(tmp_path)) == ["a.tracks"]


class Frame(NamedTuple):
    number: int
    image: object = None
    time: float = 0.0


class Followed(NamedTuple):
    frame: Frame
    then: tuple
    people: tuple = ()
    numbers: tuple = ()
    solution: object = None


class InGroups(object):
    """In place of a Follower; remembers in which groups frames came."""

    parallel, batch = 1, 4

    def __init__(self):
        self.groups, self.started = [], None

    def keyed(self, frames):
        return ((frame, None) for frame in frames)

    def start(self, image, then):
        self.started = then

    def detect(self, keyed):
        self.groups.append([frame.number for frame, _ in keyed])
        return keyed

    def follow(self, detected):
        return (Followed(frame, (empty_tracks(), 0, frame.number)) for frame, _ in detected)


def test_who_goes_on_begins_with_a_whole_group(tmp_path, monkeypatch):
    """What is found may differ in the last bits by what else is in a batch."""
    monkeypatch.setattr(video_poses, "SAVED_EVERY", 5)
    lines, state = str(tmp_path / "a.jsonl"), str(tmp_path / "a.tracks")
    follower = InGroups()
    with PoseLines(lines, {}) as poses:
        entries = video_poses.Following(follower, state).entries(map(Frame, range(30)), poses)
        assert [entry["frame"] for _, entry in itertools.islice(entries, 19)] == list(range(19))
    whole = [list(range(start, start + 4)) for start in range(0, 30, 4)]
    assert follower.groups[:4] == whole[:4] and load_state(state, poses.header)[0] == 15
    follower = InGroups()
    with PoseLines(lines, {}) as poses:
        entries = video_poses.Following(follower, state).entries(map(Frame, range(30)), poses)
        assert [entry["frame"] for _, entry in entries] == list(range(30))
    assert follower.started[2] == 15 and follower.groups == whole[4:7] + [[28, 29]]


def test_no_state(tmp_path):
    path = tmp_path / "a.tracks"
    assert load_state(str(path), b"mine") is None
    save_state(str(path), b"mine", 31, (some_tracks(), 10, 32))
    whole = path.read_bytes()
    for damaged in (b"", b"Dear diary", whole[:len(whole) // 2], whole.replace(b"track_owner", b"track_0wner")):
        path.write_bytes(damaged)
        assert load_state(str(path), b"mine") is None
