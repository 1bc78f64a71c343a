"""Two sequences of benchmarks/demo_sequences.py, followed with the shipped weights; benchmarks/tracking.py tells of the third."""
import os
from functools import lru_cache

import pytest

from benchmarks.demo_sequences import crossing, hidden
from benchmarks.tracking import Solver, match_people, matches
from conftest import ROOT
from multiperson.frames import FramePredictor
from util.config import cfg_from_file
from util.skeleton import COCO
from util.tracking_score import POOLED, scores

pytest.importorskip("cv2")
pytest.importorskip("motmetrics")



@pytest.fixture(scope="module")
def follow():
    """Function from one of the sequences to a util.tracking_score.Matching of each frame with the people followed there."""
    cfg = cfg_from_file(os.path.join(ROOT, "models/multi/video/pose_cfg.yaml"))
    predictor = FramePredictor(cfg)

    @lru_cache(None)
    def matchings(sequence):
        frames, solver = sequence(), Solver(cfg, COCO)
        for frame in frames:
            image = frame.image()
            solver.add(image, predictor.graph(image))
        return [match_people(frame, poses, tracks, COCO) for frame, (poses, tracks) in zip(frames, solver.finish())]

    return matchings


def numbers(matchings):
    """{true track: numbers that it was given, in this order, each once}"""
    given = {}
    for matching in matchings:
        for row, column in matches(matching.distances):
            given.setdefault(matching.truth[row], {})[matching.found[column]] = None
    return {track: list(found) for track, found in given.items()}


@pytest.mark.parametrize("sequence", [crossing, hidden])
def test_everybody_is_found(follow, sequence):
    row = scores({POOLED: follow(sequence)}).loc[POOLED]
    print(sequence.__name__, numbers(follow(sequence)), row.to_dict())
    assert row["MOTA"] > 0.8 and row["switches"] <= 1


@pytest.mark.parametrize("sequence", [crossing, hidden])
def test_everybody_stays_who_they_are(follow, sequence):
    given = numbers(follow(sequence))
    assert len(given[0]) == len(given[1]) == 1 and given[0] != given[1]
    assert scores({POOLED: follow(sequence)}).loc[POOLED, "switches"] == 0
