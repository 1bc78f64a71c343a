"""People cut out of pictures along their joints, for whoever has no masks: limbs as thick as limbs are, soft at the edge."""
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from util.visualize import drawn_limbs

SUPERSAMPLING = 2
THICKNESS = {"shoulder": 0.19, "elbow": 0.15, "wrist": 0.12, "hip": 0.24, "knee": 0.17, "ankle": 0.15, "nose": 0.23,
             "eye": 0.22, "ear": 0.2, "head_top": 0.12, "neck": 0.17}  # half of it, over the torso's length
OTHERWISE = 0.17
BEYOND = (("elbow", "wrist", 0.35), ("knee", "ankle", 0.16))  # hands and feet: how far behind the last joint, the same unit
FACE, HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head", "head_top"), 0.45  # above the shoulders
TORSO = 0.28  # the torso's length over the larger side of the joints' box, of somebody upright
FEATHER = 0.035  # standard deviation of the edge's blur, over the torso's length


class Cutout(NamedTuple):
    """Somebody cut out.

    picture: uint8 [h, w, 4], colours multiplied by how opaque it is, and this; joints: n x 3 (joint id, x, y) in its pixels
    size: px, larger side of the joints' box
    """

    picture: np.ndarray
    joints: np.ndarray
    size: float


def cut_out(image, joints, skeleton, scale=1.0):
    """Somebody out of a picture, uint8 RGB [h, w, 3], `scale` times as large. joints: n x 3 (joint id, x, y)"""
    sides = np.ptp(joints[:, 1:], axis=0)
    margin = 0.5 * torso_length(joints, skeleton)
    low = np.clip(np.floor(joints[:, 1:].min(axis=0) - margin), 0, None).astype(int)
    high = np.ceil(joints[:, 1:].max(axis=0) + margin).astype(int)
    part = Image.fromarray(image[low[1]:high[1], low[0]:high[0]])
    size = tuple(max(1, int(round(side * scale))) for side in part.size)
    joints = np.column_stack([joints[:, 0], (joints[:, 1:] - low) * np.array(size) / part.size])
    colours = np.asarray(part.resize(size, Image.BICUBIC if scale > 1 else Image.BOX), float)
    opaque = body_mask(size, joints, skeleton)
    picture = np.dstack([colours * opaque[..., None], 255 * opaque])
    return Cutout(np.round(picture).astype(np.uint8), joints, float(sides.max() * scale))


def body_mask(size, joints, skeleton):
    """float [h, w], 0..1: how much each pixel is somebody's. size: (width, height); joints: n x 3 (joint id, x, y)"""
    points = {skeleton.joint_names[int(joint)]: np.array([x, y]) for joint, x, y in joints}
    unit = torso_length(joints, skeleton)
    mask = Image.new("L", tuple(side * SUPERSAMPLING for side in size))
    pen = ImageDraw.Draw(mask)
    torso = [points[name] for name in ("left_shoulder", "right_shoulder", "right_hip", "left_hip") if name in points]
    if len(torso) > 2:
        pen.polygon([tuple(point * SUPERSAMPLING) for point in torso], fill=255)
    for start, end in _bones(points, skeleton, unit):
        _draw_bone(pen, start, end)
    mask = mask.filter(ImageFilter.GaussianBlur(max(1.0, FEATHER * unit) * SUPERSAMPLING)).resize(size, Image.BOX)
    return np.asarray(mask, float) / 255


def torso_length(joints, skeleton):
    """px: from hips to shoulders where they are known, and at least what the size of the joints' box suggests."""
    points = {skeleton.joint_names[int(joint)]: point for joint, *point in joints}
    lengths = [np.linalg.norm(np.subtract(points[side + "_shoulder"], points[side + "_hip"]))
               for side in ("left", "right") if side + "_shoulder" in points and side + "_hip" in points]
    return float(max(lengths + [TORSO * np.ptp(joints[:, 1:], axis=0).max(), 1.0]))


def _bones(points, skeleton, unit):
    """Yields ((x, y, half of the thickness), the same of the other end). points: {name of a joint: [2]}"""
    ends = {name: np.append(point, unit * THICKNESS.get(_part(name), OTHERWISE)) for name, point in points.items()}
    for end in ends.values():
        yield end, end
    for a, b in drawn_limbs(skeleton):
        a, b = skeleton.joint_names[a], skeleton.joint_names[b]
        if a in ends and b in ends:
            yield ends[a], ends[b]
    if {"left_shoulder", "right_shoulder"} <= set(ends):
        yield from _head(points, ends, unit)
    for side in ("left_", "right_"):
        for a, b, reach in BEYOND:
            a, b = side + a, side + b
            if a in ends and b in ends:
                along = (points[b] - points[a]) / max(np.linalg.norm(points[b] - points[a]), 1.0)
                yield ends[b], ends[b] + np.append(along * reach * unit, 0)


def _head(points, ends, unit):
    """Its end and the neck's; where no joint tells, straight above the torso, or the shoulders."""
    neck = (ends["left_shoulder"] + ends["right_shoulder"]) / 2
    if "nose" in ends:
        yield ends["nose"] * [1, 1, 0.7], neck
    elif not set(FACE) & set(ends):
        up = np.array([0, -1.0])
        if {"left_hip", "right_hip"} <= set(ends):
            up = neck[:2] - (points["left_hip"] + points["right_hip"]) / 2
        head = neck[:2] + up / max(np.linalg.norm(up), 1.0) * HEAD * unit
        yield np.append(head, THICKNESS["nose"] * unit), neck


def _part(name):
    """left_hip -> hip"""
    return name.replace("left_", "").replace("right_", "")


def _draw_bone(pen, start, end):
    steps = 1 + int(np.linalg.norm(end[:2] - start[:2]) / max(1.0, min(start[2], end[2]) / 4))
    for x, y, radius in np.linspace(start, end, steps + 1) * SUPERSAMPLING:
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
