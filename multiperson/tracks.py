"""What is remembered of people who are followed through a video, see multiperson/tracking.py: where they are expected next,
and which of them may be one.
"""
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from multiperson.graph import costs
from multiperson.motion import PATCH
from multiperson.temporal import Points, candidate_pairs, temporal_features


class Tracks(NamedTuple):
    """T people of earlier frames, as they were after the newest decided one.

    number: [T] int64, their names; velocity: [T, 2] px a frame; absent: [T] int64, frames since they were seen last
    seen: [T] int64, frames in which they were seen; life: [T] int64, frames since they were seen first, that one included
    points: Points, the joints by which they are remembered, at most one of each; owner: [n] whose, a place in these arrays
    """

    number: np.ndarray
    velocity: np.ndarray
    absent: np.ndarray
    seen: np.ndarray
    life: np.ndarray
    points: Points
    owner: np.ndarray


def empty_tracks():
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    patch, colour = (np.zeros((0, values), np.float32) for values in (PATCH ** 2, 3))
    points = Points(whole, np.zeros((0, 2)), none, none, patch, colour, whole, none)
    return Tracks(whole, np.zeros((0, 2)), whole, whole, whole, points, whole)


def predicted(tracks, motions, lost):
    """Yields the Points of Tracks as seen from each of the next frames, between which lie the Motions.

    Joints of the newest decided frame follow the optical flow, where it comes back to them, others whatever of their person
    does; who is out of sight, or too fast for the flow, goes on at the velocity that they had.
    lost: units of the person, the flow's error from which on it is not believed
    """
    points, owner, count = tracks.points, tracks.owner, len(tracks.number)
    seen = points.age == 0
    for motion in motions:
        moved, error = motion.carry(points.position)
        error = points.error + np.where(seen, error, 0)
        followed = seen & (error <= lost * points.unit)
        step = np.where(followed[:, None], moved - points.position, 0)
        total = np.stack([np.bincount(owner, step[:, axis], count) for axis in (0, 1)], axis=1)
        number = np.bincount(owner[followed], minlength=count)[:, None]
        shift = np.where(number > 0, total / np.maximum(number, 1), tracks.velocity)
        points = points._replace(position=points.position + np.where(followed[:, None], step, shift[owner]),
                                 age=points.age + 1, error=error)
        yield points


def strangers(tracks):
    """[T, T] bool: whether the first was seen last before the second was seen first."""
    return tracks.absent[:, None] >= tracks.life


def rivals(tracks, joints):
    """Pairs [k, 2] of Tracks that are two people for ever, however alike they look: they were there together, and both remember
    so many of the same joints. Others who were there together may be two parts of one person."""
    points, count = tracks.points, len(tracks.number)
    remembered = np.zeros((count, points.joint.max(initial=-1) + 1))
    remembered[tracks.owner, points.joint] = 1
    together = ~(strangers(tracks) | strangers(tracks).T)
    return np.argwhere(np.triu(together & (remembered.dot(remembered.T) >= joints), 1))


def returns(tracks, temporal):
    """Edges [m, 2] between Tracks and their probability [m]: strangers may be somebody who went and came back, as all temporal
    edges between their joints together say. temporal: PairModel"""
    points, owner = tracks.points, tracks.owner
    before, now = candidate_pairs(points, points)
    kept = strangers(tracks)[owner[before], owner[now]] & (points.age[now] == 0)
    before, now = before[kept], now[kept]
    cost = np.zeros((len(tracks.number),) * 2)
    np.add.at(cost, (owner[before], owner[now]), costs(temporal.probability(temporal_features(points, points, before, now))))
    edges = np.argwhere(cost)
    return edges, expit(-cost[tuple(edges.T)])


def person_points(person, points):
    """The joints of a Person, whose nodes are among the Points of its frame, as Points of that frame."""
    joint = np.flatnonzero(person.visibility)
    best = {points.joint[node]: node for node in sorted(person.members, key=lambda node: points.probability[node])}
    unit, node = np.full(len(joint), np.median(points.unit[person.members])), [best[one] for one in joint]
    return Points(joint, person.keypoints[joint, :2], person.keypoints[joint, 2], unit,
                  points.patch[node], points.colour[node], np.zeros(len(joint), np.int64), np.zeros(len(joint)))


def steadied(velocity, now, remembered, before, first, whole, steady):
    """A track's velocity, [2] px a frame, after it was seen again.

    now, remembered: its Points in this frame, and as expected there; before: [n, 2] where the latter were
    first: whether it has no velocity yet; whole: the part of its joints that must be found; steady: that of its velocity which
    it keeps
    """
    new, old = np.nonzero((now.joint[:, None] == remembered.joint) & (remembered.age == 1))
    if not len(new) or (len(new) < whole * len(remembered.joint) and not first):  # partly covered: what is left seems slow
        return velocity
    step = np.median(now.position[new] - before[old], axis=0)
    return step if first else steady * velocity + (1 - steady) * step


def merged(now, remembered, max_gap):
    """Points of now, and those remembered of other joints that are not too old."""
    kept = ~(remembered.joint[:, None] == now.joint).any(axis=1) & (remembered.age <= max_gap)
    return Points(*(np.concatenate([new, old[kept]]) for new, old in zip(now, remembered)))


def stacked(rows):
    """[(number, velocity, absent, seen, life, Points)] -> Tracks"""
    if not rows:
        return empty_tracks()
    number, velocity, absent, seen, life, points = zip(*rows)
    whole = [np.array(values, np.int64) for values in (number, absent, seen, life)]
    return Tracks(whole[0], np.array(velocity), *whole[1:], Points(*map(np.concatenate, zip(*points))),
                  np.repeat(np.arange(len(rows)), [len(one.joint) for one in points]))
