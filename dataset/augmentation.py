"""Random changes of a training picture and of its joints, all from one random generator.

Points are (x, y) in continuous pixel coordinates: a picture w px wide reaches from x = 0 to x = w.
"""
from typing import List, NamedTuple

import numpy as np
from PIL import Image, ImageEnhance

from util.image import resize

LARGEST_CLOSE_UP = 3.0  # extra scale


class View(NamedTuple):
    """A picture as the network gets it.

    image: uint8 [h, w, 3]; people: arrays n x 3 (joint id, x, y) in its pixels
    to_file: [2, 3], takes (x, y, 1) in its pixels to the pixels of the picture that it was made of
    """

    image: np.ndarray
    people: List[np.ndarray]
    to_file: np.ndarray


def rescale(image, people, scale):
    """Resize a picture, uint8 [h, w, 3], and its joints, arrays n x 3 (joint id, x, y) -> View."""
    back = np.array([[1 / scale, 0, 0], [0, 1 / scale, 0]])
    return View(resize(image, scale), [person * [1, scale, scale] for person in people], back)


def warp(image, people, cfg, scale, rng, focus=None):
    """Resize by `scale`; where the config asks for it, also rotate, shift and cut out `input_size` px around a person,
    or around one joint of a larger person (a close-up), so that the network learns that bodies may be cut off.

    image: uint8 [h, w, 3]; people: list of arrays n x 3 (joint id, x, y)
    focus: the people around one of whom it is cut out, where not these
    Returns a View. What lies outside the picture is filled with mean_pixel.
    """
    close_up = cfg.input_size and rng.uniform() < cfg.close_up
    if close_up:
        scale *= LARGEST_CLOSE_UP ** rng.uniform()
    resized = rescale(image, people, scale)
    if not (cfg.input_size or cfg.rotation or cfg.translation):
        return resized
    image, people, _ = resized
    size = np.array(image.shape[1::-1])
    out_size = np.array([cfg.input_size] * 2 if cfg.input_size else size)
    source = size / 2.0
    focus = people if focus is None else [person * [1, scale, scale] for person in focus]
    if cfg.input_size and focus:
        points = focus[rng.randint(len(focus))][:, 1:]
        source = points[rng.randint(len(points))] if close_up else (points.min(axis=0) + points.max(axis=0)) / 2
    target = out_size * (0.5 + rng.uniform(-1, 1, 2) * cfg.translation)
    angle = np.deg2rad(rng.uniform(-1, 1) * cfg.rotation)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # PIL wants the way back, from output to input: p_in = turn^T (p_out - target) + source.
    back = np.column_stack([turn.T, source - turn.T.dot(target)])
    warped = Image.fromarray(image).transform(
        tuple(int(side) for side in out_size), Image.AFFINE, tuple(back.reshape(-1)), Image.BILINEAR,
        fillcolor=tuple(int(round(value)) for value in cfg.mean_pixel))
    people = [np.column_stack([person[:, 0], (person[:, 1:] - source).dot(turn.T) + target]) for person in people]
    return View(np.asarray(warped), people, back / scale)


def recolour(image, cfg, rng):
    """Random brightness, contrast and saturation, and sometimes no colour at all. uint8 [h, w, 3] -> the same."""
    if not (cfg.colour or cfg.grey):
        return image
    changed = Image.fromarray(image)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        changed = enhance(changed).enhance(1 + rng.uniform(-1, 1) * cfg.colour)
    if rng.uniform() < cfg.grey:
        changed = changed.convert("L").convert("RGB")
    return np.asarray(changed)


def occlude(image, cfg, rng):
    """Sometimes hide a random rectangle, 10 to 40 % of each side, under one random colour. Returns a copy."""
    if rng.uniform() >= cfg.occlusion:
        return image
    height, width = image.shape[:2]
    box_height, box_width = (rng.uniform(0.1, 0.4, 2) * (height, width)).astype(int)
    top, left = rng.randint(height - box_height + 1), rng.randint(width - box_width + 1)
    image = image.copy()
    image[top:top + box_height, left:left + box_width] = rng.randint(0, 256, 3)
    return image
