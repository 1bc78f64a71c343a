"""Moving pictures out of still ones: layers, one before the other, each with a motion of its own.

Points are (x, y) in continuous pixel coordinates: a picture w px wide reaches from x = 0 to x = w. Time counts frames.
"""
from typing import Callable, NamedTuple, Sequence

import numpy as np
from PIL import Image

from dataset.sequences import FPS, LabelledFrame

EXPOSURE = 0.5  # of the time from frame to frame
BLUR_STEP, MOST_BLUR_STEPS = 1.5, 7  # px; so many moments make a blurred layer
COVERED = 0.5  # how opaque what lies before a joint must be to hide it


class Layer(NamedTuple):
    """
    picture: uint8 [h, w, 4], colours multiplied by how opaque it is, and this
    motion: function from a time to float [2, 3], which takes (x, y, 1) in the picture to px of the frame
    people: arrays n x 3 (joint id, x, y) in the picture; tracks: for each of them a number
    """

    picture: np.ndarray
    motion: Callable[[float], np.ndarray]
    people: Sequence[np.ndarray] = ()
    tracks: Sequence[int] = ()


class Motion(NamedTuple):
    """The motion of a Layer: quadratic in time, swaying, turning to and fro, growing.

    anchor: (x, y) in the picture, which is at `start` + velocity * time + pull * time ** 2 / 2 + the sway, px of the frame
    scale: of the picture at time 0; growth: its relative change a frame; tilt: largest angle, rad
    sway: [2] px, largest; period: of sway and tilt, frames; phase: of both at time 0, rad
    """

    anchor: np.ndarray
    start: np.ndarray
    velocity: np.ndarray = np.zeros(2)
    pull: np.ndarray = np.zeros(2)
    scale: float = 1.0
    growth: float = 0.0
    tilt: float = 0.0
    sway: np.ndarray = np.zeros(2)
    period: float = 25.0
    phase: float = 0.0

    def __call__(self, time):
        swing = np.sin(2 * np.pi * time / self.period + self.phase)
        scale, angle = self.scale * np.exp(self.growth * time), self.tilt * swing
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        place = self.start + self.velocity * time + self.pull * time ** 2 / 2 + self.sway * swing
        return np.column_stack([turn, place - turn.dot(self.anchor)])


def opaque(image):
    """uint8 RGB [h, w, 3] -> the picture of a Layer"""
    return np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])


def film(layers, size, count, noise=0.0, seed=0):
    """`count` LabelledFrames; layers: the farthest first, whose picture fills the frame at any time; size: (width, height)

    noise: standard deviation of what a camera adds, other at each frame
    """
    return [LabelledFrame(lambda time=time: _with_noise(render(layers, size, time), noise, [seed, time]),
                          *visible_people(layers, size, time), time=time / FPS) for time in range(count)]


def render(layers, size, time):
    """The frame at a time, blurred by motion: uint8 RGB [h, w, 3]. size: (width, height)"""
    frame = np.zeros((size[1], size[0], 3), np.float32)
    for layer in layers:
        (left, top), seen = _blurred(layer, size, time)
        under = frame[top:top + seen.shape[0], left:left + seen.shape[1]]
        under *= 1 - seen[..., 3:] / 255
        under += seen[..., :3]
    return np.round(frame).clip(0, 255).astype(np.uint8)


def visible_people(layers, size, time):
    """(people, tracks) of the frame at a time, see LabelledFrame: without joints outside, or behind another layer."""
    found = []
    for place, layer in enumerate(layers):
        to_frame = layer.motion(time)
        for person, track in zip(layer.people, layer.tracks):
            points = _moved(person[:, 1:], to_frame)
            seen = ((points >= 0) & (points < size)).all(axis=1)
            for before in layers[place + 1:]:
                seen &= _opaque_at(before, points, time) < COVERED
            if seen.any():
                found.append((np.column_stack([person[:, 0], points])[seen], track))
    return [person for person, _ in found], [track for _, track in found]


def _moved(points, matrix):
    """points: [n, 2]; matrix: [2, 3]"""
    return points.dot(matrix[:, :2].T) + matrix[:, 2]


def _backwards(matrix):
    """The inverse of a [2, 3] matrix."""
    turn = np.linalg.inv(matrix[:, :2])
    return np.column_stack([turn, -turn.dot(matrix[:, 2])])


def _opaque_at(layer, points, time):
    """[n]: how opaque a layer is at points of the frame, [n, 2] px, 0..1."""
    x, y = np.floor(_moved(points, _backwards(layer.motion(time)))).astype(int).T
    height, width = layer.picture.shape[:2]
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return np.where(inside, layer.picture[y.clip(0, height - 1), x.clip(0, width - 1), 3] / 255, 0)


def _blurred(layer, size, time):
    """The part of a frame that shows a layer, the mean of some moments of its exposure: (its left top corner, float32
    [h, w, 4])."""
    height, width = layer.picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]])
    ends = [_moved(corners, layer.motion(time + part * EXPOSURE / 2)) for part in (-1, 1)]
    low = np.floor(np.min(ends, axis=(0, 1)) - 1).clip(0, size).astype(int)
    sides = np.ceil(np.max(ends, axis=(0, 1)) + 1).clip(0, size).astype(int) - low
    if not sides.all():
        return low, np.zeros((0, 0, 4), np.float32)
    steps = int(np.clip(np.linalg.norm(ends[1] - ends[0], axis=1).max() / BLUR_STEP, 1, MOST_BLUR_STEPS))
    picture = Image.frombytes("RGBa", (width, height), layer.picture.tobytes())
    total = np.zeros((sides[1], sides[0], 4), np.float32)
    for moment in time + EXPOSURE * ((np.arange(steps) + 0.5) / steps - 0.5):
        back = _backwards(layer.motion(moment))
        back[:, 2] += back[:, :2].dot(low)
        total += np.asarray(picture.transform(tuple(sides.tolist()), Image.AFFINE, tuple(back.reshape(-1)), Image.BILINEAR))
    return low, total / steps


def _with_noise(image, noise, seed):
    if not noise:
        return image
    added = np.random.RandomState(seed).standard_normal(image.shape) * noise
    return np.round(image + added).clip(0, 255).astype(np.uint8)
