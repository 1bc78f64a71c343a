"""Two sequences of benchmarks/demo_sequences.py, followed with the shipped weights; benchmarks/tracking.py tells of the
third."""
import os

import pytest

pytest.importorskip("cv2")
pytest.importorskip("motmetrics")

from benchmarks.demo_sequences import crossing, hidden
from benchmarks.tracking import Solver, match_people, matches
from conftest import ROOT
from multiperson.frames import FramePredictor
from util.config import cfg_from_file
from util.skeleton import COCO
from util.tracking_score import POOLED, scores


@pytest.fixture(scope="module")
def network():
    """(config, FramePredictor)"""
    cfg = cfg_from_file(os.path.join(ROOT, "models/multi/video/pose_cfg.yaml"))
    cfg.update(precision="exact", test_sizes=[400])  # the same on every processor; larger ones find nobody so large
    return cfg, FramePredictor(cfg)


def follow(cfg, predictor, frames):
    """A util.tracking_score.Matching of each LabelledFrame with the people who were followed there."""
    solver = Solver(cfg, COCO)
    for frame in frames:
        image = frame.image()
        solver.add(image, predictor.graph(image))
    return [match_people(frame, *found, COCO) for frame, found in zip(frames, solver.finish())]


def numbers(matchings):
    """{true track: all numbers that it was given}"""
    given = {}
    for matching in matchings:
        for row, column in matches(matching.distances):
            given.setdefault(matching.truth[row], set()).add(matching.found[column])
    return given


@pytest.mark.parametrize("sequence", [crossing, hidden])
def test_everybody_stays_who_they_are(network, sequence):
    matchings = follow(*network, sequence())
    given, row = numbers(matchings), scores({POOLED: matchings}).loc[POOLED]
    print(sequence.__name__, given, row.to_dict())
    assert len(given[0]) == len(given[1]) == 1 and given[0] != given[1]
    assert row["switches"] == 0 and row["MOTA"] > 0.85
