"""Checks of what callers hand to the multicut solver: each function returns a clean array or says what is wrong."""
import numpy as np

MOST_NODES = 2**31 - 1


def costs(values, name):
    """Finite numbers, shape [n] or [n, 1], as float64 [n]."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError("%s must have the shape [n] or [n, 1], not %s" % (name, array.shape))
    if not np.isfinite(array).all():
        raise ValueError("%s contains NaN or infinity, first at row %d" % (name, np.argmin(np.isfinite(array))))
    if len(array) > MOST_NODES:
        raise ValueError("%s has %d rows; at most %d are possible" % (name, len(array), MOST_NODES))
    return np.ascontiguousarray(array)


def probabilities_as_costs(values, name):
    """Probabilities p in [0, 1] as costs log((1 - p) / p), p clipped to [1e-7, 1 - 1e-7]."""
    p = costs(values, name)
    if ((p < 0) | (p > 1)).any():
        raise ValueError("%s contains %g, which is not a probability" % (name, p[np.argmax((p < 0) | (p > 1))]))
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return np.log((1 - p) / p)


def pairs(values, node_count, name):
    """Pairs of node indices of any integer type, shape [m, 2], as int32; an empty list is no pairs."""
    array = np.asarray(values)
    if array.size == 0:
        return np.empty((0, 2), np.int32)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError("%s must have the shape [m, 2], not %s" % (name, array.shape))
    return _indices(array, node_count, name)


def nodes(values, node_count, name):
    """Node indices, shape [k], as int32."""
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, np.int32)
    if array.ndim != 1:
        raise ValueError("%s must be a list of node indices, not an array of shape %s" % (name, array.shape))
    return _indices(array, node_count, name)


def _indices(array, node_count, name):
    if array.dtype.kind not in "iu":
        raise ValueError("%s must hold integers (node indices), not %s" % (name, array.dtype))
    outside = (array < 0) | (array >= node_count)
    if outside.any():
        row = np.argmax(outside.reshape(len(array), -1).any(axis=1))
        raise ValueError("%s: row %d (%s) is not within the %d nodes" % (name, row, array[row], node_count))
    return np.ascontiguousarray(array, dtype=np.int32)
