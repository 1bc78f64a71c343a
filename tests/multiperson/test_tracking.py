"""People of three joints, of whom the detections are given, before a background that shows nothing: no motion is seen."""
from types import SimpleNamespace

import numpy as np
import pytest

from multiperson import tracking
from multiperson.graph import Graph
from multiperson.pairwise import PairModel
from multiperson.tracking import Tracker
from util.config import default_config

pytest.importorskip("cv2")

UNIT = 5.0  # px
BODY = np.array([[0.0, -30], [0, 0], [0, 30]])  # of joints 0, 1 and 2
GREY = np.full((120, 160, 3), 127, np.uint8)
# Sure at distance 0, undecided at 4 units; nothing else counts.
NEARER_IS_SURER = PairModel(np.zeros(9), np.ones(9), np.array([-1.0, 0, 0, 0, 0, 0, 0, 0, 0, 4]))


def config(**changes):
    cfg = default_config()
    cfg.update(num_joints=3, pairwise_relative=True, person_min_joints=2, track_window=2, track_max_gap=10, track_min_frames=2)
    cfg.update(changes)
    return cfg


def graph_of(people, score=0.8):
    """The Graph of people at places [2] px, in any order: joints of one body are surely one person's, of two surely not."""
    joint = np.repeat(np.arange(3), len(people))
    owner = np.tile(np.arange(len(people)), 3)
    position = np.array([np.array(people[who]) + BODY[j] for j, who in zip(joint, owner)], float).reshape(-1, 2)
    start, end = np.triu_indices(len(joint), 1)
    probability = np.where(owner[start] == owner[end], 0.99, 0.01)
    return Graph(joint, position, np.full(len(joint), score), np.column_stack([start, end]).astype(np.int64), probability)


def tracked(cfg, frames, then=None, first=0):
    """frames: a list of people's places each -> {frame: [(number, x of the middle joint)] by number}, and TrackedFrames"""
    tracker, found = Tracker(cfg, NEARER_IS_SURER), []
    if then is not None:
        tracker.start(GREY, then)
    for number, people in enumerate(frames, first):
        graph = graph_of(people)
        found += tracker.add(number, GREY, graph, np.full(len(graph.joint), UNIT))
    found += tracker.finish()
    assert [one.frame for one in found] == list(range(first, first + len(frames)))
    return {one.frame: sorted((number, round(person.keypoints[1, 0], 6)) for number, person in zip(one.numbers, one.people))
            for one in found}, found


def walking(start, speed, y, count):
    return [(start + speed * time, y) for time in range(count)]


@pytest.mark.parametrize("window", [1, 2, 3])
def test_people_keep_their_numbers_whatever_their_order(window):
    left, right = walking(20, 3, 50, 20), walking(80, -3, 70, 20)
    frames = [[a, b] if time % 2 else [b, a] for time, (a, b) in enumerate(zip(left, right))]
    found, _ = tracked(config(track_window=window), frames)
    ways = {number: [dict(found[time])[number] for time in range(20)] for number in (0, 1)}
    assert sorted(map(tuple, ways.values())) == sorted([tuple(x for x, _ in left), tuple(x for x, _ in right)])


def test_somebody_out_of_sight_is_expected_where_they_were_going():
    way = walking(10, 4, 50, 30)
    frames = [[place] if not 10 <= time < 20 else [] for time, place in enumerate(way)]
    found, _ = tracked(config(), frames)
    assert all(found[time] == ([] if 10 <= time < 20 else [(0, way[time][0])]) for time in range(30))


def test_who_is_covered_does_not_go_along_with_whoever_covers_them(monkeypatch):
    """Who walks in front goes the other way, fast, and takes the optical flow along."""
    way, hidden = walking(90, 4, 50, 16), range(10, 13)
    steps = iter([4 if time not in hidden else -80 for time in range(16)])

    def flow(before, after):
        step = next(steps)
        return SimpleNamespace(carry=lambda points: (points + [step, 0], np.zeros(len(points))))

    monkeypatch.setattr(tracking, "Motion", flow)
    found, _ = tracked(config(track_window=1), [[] if time in hidden else [place] for time, place in enumerate(way)])
    assert found[15] == [(0, way[15][0])]


def test_who_is_gone_too_long_comes_back_as_somebody_else():
    frames = [[(50, 50)]] * 5 + [[]] * 11 + [[(50, 50)]] * 5
    found, _ = tracked(config(), frames)
    assert found[4] == [(0, 50)] and found[16] == [(1, 50)]


def test_who_is_seen_too_seldom_is_not_reported_and_others_from_their_first_frame_on():
    frames = [[(50, 50)], [(50, 50), (120, 50)], [(50, 50)], [(50, 50)]]
    found, _ = tracked(config(), frames)
    assert all(people == [(0, 50)] for people in found.values())


def test_it_goes_on_after_any_frame_as_if_it_had_not_been_stopped():
    left, right = walking(20, 3, 50, 20), walking(80, -3, 70, 20)
    frames = [[a, b] if time % 4 else [b] for time, (a, b) in enumerate(zip(left, right))]
    cfg = config(track_window=3, track_min_frames=3)
    whole, decided = tracked(cfg, frames)
    for time in (0, 7, 19):
        rest, _ = tracked(cfg, frames[time + 1:], decided[time].then, time + 1)
        assert rest == {later: whole[later] for later in range(time + 1, 20)}


def test_two_parts_of_a_person_that_were_taken_for_two_become_one():
    cfg = config(track_window=1, person_min_joints=1)
    tracker = Tracker(cfg, NEARER_IS_SURER)
    parted = graph_of([(50, 50)])
    parted = parted._replace(edge_probability=np.where((parted.edges == 0).any(axis=1), 0.01, 0.99))
    units = np.full(3, UNIT)
    found = [one for graph in [parted] * 3 + [graph_of([(50, 50)])] * 3 for one in tracker.add(None, GREY, graph, units)]
    found += tracker.finish()
    assert [len(one.people) for one in found] == [2, 2, 2, 1, 1, 1]
    assert found[3].numbers == found[5].numbers == [0] and found[5].people[0].visibility.all()


def test_windows_report_how_good_they_are():
    _, found = tracked(config(), [[(50, 50)]] * 4)
    for one in found:
        assert one.solution.objective < 0 and one.solution.gap == 0 and one.solution.lower_bound <= one.solution.objective + 1e-9


def test_nobody_at_all():
    found, _ = tracked(config(), [[]] * 4)
    assert found == {0: [], 1: [], 2: [], 3: []}


def test_who_flickers_at_first_is_known_later():
    frames = [[(50, 50)] if time in (0, 2, 3, 6, 7) else [] for time in range(8)]
    found, decided = tracked(config(track_min_frames=1), frames)
    assert [found[time] for time in (0, 2, 3, 6, 7)] == [[(0, 50)]] * 5
    assert np.isfinite(decided[-1].then[0].velocity).all()


def test_a_track_that_was_another_one_outlives_it():
    """Somebody returns, is taken for somebody new at first, and both tracks end."""
    frames = [[(x, 50)] for x in (50, 50, 50, 98, 86, 74, 62, 50)] + [[]] * 12
    found, _ = tracked(config(track_window=1, track_max_gap=5, track_min_frames=3), frames)
    assert found[0] == [(0, 50)] and found[7] and found[19] == []


def test_a_video_shorter_than_what_is_asked_of_people_still_has_some():
    found, _ = tracked(config(track_min_frames=8), [[(50, 50)]] * 4)
    assert all(people == [(0, 50)] for people in found.values())
