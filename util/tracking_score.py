"""How well people are followed: MOTA and its parts (Bernardin and Stiefelhagen, EURASIP JIVP 2008) and IDF1 (Ristani et
al., ECCVW 2016), computed by the package motmetrics, which also matches: truth and found ones who are matched already stay
so while they may, the others are matched at the least sum of distances (Hungarian method)."""
from typing import List, NamedTuple

import numpy as np

from util.command import UserError

try:
    import motmetrics
except ImportError:
    motmetrics = None

POOLED = "all"
MEASURES = {"mota": "MOTA", "idf1": "IDF1", "num_switches": "switches", "num_fragmentations": "fragmentations",
            "precision": "precision", "recall": "recall", "num_misses": "misses", "num_false_positives": "false positives",
            "num_objects": "objects"}
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
FEWEST_JOINTS = 4  # of people who are compared with boxes
FARTHEST = 0.5  # box heights, or head sizes


class Matching(NamedTuple):
    """What may be matched in a frame. truth, found: tracks; distances: [T, F], nan where they may not."""

    truth: List[int]
    found: List[int]
    distances: np.ndarray


def scores(matchings, pooled=False):
    """pandas.DataFrame with MEASURES as columns, and a row for each name. matchings: {name: a Matching each frame}

    pooled: with another row, POOLED, of what all of them sum up to. Raises UserError without motmetrics.
    """
    if motmetrics is None:
        raise UserError('scores of tracks need another package: pip install -e ".[track]"')
    accumulators = []
    for frames in matchings.values():
        accumulator = motmetrics.MOTAccumulator(auto_id=True)
        for frame in frames:
            accumulator.update(frame.truth, frame.found, frame.distances)
        accumulators.append(accumulator)
    table = motmetrics.metrics.create().compute_many(accumulators, metrics=list(MEASURES), names=list(matchings),
                                                     generate_overall=pooled)
    return table.rename(columns=MEASURES, index={"OVERALL": POOLED})


def match_boxes(poses, found, boxes, truth, counts, joint_names):
    """Matching of people with boxes: the distance is that of a person's centre from a box's, in heights of that box.

    poses: [P, J, 3] (x, y, score), nan for an absent joint; those with fewer than FEWEST_JOINTS do not count
    boxes: [T, 4] (left, top, width, height), px; found, truth: their tracks
    counts: [T] bool; who is nearest to a box that does not count is left out with it
    """
    counted = [place for place, pose in enumerate(poses) if np.isfinite(pose[:, 0]).sum() >= FEWEST_JOINTS]
    centres = np.array([centre_of(poses[place], joint_names) for place in counted]).reshape(-1, 2)
    boxes = np.reshape(boxes, (-1, 4))
    distances = _gated(_distances(boxes[:, :2] + boxes[:, 2:] / 2, centres) / boxes[:, 3:])
    inside = np.nan_to_num(distances, nan=np.inf)
    kept = inside[~counts].min(axis=0, initial=np.inf) >= inside[counts].min(axis=0, initial=np.inf)
    return Matching([track for track, one in zip(truth, counts) if one],
                    [found[place] for place, one in zip(counted, kept) if one], distances[counts][:, kept])


def centre_of(pose, joint_names):
    """[2]: the mean of those hips and shoulders that a pose [J, 3] has; of all its joints where it has none of them."""
    there = np.isfinite(pose[:, 0])
    torso = there & np.isin(joint_names, TORSO)
    return pose[torso if torso.any() else there, :2].mean(axis=0)


def match_joint(points, found, true_points, truth, head_sizes):
    """Matching of one joint of people, as PoseTrack does it (PCKh): the distance is in head sizes of the true person.

    points: [P, 2], true_points: [T, 2], px, nan where somebody has no such joint; found, truth: their tracks
    """
    has, had = np.isfinite(points[:, 0]), np.isfinite(true_points[:, 0])
    distances = _distances(true_points[had], points[has]) / np.asarray(head_sizes)[had, None]
    return Matching([track for track, one in zip(truth, had) if one], [track for track, one in zip(found, has) if one],
                    _gated(distances))


def _distances(first, second):
    """[n, 2], [m, 2] -> [n, m]"""
    return np.linalg.norm(first[:, None] - second[None], axis=2)


def _gated(distances):
    return np.where(distances <= FARTHEST, distances, np.nan)
