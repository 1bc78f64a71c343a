"""Boxes with tracks as the MOT challenges write them (Milan et al., arXiv 1603.00831).

Lines `frame, id, left, top, width, height, counts, ...`, frames from 1. Boxes whose 7th number is 0 do not count: who is
there need not be found, but may be.
"""
from typing import NamedTuple

import numpy as np

from dataset.dataset_mat import DatasetError


class Boxes(NamedTuple):
    """Those of a frame. tracks: [n] int; boxes: [n, 4] float (left, top, width, height), px; counts: [n] bool"""

    tracks: np.ndarray
    boxes: np.ndarray
    counts: np.ndarray


NO_BOXES = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, bool))


def read_mot(path):
    """{number of a frame, from 1: Boxes}. Raises DatasetError, naming the line."""
    rows = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            frame, track, box, counts = _row(line)
        except (ValueError, OverflowError):
            raise DatasetError("%s: line %d is no box: frame from 1, id, left, top, width, height"
                               % (path, number)) from None
        tracks = rows.setdefault(frame, {})
        if track in tracks:
            raise DatasetError("%s: line %d has the id %d in frame %d a second time" % (path, number, track, frame))
        tracks[track] = box, counts
    if not rows:
        raise DatasetError("%s holds no boxes" % path)
    return {frame: Boxes(np.array(list(tracks)), np.array([box for box, _ in tracks.values()]),
                         np.array([counts for _, counts in tracks.values()])) for frame, tracks in rows.items()}


def _row(line):
    """(frame, track, box, whether it counts). Raises ValueError or OverflowError where it is none."""
    values = [float(value) for value in line.replace(",", " ").split()]
    frame, track, left, top, width, height = values[:6]
    if not (frame == int(frame) >= 1 and track == int(track) and np.isfinite(values[:6]).all() and width > 0 < height):
        raise ValueError
    return int(frame), int(track), (left, top, width, height), len(values) < 7 or values[6] != 0


def _lines(path):
    try:
        with open(path, encoding="utf-8-sig") as stream:
            return stream.read().splitlines()
    except OSError as error:
        raise DatasetError("cannot read %s (%s)" % (path, error.strerror)) from None
    except UnicodeDecodeError:
        raise DatasetError("%s is no text file" % path) from None
