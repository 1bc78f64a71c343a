"""Training of the temporal model: a logistic regression that tells whether two detections of one joint, in different frames,
are the same person's. As for the spatial model its probabilities must be calibrated, see spatial_model_training.py.
"""
import numpy as np

from multiperson.motion import Motion, View
from multiperson.spatial_model_training import NOBODY, PairExamples
from multiperson.temporal import candidate_pairs, carried, points_of, temporal_features

AGES = (1, 2, 3, 5, 8)  # frames between the detections of examples
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


def known_pairs(before, after, visible_before, visible_after):
    """([m] bool: pairs that are certainly the same person's, and that certainly are not)

    before, after: [m] owners; visible_before: [m] whether the joint of whoever owns the detection after is labelled before:
    then a detection that is nobody's is not it; and the other way round
    """
    same = (before == after) & (before != NOBODY)
    both = (before != NOBODY) & (after != NOBODY)
    one = np.where(before == NOBODY, visible_before, visible_after) & (np.maximum(before, after) != NOBODY)
    return same, (before != after) & np.where(both, True, one)


def examples_of(number, frames, detect):
    """PairExamples, and [n] the joint of each, of a sequence.

    frames: [LabelledFrame]; detect: function from an image, uint8 RGB, to its multiperson.frames.FrameGraph
    """
    earlier, collected, view = [], [], None
    for frame in frames:
        image = frame.image()
        found = detect(image)
        before, view = view, View(image)
        points = points_of(found.graph, found.unit, view)
        owner, labelled = owners(points, frame), labelled_joints(frame)
        if before is not None:
            motion = Motion(before, view)
            earlier = [(carried(old, motion), *rest) for old, *rest in earlier]
        for old, old_owner, old_labelled in earlier:
            if len(old.age) and old.age[0] in AGES:
                start, end = candidate_pairs(old, points)
                mine, yours, joint = old_owner[start], owner[end], points.joint[end]
                same, other = known_pairs(mine, yours, _has(old_labelled, yours, joint), _has(labelled, mine, joint))
                known = same | other
                collected.append((temporal_features(old, points, start, end)[known], same[known], joint[known]))
        earlier = (earlier + [(points, owner, labelled)])[-max(AGES):]
    features, same, joint = map(np.concatenate, zip(*(collected or [(np.zeros((0, 8)), np.zeros(0, bool), np.zeros(0, int))])))
    return PairExamples(features, same, np.full(len(same), number)), joint


def labelled_joints(frame):
    """{(track, joint)}"""
    return {(track, int(joint)) for person, track in zip(frame.people, frame.tracks) for joint in person[:, 0]}


def _has(labelled, tracks, joints):
    return np.array([pair in labelled for pair in zip(tracks.tolist(), joints.tolist())], bool)
