import copy
import itertools

import numpy as np
import pytest

from util.command import UserError
from util.pose_json import keypoints_of, person_entry
from util.pose_smoothing import RESET, filled, smoothed

FPS = 25


def entries_of(ways, tracks=None, scores=None):
    """[(number, entry)] of joints' ways, [people, frames, J, 2], nan where a joint is not there; whoever has none is not
    there either."""
    ways = np.asarray(ways, float)
    pairs = []
    for number in range(ways.shape[1]):
        people = []
        for place, way in enumerate(ways):
            pose = np.column_stack([way[number], np.full(len(way[number]), 0.9)])
            if scores is not None:
                pose[:, 2] = scores[place][number]
            if np.isfinite(pose[:, :2]).any():
                people.append(dict(track=tracks and tracks[place], **person_entry(pose, 0.5)))
        pairs.append((number, {"frame": number, "time": number / FPS, "people": people}))
    return pairs


def ways_of(pairs):
    """[frames, J, 3] of the only person"""
    return np.array([keypoints_of(entry["people"][0]) for _, entry in pairs])


def trembling(size, frames=60):
    """Four joints at rest, `size` px apart, that tremble by 1 % of it; and where they are."""
    still = np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]]) * size + 500
    return still + np.random.RandomState(0).standard_normal((frames, 4, 2)) * size * 0.01, still


def test_trembling_goes():
    way, still = trembling(100)
    pairs = entries_of([way])
    before = copy.deepcopy(pairs)
    found = ways_of(smoothed(pairs, 0.2))
    assert pairs == before
    assert np.diff(found[5:, :, 0], axis=0).std() < 0.35 * np.diff(way[5:, :, 0], axis=0).std()
    assert abs(found[20:, :, :2].mean(axis=0) - still).max() < 0.5 and (found[..., 2] == 0.9).all()
    np.testing.assert_allclose(found[0, :, :2], way[0], atol=1e-4)


def test_large_and_small_people_are_treated_alike():
    large, small = (ways_of(smoothed(entries_of([trembling(size)[0]]), 0.2))[..., :2] - 500 for size in (400, 100))
    np.testing.assert_allclose(large, 4 * small, atol=1e-3)


def test_who_moves_does_not_lag():
    way, _ = trembling(100)
    way = way + np.arange(60)[:, None, None] * [4.0, 0]  # 4 % of the size a frame
    found = ways_of(smoothed(entries_of([way]), 0.2))
    assert 0 < (way - found[..., :2])[20:, :, 0].mean() < 2
    slow = ways_of(smoothed(entries_of([way]), 0.2, beta=0.0))
    assert (way - slow[..., :2])[20:, :, 0].mean() > 10


def test_tracks_do_not_mix_and_start_anew():
    """The second one is somewhere else after half a second; a joint that scores low stays where it is."""
    first, _ = trembling(100)
    second = first + 1000
    second[20:20 + int(RESET * FPS) + 1] = np.nan
    second[20 + int(RESET * FPS) + 1:] += 300
    pairs = list(smoothed(entries_of([first, second], [3, 8]), 0.2))
    alone = ways_of(smoothed(entries_of([first]), 0.2))
    np.testing.assert_array_equal([keypoints_of(entry["people"][0]) for _, entry in pairs], alone)
    np.testing.assert_allclose(keypoints_of(pairs[33][1]["people"][1])[:, :2], second[33], atol=1e-4)
    scores = np.full((1, 60, 4), 0.9)
    scores[0, 30, 1] = 0.1
    low = ways_of(smoothed(entries_of([first], scores=scores), 0.2))
    np.testing.assert_allclose(low[30, 1], np.append(first[30, 1], 0.1), atol=1e-4)


def test_times_that_stand_still():
    pairs = entries_of([trembling(100)[0]])
    for _, entry in pairs:
        entry["time"] = 1.0
    assert np.isfinite(ways_of(smoothed(pairs, 0.2))).all()


def line(*gaps):
    """Two joints of a person that move 10 px a frame, ten frames; one or both are not there in gaps (joints, frames)."""
    way = np.stack([np.column_stack([10.0 * np.arange(10), np.full(10, y)]) for y in (5, 7)], axis=1)
    for joints, frames in gaps:
        for joint, frame in itertools.product(joints, frames):
            way[frame, joint] = np.nan
    return way


def test_joints_are_filled():
    pairs = list(filled(entries_of([line(([1], [3, 4]))]), 2, 0.2))
    for number in (3, 4):
        assert pairs[number][1]["people"][0]["keypoints"] == [[10.0 * number, 5.0, 0.9], [10.0 * number, 7.0, None]]
    assert [number for number, _ in pairs] == list(range(10))
    np.testing.assert_array_equal(ways_of(pairs)[..., :2], line())
    assert np.isnan(ways_of(pairs)[..., 2]).sum() == 2


def test_people_are_filled():
    other = line() + [0, 100]
    pairs = list(filled(entries_of([line(([0, 1], [3, 4, 5])), other], [2, 7]), 3, 0.2))
    for number, entry in pairs:
        people = {person["track"]: person for person in entry["people"]}
        gap = number in (3, 4, 5)
        assert people[2]["score"] == (None if gap else 0.5)
        assert people[2]["keypoints"] == [[10.0 * number, y, None if gap else 0.9] for y in (5.0, 7.0)]


def test_longer_gaps_stay_and_ends_too():
    pairs = entries_of([line(([0], [0, 9]), ([1], [3, 4, 5]))])
    assert list(filled(pairs, 2, 0.2)) == pairs
    assert list(filled(pairs, 3, 0.2)) != pairs


def test_what_scores_low_is_filled():
    scores = np.full((1, 10, 2), 0.9)
    scores[0, 4, 0] = 0.1
    pairs = list(filled(entries_of([line()], scores=scores), 1, 0.2))
    assert pairs[4][1]["people"][0]["keypoints"][0] == [40.0, 5.0, None]


def test_no_more_is_held_back_than_need_be():
    taken = []

    def pairs():
        for pair in entries_of([line()]):
            taken.append(pair)
            yield pair

    for number, (_, entry) in enumerate(filled(pairs(), 3, 0.2)):
        assert len(taken) <= number + 4 and entry["frame"] == number
    assert len(taken) == 10


def test_several_people_without_tracks():
    pairs = entries_of([line(), line()])
    for step in (smoothed(pairs, 0.2), filled(pairs, 2, 0.2)):
        with pytest.raises(UserError, match="frame 0 shows several people who have no track"):
            list(step)
