"""How a video moves from one frame to the next: dense optical flow (DIS, Kroeger et al., arXiv 1603.03590), and small patches
that tell whether what was at a point is at another one now.
"""
import numpy as np
from scipy.ndimage import map_coordinates

from util.command import UserError

try:
    import cv2
except ImportError:
    cv2 = None

FLOW_SIZE = 480  # px: motion is measured in frames reduced to as many pixels as a square of this side has
SMALLEST = 32  # px: OpenCV's flow ends the process where a side is smaller
PATCH = 8  # samples along a side of a patch
PATCH_SIDE = 4.0  # its side, in units of the person: see multiperson.pairwise.person_units


def require_cv2():
    if cv2 is None:
        raise UserError('tracking needs another package: pip install -e ".[video]"')


class View(object):
    """What of a frame is kept for motion.

    image: the frame; grey: uint8 [h, w], reduced to FLOW_SIZE; scale: [2] (x, y), its pixels over the frame's
    """

    def __init__(self, image):
        """image: uint8 RGB [h, w, 3]"""
        require_cv2()
        self.image = image
        scale = min(1.0, FLOW_SIZE / np.sqrt(image.shape[0] * image.shape[1]))
        size = tuple(max(int(round(side * scale)), SMALLEST) for side in image.shape[1::-1])
        self.scale = np.divide(size, image.shape[1::-1])
        self.grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)

    def patches(self, points, units):
        """points: [n, 2] px of the frame; units: [n] px -> [n, PATCH ** 2] float32, each of mean 0 and length 1, so that
        the product of two is their correlation; 0 where the picture is uniform."""
        places = _around(points, units) * self.scale - 0.5
        found = map_coordinates(self.grey, places.reshape(-1, 2).T[::-1], np.float32, order=1, mode="nearest")
        found = found.reshape(len(points), PATCH ** 2)
        found -= found.mean(axis=1, keepdims=True)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-3)

    def colours(self, points, units):
        """The same points and units -> [n, 3] float32: the mean colour of each patch, RGB in 0..1."""
        columns, rows = np.clip(_around(points, units).astype(int), 0, np.array(self.image.shape[1::-1]) - 1).transpose(2, 0, 1)
        return self.image[rows, columns].mean(axis=1, dtype=np.float32) / 255


def _around(points, units):
    """[n, PATCH ** 2, 2]: the samples of the patches around points [n, 2], units: [n], all in px"""
    steps = (np.arange(PATCH) + 0.5) / PATCH - 0.5
    return points[:, None] + units[:, None, None] * PATCH_SIDE * np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)


class Motion(object):
    """The optical flow between two Views, forwards and backwards."""

    def __init__(self, before, after):
        flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._scale = before.scale
        self._forward = flow.calc(before.grey, after.grey, None)
        self._backward = flow.calc(after.grey, before.grey, None)

    def carry(self, points):
        """points: [n, 2] px of the frame before -> (where they are in the frame after, [n, 2] px; error: [n] px, how far from
        its point one comes out that is followed forwards and back again)."""
        start = points * self._scale - 0.5
        end = start + _at(self._forward, start)
        error = np.linalg.norm((end + _at(self._backward, end) - start) / self._scale, axis=1)
        return (end + 0.5) / self._scale, error


def _at(field, points):
    """A field [h, w, 2] at points [n, 2] (x, y) px, bilinear -> [n, 2]"""
    return np.stack([map_coordinates(field[..., axis], points.T[::-1], order=1, mode="nearest") for axis in (0, 1)], axis=1)
