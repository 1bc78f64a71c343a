"""Poses of a video made smooth, and gaps in them filled, while they come: generators over (anything, entry), the entries as
util.pose_json.frame_entry makes them, in order. They hand copies on.

People are told apart by `track`; where that is null, as with one person, a frame may show but one. A joint counts as found
where its score is at least `threshold`.
"""
import copy

import numpy as np

from util.command import UserError
from util.pose_json import keypoints_of

MIN_CUTOFF = 1.0  # Hz: lower is steadier at rest; at 25 frames a second a third of a joint's trembling is left
BETA = 30.0  # Hz, by which the cutoff rises at a speed of one person's size a second: higher lags less
SPEED_CUTOFF = 1.0  # Hz, as Casiez et al. have it; for the person's size as well
RESET = 0.5  # s without a joint, after which it starts anew
SHORTEST = 0.001  # s from frame to frame, whatever the times of a damaged video are


def smoothed(pairs, threshold, min_cutoff=MIN_CUTOFF, beta=BETA):
    """Joints moved by a One Euro filter each; those that were not found stay what they are. Raises UserError."""
    tracks = {}
    for payload, entry in pairs:
        entry, time = copy.deepcopy(entry), entry["time"]
        for track, person in people_by_track(entry).items():
            pose = keypoints_of(person)
            if track not in tracks:
                tracks[track] = _OneEuro(len(pose), min_cutoff, beta)
            there = pose[:, 2] >= threshold
            points = tracks[track].update(pose[:, :2], there, time)
            for joint in np.flatnonzero(there):
                person["keypoints"][joint][:2] = np.round(points[joint], 4).tolist()
        tracks = {track: one for track, one in tracks.items() if time - one.times.max() <= RESET}
        yield payload, entry


def people_by_track(entry):
    """{track: person} of an entry. Raises UserError where a track is there twice."""
    people = {person["track"]: person for person in entry["people"]}
    if len(people) < len(entry["people"]):
        raise UserError("frame %d shows several people who have no track, or the same: they cannot be made smooth, nor "
                        "their gaps be filled" % entry["frame"])
    return people


def _weight(cutoff, elapsed):
    """alpha of a low-pass filter (Casiez et al., eq. 6). cutoff: Hz; elapsed: s since the last sample"""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * elapsed))


class _OneEuro(object):
    """The One Euro filter (Casiez, Roussel and Vogel, CHI 2012, algorithm 1) of each coordinate of somebody's joints. Speeds
    are measured in sizes of the person, the larger side of the joints' box, so that it treats large and small ones alike.

    times: [J] s, when each joint was found last
    """

    def __init__(self, joints, min_cutoff, beta):
        self.times = np.full(joints, -np.inf)
        self._points, self._speeds = np.zeros((joints, 2)), np.zeros((joints, 2))
        self._min_cutoff, self._beta = min_cutoff, beta
        self._size = None

    def update(self, points, there, time):
        """points: [J, 2] px; there: [J] bool, those that were found; time: s -> the smoothed ones, [J, 2]"""
        if not there.any():
            return self._points
        elapsed = np.maximum(time - self.times, SHORTEST)[there, None]
        size = self._smooth_size(points[there], elapsed.min())
        fresh = elapsed > RESET
        before, elapsed = np.where(fresh, points[there], self._points[there]), np.minimum(elapsed, RESET)
        speeds = np.where(fresh, 0, self._speeds[there])  # sizes a second
        speeds += _weight(SPEED_CUTOFF, elapsed) * ((points[there] - before) / size / elapsed - speeds)
        weight = _weight(self._min_cutoff + self._beta * np.abs(speeds), elapsed)
        self._points[there] = before + weight * (points[there] - before)
        self._speeds[there] = speeds
        self.times[there] = time
        return self._points

    def _smooth_size(self, points, elapsed):
        size = max(np.ptp(points, axis=0).max(), 1.0)
        before = size if self._size is None else self._size
        self._size = before + _weight(SPEED_CUTOFF, min(elapsed, RESET)) * (size - before)
        return self._size


def filled(pairs, longest, threshold):
    """Joints, and whole people, that were not found in at most `longest` frames between two in which they were: on the
    straight line, evenly in time, with null for a score (a person's score too). Holds `longest` pairs back.

    Raises UserError.
    """
    waiting = []  # the last `longest` pairs and this one
    found = {}  # {(track, joint): (number of the frame among all, time, x, y)}, when it was found last
    for number, (payload, entry) in enumerate(pairs):
        entry = copy.deepcopy(entry)
        waiting.append((payload, entry))
        for track, person in people_by_track(entry).items():
            for joint in np.flatnonzero(keypoints_of(person)[:, 2] >= threshold):
                now = (number, entry["time"]) + tuple(person["keypoints"][joint][:2])
                before = found.get((track, joint))
                if before is not None and number - before[0] <= longest + 1:
                    gap = [one for _, one in waiting[len(waiting) - number + before[0]:-1]]
                    _fill(gap, track, joint, len(person["keypoints"]), before[1:], now[1:])
                found[track, joint] = now
        found = {key: last for key, last in found.items() if number - last[0] <= longest}
        if len(waiting) > longest:
            yield waiting.pop(0)
    yield from waiting


def _fill(gap, track, joint, joints, before, after):
    """Put a joint into the entries of a gap. joints: how many a person has; before, after: (time, x, y)"""
    for entry in gap:
        person = people_by_track(entry).get(track)
        if person is None:
            person = {"track": track, "keypoints": [None] * joints, "score": None}
            entry["people"].append(person)
        times = before[0], after[0]
        x, y = (float(np.interp(entry["time"], times, ends)) for ends in zip(before[1:], after[1:]))
        person["keypoints"][joint] = [round(x, 4), round(y, 4), None]
