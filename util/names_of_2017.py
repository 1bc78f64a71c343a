"""What scripts of 2017 call and nothing here needs; the modules whose names these were import them."""
import numpy as np


def multi_dim_argmax(arr):
    """(rows, columns) of the maxima of [H, W, ...] over its first two axes."""
    height, width = arr.shape[:2]
    return np.unravel_index(arr.reshape((height * width,) + arr.shape[2:]).argmax(axis=0), (height, width))


def interweave_matrices(x, y, z):
    """Three [n, J] -> [n, 3 J]: x, y and z of the first column, then of the second one, ..."""
    return np.stack([x, y, z], axis=2).reshape(len(x), -1)


def _npcircle(image, cx, cy, radius, color, transparency=0.0):
    """Draw a filled circle into a picture."""
    rows, columns = np.ogrid[:image.shape[0], :image.shape[1]]
    inside = (columns - cx) ** 2 + (rows - cy) ** 2 <= radius ** 2
    image[inside] = transparency * image[inside] + (1 - transparency) * np.asarray(color)


def check_point(cur_x, cur_y, minx, miny, maxx, maxy):
    """Whether a point lies inside a box."""
    return minx < cur_x < maxx and miny < cur_y < maxy
