"""Where a frame of a video differs from an earlier one, the key frame: only there need the network look again."""
import threading
from typing import List, NamedTuple

import numpy as np
from scipy.ndimage import binary_dilation, find_objects, label

from dataset.maps import Maps
from multiperson.detections import selected, together
from multiperson.motion import cv2

COMPARED_SIZE = 160  # px: frames are compared reduced to as many pixels as a square of this side has
SPREAD = 4  # px of these, around what changed: the network's cells there may change as well
CONTEXT = 64  # px of the resized frame, around what is searched again: what the network sees of its surroundings
ALIGNED = 32  # px: the network's largest stride, at multiples of which windows begin, so that cells stay where they are
STEP = 256  # px: windows' sides are multiples of it, or half of it: for each size what runs the network keeps some MB
CALL = 20000  # px that could be searched in the time which a window takes beside its own
MOST = 0.7  # of a frame: where more is to be searched again, all of it is


class KeyFrame(object):
    """A frame that is searched as a whole, once it is needed. image: uint8 RGB [h, w, 3]"""

    def __init__(self, image):
        self.image, self.reduced = image, _reduced(image)
        self._found, self._lock = None, threading.Lock()

    def found(self, search):
        """What `search`, a function of images, finds in it."""
        with self._lock:
            if self._found is None:
                self._found = search(self.image)
            return self._found


def _reduced(image):
    scale = min(1.0, COMPARED_SIZE / np.sqrt(image.shape[0] * image.shape[1]))
    size = tuple(max(int(round(side * scale)), 1) for side in image.shape[1::-1])
    grey = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return cv2.GaussianBlur(grey, (3, 3), 0).astype(np.int16)


def changed_boxes(image, key, threshold):
    """[k, 4] (left, top, right, bottom) px: boxes that hold everything in which a frame differs from its KeyFrame by more
    than `threshold` grey levels. image: as large as the key's"""
    changed = np.abs(_reduced(image) - key.reduced) > threshold
    parts, _ = label(binary_dilation(changed, np.ones((3, 3)), iterations=SPREAD))
    boxes = [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in find_objects(parts)]
    scale = np.divide(image.shape[1::-1], changed.shape[::-1])
    return np.array(boxes, float).reshape(-1, 4) * np.tile(scale, 2)


class Window(NamedTuple):
    """A part of a resized frame that is searched again; (left, top, right, bottom) px.

    inner: what of it is used; outer: what the network sees, of the frame filled up to a multiple of ALIGNED
    """

    inner: List[int]
    outer: List[int]


def windows(boxes, size):
    """[Window] that together hold boxes [k, 4] px in a frame of `size` (width, height), such that little is searched; None
    where it is better searched as a whole."""
    chosen = [_window(box, size) for box in boxes]
    while True:
        gain, pair = max(((_pixels(a) + _pixels(b) - _pixels(_around(a, b, size)), (i, j))
                          for i, a in enumerate(chosen) for j, b in enumerate(chosen[:i])), default=(-1, None))
        if gain < 0:
            break
        joined = _around(*(chosen[place] for place in pair), size)
        chosen = [one for place, one in enumerate(chosen) if place not in pair] + [joined]
    return chosen if sum(map(_pixels, chosen)) <= MOST * np.prod(size) else None


def _around(first, second, size):
    return _window(np.append(np.minimum(first.inner[:2], second.inner[:2]), np.maximum(first.inner[2:], second.inner[2:])), size)


def _window(box, size):
    inner, outer = np.zeros(4, int), np.zeros(4, int)
    for low, high, side in ((0, 2, size[0]), (1, 3, size[1])):
        inner[low], inner[high] = max(np.floor(box[low]), 0), min(np.ceil(box[high]), side)
        start, end = max(inner[low] - CONTEXT, 0) // ALIGNED * ALIGNED, min(inner[high] + CONTEXT, side)
        length = STEP // 2 if end - start <= STEP // 2 else -(-(end - start) // STEP) * STEP
        whole = -(-side // ALIGNED) * ALIGNED
        outer[low] = min(start, max(whole - length, 0))
        outer[high] = min(outer[low] + length, whole)
    return Window(inner.tolist(), outer.tolist())


def _pixels(window):
    left, top, right, bottom = window.outer
    return (right - left) * (bottom - top) + CALL


def renewed(known, again, stride):
    """(Detections, Maps) of a frame: those that are known of its key frame, and in windows what was found there again.

    known: (Detections, Maps) of the key frame; again: [(Window, Detections, Maps)], in px of the window
    """
    detections, maps = known
    new = Maps(maps.scores.copy(), None if maps.locref is None else maps.locref.copy())
    cells = [[side // stride for side in window.inner[:2]] + [-(-side // stride) for side in window.inner[2:]]
             for window, _, _ in again]
    kept = [selected(detections, [~_within(grid // stride, cells) for grid in detections.coord_grid])]
    for place, (window, found, part) in enumerate(again):
        left, top, right, bottom = map(int, cells[place])
        corner = np.array(window.outer[:2])
        x, y = (corner // stride).astype(int)
        here, there = np.s_[top:bottom, left:right], np.s_[top - y:bottom - y, left - x:right - x]
        new.scores[here] = part.scores[there]
        if new.locref is not None:
            new.locref[here] = part.locref[there]
        moved = found._replace(coord=[one + corner for one in found.coord], coord_grid=[one + corner for one in found.coord_grid])
        kept.append(selected(moved, [_within(grid // stride, [cells[place]]) & ~_within(grid // stride, cells[:place])
                                     for grid in moved.coord_grid]))
    return together([(1, one) for one in kept]), new


def _within(cell, boxes):
    """[n] bool: which cells [n, 2] (column, row) lie in one of the boxes, (left, top, right, bottom) in cells."""
    low, high = (np.reshape([box[part] for box in boxes], (-1, 2)) for part in (slice(2), slice(2, 4)))
    return ((cell[:, None] >= low) & (cell[:, None] < high)).all(axis=2).any(axis=1)
