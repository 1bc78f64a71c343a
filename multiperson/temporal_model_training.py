"""Training of the temporal model: a logistic regression that tells whether two detections of one joint, in different frames,
are the same person's. As for the spatial model its probabilities must be calibrated, see spatial_model_training.py.
"""
import numpy as np

from multiperson.motion import Motion, View
from multiperson.spatial_model_training import NOBODY, PairExamples
from multiperson.temporal import FEATURES, OLDEST, candidate_pairs, carried, points_of, temporal_features

AGES = (1, 2, 3, 5, OLDEST)  # frames between the detections of examples
NEAR = 1.5  # units of the person within which a detection is the joint that is labelled there


def owners(points, frame):
    """[n] int64: for each of the Points of a LabelledFrame the track whose labelled joint is nearest, within NEAR; else
    NOBODY."""
    owner, nearest = np.full(len(points.joint), NOBODY, np.int64), np.full(len(points.joint), float(NEAR))
    for person, track in zip(frame.people, frame.tracks):
        for joint, x, y in person:
            distance = np.linalg.norm(points.position - (x, y), axis=1) / points.unit
            better = (points.joint == joint) & (distance < nearest)
            owner[better], nearest[better] = track, distance[better]
    return owner


def examples_of(number, frames, detect):
    """PairExamples, and [n] the joint of each, of a sequence: pairs of detections of which one knows whose both are.

    frames: [LabelledFrame]; detect: function from an image, uint8 RGB, to its multiperson.frames.FrameGraph
    """
    earlier, collected, view = [], [], None
    for frame in frames:
        image = frame.image()
        found = detect(image)
        before, view = view, View(image)
        points = points_of(found.graph, found.unit, view)
        owner = owners(points, frame)
        if before is not None:
            motion = Motion(before, view)
            earlier = [(carried(old, motion), old_owner) for old, old_owner in earlier]
        for old, old_owner in earlier:
            if len(old.age) and old.age[0] in AGES:
                start, end = candidate_pairs(old, points)
                known = (old_owner[start] != NOBODY) & (owner[end] != NOBODY)
                start, end = start[known], end[known]
                collected.append((temporal_features(old, points, start, end), old_owner[start] == owner[end], points.joint[end]))
        earlier = (earlier + [(points, owner)])[-max(AGES):]
    none = (np.zeros((0, len(FEATURES))), np.zeros(0, bool), np.zeros(0, int))
    features, same, joint = map(np.concatenate, zip(*(collected or [none])))
    return PairExamples(features, same, np.full(len(same), number)), joint
