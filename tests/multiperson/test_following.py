"""What a run needs to go on with tracking."""
import os

import numpy as np
import pytest

from multiperson.following import load_state, save_state
from multiperson.motion import PATCH
from multiperson.temporal import Points
from multiperson.tracks import Tracks, empty_tracks

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


def test_no_state(tmp_path):
    path = tmp_path / "a.tracks"
    assert load_state(str(path), b"mine") is None
    save_state(str(path), b"mine", 31, (some_tracks(), 10, 32))
    whole = path.read_bytes()
    for damaged in (b"", b"Dear diary", whole[:len(whole) // 2], whole.replace(b"track_owner", b"track_0wner")):
        path.write_bytes(damaged)
        assert load_state(str(path), b"mine") is None
