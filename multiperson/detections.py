"""From score maps to detections: the places where a joint may be, several of each. See dataset/maps.py for what maps mean.

Source: DeeperCut (arXiv 1605.03170), sections 3 and 4.
"""
import logging
from typing import List, NamedTuple

import numpy as np

from dataset.maps import cell_centres
from lib.nms_cython.nms_grid import nms_grid
from multiperson.names_of_2017 import pos_from_grid_raw, pos_from_gridpos_offset  # noqa: F401


class Detections(NamedTuple):
    """What was found in one picture: lists with an entry for each of the J joints, best first.

    coord: [n, 2] float64, where the joint is: cell centre + location refinement, px
    coord_grid: [n, 2] float64, the centre of its cell, px
    conf: [n, 1] its score, a probability
    pairwise: [n, J (J - 1), 2] px, from the cell centre to the person's other joints, in the order of get_pairwise_index;
        [n, 0, 2] where the network does not predict them
    """

    coord: List[np.ndarray]
    coord_grid: List[np.ndarray]
    conf: List[np.ndarray]
    pairwise: List[np.ndarray]


def make_nms_grid(nms_radius):
    """uint8 [2 r + 1, 2 r + 1], r = ceil(nms_radius): 1 on the disc of cells that a detection suppresses."""
    radius = int(np.ceil(nms_radius))
    offsets = np.arange(-radius, radius + 1)
    return (offsets[:, None] ** 2 + offsets ** 2 <= radius ** 2).astype(np.uint8)


def extract_detections(cfg, scmap, locref, pairwise_diff):
    """The local maxima of each joint's score map -> Detections.

    cfg: nms_radius (cells), det_min_score, stride
    scmap: [H, W, J]; locref: [H, W, J, 2] px, or None; pairwise_diff: [H, W, J (J - 1), 2] px, or None
    Raises ValueError where a score or an offset of a detection is NaN, or the maps' shapes do not belong together.
    """
    _check_shapes(scmap, locref, pairwise_diff)
    footprint = make_nms_grid(cfg.nms_radius)
    cells = []
    for joint in range(scmap.shape[2]):
        try:
            kept = nms_grid(scmap[:, :, joint], footprint, cfg.det_min_score)
        except ValueError as error:
            raise ValueError("joint %d: %s" % (joint, error)) from None
        cells.append(np.unravel_index(kept, scmap.shape[:2]))
    rows, columns = np.concatenate(cells, axis=1)
    ends = np.cumsum([len(found) for found, _ in cells])
    joints = np.repeat(np.arange(len(cells)), np.diff(ends, prepend=0))
    centres = cell_centres(rows, columns, cfg.stride)
    coord = centres if locref is None else centres + locref[rows, columns, joints]
    offsets = _offsets(pairwise_diff, rows, columns)  # of all joints at once: it may be a network that gives them
    wrong = ~np.isfinite(coord).all(axis=1) | ~np.isfinite(offsets).all(axis=(1, 2))
    if wrong.any():
        raise ValueError("joint %d: the location refinement or a pairwise offset of a detection is not finite"
                         % joints[wrong][0])
    parts = coord, centres, scmap[rows, columns, joints][:, None], offsets
    return Detections(*(np.split(part, ends[:-1]) for part in parts))


def best_of_each_joint(detections, most):
    """The first `most` detections of each joint, with a warning where that leaves any out -> Detections."""
    counts = [len(coord) for coord in detections.coord]
    if max(counts, default=0) > most:
        logging.warning("%d detections, %d of joint %d: the best %d of each joint are kept; raise det_min_score or, if "
                        "there are so many people, most_detections",
                        sum(counts), max(counts), int(np.argmax(counts)), most)
    return selected(detections, [slice(most)] * len(counts))


def selected(detections, chosen):
    """Those Detections that an index chooses, of each joint its own: a slice, or [n] bool or int."""
    return Detections(*([values[one] for values, one in zip(part, chosen)] for part in detections))


def together(found):
    """[(scale, Detections)] of a picture, resized by each scale -> Detections of all, px of the picture, best first."""
    parts = [[np.concatenate(part) for part in one] for _, one in found]
    in_frame = [(coord / scale, grid / scale, conf, pairwise / scale) for (coord, grid, conf, pairwise), (scale, _) in zip(
        parts, found)]
    coord, grid, conf, pairwise = map(np.concatenate, zip(*in_frame))
    joint = np.concatenate([np.repeat(np.arange(len(one.coord)), [len(coord) for coord in one.coord]) for _, one in found])
    order = np.lexsort((-conf[:, 0], joint))
    ends = np.cumsum(np.bincount(joint, minlength=len(found[0][1].coord)))[:-1]
    return Detections(*(np.split(part[order], ends) for part in (coord, grid, conf, pairwise)))


def detections_at(people, maps, stride):
    """Annotated joints as if they had been found, with score 1: to judge the pairwise offsets and the assembly alone.

    people: one array n x 3 (joint id, x, y) a person, px of the network's input; joints outside the map are left out
    """
    rows_total, columns_total, joints = maps.scores.shape
    labelled = np.concatenate([np.reshape(person, (-1, 3)) for person in people] + [np.zeros((0, 3))])
    cells = np.floor(labelled[:, :0:-1] / stride).astype(int)  # [n, (row, column)]
    inside = ((cells >= 0) & (cells < (rows_total, columns_total))).all(axis=1)
    per_joint = []
    for joint in range(joints):
        chosen = inside & (labelled[:, 0] == joint)
        rows, columns = cells[chosen].T
        per_joint.append((labelled[chosen, 1:], cell_centres(rows, columns, stride), np.ones((chosen.sum(), 1)),
                          _offsets(maps.pairwise, rows, columns)))
    return Detections(*map(list, zip(*per_joint)))


def _offsets(pairwise_diff, rows, columns):
    return np.zeros((len(rows), 0, 2)) if pairwise_diff is None else pairwise_diff[rows, columns]


def _check_shapes(scmap, locref, pairwise_diff):
    if scmap.ndim != 3:
        raise ValueError("score maps must be [rows, columns, joints], not of shape %s" % (scmap.shape,))
    joints = scmap.shape[2]
    for name, array, channels in [("location refinement", locref, joints),
                                  ("pairwise offsets", pairwise_diff, joints * (joints - 1))]:
        wanted = scmap.shape[:2] + (channels, 2)
        if array is not None and array.shape != wanted:
            raise ValueError("%s: the shape is %s and, next to score maps %s, must be %s"
                             % (name, array.shape, scmap.shape, wanted))
