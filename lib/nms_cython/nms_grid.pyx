# distutils: language = c++
"""Non-maximum suppression of a score map."""
from libc.math cimport isnan
from libc.stdint cimport int64_t, uint8_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "greedy_nms.hpp" namespace "nms" nogil:
    cdef cppclass Map[Value]:
        Map()
        const Value* data
        Py_ssize_t rows
        Py_ssize_t columns
    vector[int64_t] keep_maxima(Map[float] scores, Map[uint8_t] footprint, double threshold) except +


def nms_grid(scoremap, grid, double prob_thresh):
    """The local maxima of a score map (DeeperCut, arXiv 1605.03170).

    Cells are visited by falling score, equal ones in the order of their index; a kept cell suppresses the cells that
    the non-zeros of ``grid`` cover when its centre is laid on the cell.

    Args:
        scoremap: [H, W] array of scores, converted to float32.
        grid: array with an odd number of rows and columns, converted to uint8; usually a disc.
        prob_thresh: lowest score that is kept.

    Returns:
        int64 array [n] of flat indices ``row * W + column``, by falling score.

    Raises:
        ValueError: an input has a wrong shape, or the score map or the threshold is NaN.
    """
    scores_array = np.ascontiguousarray(scoremap, dtype=np.float32)
    footprint_array = np.ascontiguousarray(grid, dtype=np.uint8)
    _check(scores_array, footprint_array, prob_thresh)
    if scores_array.size == 0:
        return np.empty(0, np.int64)

    cdef const float[:, ::1] scores = scores_array
    cdef const uint8_t[:, ::1] footprint = footprint_array
    cdef Map[float] score_map
    cdef Map[uint8_t] footprint_map
    cdef vector[int64_t] kept
    score_map.data, score_map.rows, score_map.columns = &scores[0, 0], scores.shape[0], scores.shape[1]
    footprint_map.data = &footprint[0, 0]
    footprint_map.rows, footprint_map.columns = footprint.shape[0], footprint.shape[1]
    with nogil:
        kept = keep_maxima(score_map, footprint_map, prob_thresh)
    if kept.empty():
        return np.empty(0, np.int64)
    return np.array(<int64_t[:kept.size()]> kept.data())


def _check(scores, footprint, double threshold):
    if scores.ndim != 2:
        raise ValueError("the score map must have two dimensions [rows, columns], not shape %s" % (scores.shape,))
    if footprint.ndim != 2 or footprint.shape[0] % 2 == 0 or footprint.shape[1] % 2 == 0:
        raise ValueError("the grid must be a matrix with odd numbers of rows and columns, so that it has a centre; "
                         "its shape is %s" % (footprint.shape,))
    if isnan(threshold):
        raise ValueError("the score threshold is NaN")
    if np.isnan(scores).any():
        raise ValueError("the score map contains NaN")
