"""Labelled sequences: frames of videos, or what looks like it, with people who are known from one frame to the next."""
from typing import Callable, List, NamedTuple

import numpy as np


class LabelledFrame(NamedTuple):
    """A frame of a sequence.

    image: function without arguments -> uint8 RGB [h, w, 3], made or read at each call
    people: one float array n x 3 (joint id, x, y) each, px from the picture's corner; joints that cannot be seen, or that
        nobody labelled, are not in it, and neither is somebody without any
    tracks: for each of people a number, the same in all frames of the sequence
    time: s from the beginning of the sequence
    """

    image: Callable[[], np.ndarray]
    people: List[np.ndarray]
    tracks: List[int]
    time: float
