"""From maps to joints: the decoder whose encoder is dataset/targets.py. See dataset/maps.py for what maps mean."""
from collections import namedtuple

import numpy as np

from dataset.maps import cell_centres, get_pairwise_index, map_size
from nnet.map_predictor import MapPredictor, extract_cnn_output, on_canvas, scales_for  # noqa: F401
from nnet.plain import setup_pose_prediction  # noqa: F401
from util.image import resize


def argmax_cells(scores):
    """(rows [J], columns [J], scores [J]) of each joint's highest cell. scores: [H, W, J]"""
    height, width, joints = scores.shape
    best = scores.reshape(-1, joints).argmax(axis=0)
    return best // width, best % width, scores.reshape(-1, joints)[best, np.arange(joints)]


def argmax_pose_predict(scmap, offmat, stride):
    """One person: [J, 3] (x, y, score), each joint where its score is highest, plus its location refinement.

    scmap: [H, W, J]; offmat: [H, W, J, 2] px, or None
    """
    rows, columns, scores = argmax_cells(scmap)
    points = cell_centres(rows, columns, stride)
    if offmat is not None:
        points = points + offmat[rows, columns, np.arange(len(rows))]
    return np.column_stack([points, scores])


def argmax_arrows_predict(scmap, offmat, pairwise_diff=None, stride=8.0):
    """{(a, b): (start, end)}: from joint a, found as by argmax_pose_predict, to where its cell expects joint b; none
    without pairwise offsets."""
    if pairwise_diff is None:
        return {}
    rows, columns, _ = argmax_cells(scmap)
    centres = cell_centres(rows, columns, stride)
    starts = argmax_pose_predict(scmap, offmat, stride)[:, :2]
    joints = len(rows)
    return {(a, b): (starts[a],
                     centres[a] + pairwise_diff[rows[a], columns[a], get_pairwise_index(a, b, joints)])
            for a in range(joints) for b in range(joints) if a != b}


SURE = 0.1  # confidence from which on no other scale is tried
FEWEST_JOINTS = 3  # from which a person's size can be told

Found = namedtuple("Found", "pose scale scores locref")
Found.__doc__ = """A person: pose [J, 3] (x, y, score) in the picture's pixels, and the maps behind it, which belong to the
picture, or the part of it around the person, resized by `scale`: scores [H, W, J], locref [H, W, J, 2] px or None."""


def _confidence(found):
    """Scores count squared: of a body that is half in the picture few joints are certain, and they shall decide, not many
    that are all a little likely."""
    return np.square(found.pose[:, 2]).mean()


class PosePredictor(MapPredictor):
    """A network that finds one person in pictures of any size."""

    def find(self, image):
        """The most confident person of a picture, uint8 RGB [h, w, 3], over scales_for it -> Found.

        The scales are tried in turn until somebody is surely there. With person_size, that person is then looked at once
        more, at the size that the network knows best.
        """
        tried = []
        for scale in scales_for(image, self.cfg):
            tried.append(self.find_at(image, scale))
            if _confidence(tried[-1]) >= SURE:
                break
        found = max(tried, key=_confidence)
        return max([found] + self._closer(image, found), key=_confidence)

    def _closer(self, image, found):
        """[Found] in the part of the picture around a person, resized so that its joints span person_size; [] where
        too little of it is certain."""
        points = found.pose[found.pose[:, 2] >= self.cfg.score_threshold, :2]
        if not (self.cfg.person_size and self.cfg.input_size) or len(points) < FEWEST_JOINTS:
            return []
        (x1, y1, x2, y2), scale = self.window_around(image, points)
        closer = self.find_at(image[y1:y2, x1:x2], scale, again=None if self.again is None else False)  # hardly of one size
        closer.pose[:, :2] += x1, y1
        return [closer]

    def window_around(self, image, points):
        """((x1, y1, x2, y2), scale): the part of the picture around points [n, 2], and how to resize it so that they span
        person_size."""
        low, high = points.min(axis=0), points.max(axis=0)
        scale = self.cfg.person_size / max((high - low).max(), 1)
        margin = (self.cfg.input_size / scale - (high - low)) / 2
        x1, y1 = np.maximum(low - margin, 0).astype(int)
        x2, y2 = np.minimum(high + margin + 1, image.shape[1::-1]).astype(int)
        return (x1, y1, x2, y2), scale

    def find_at(self, image, scale, again=None):
        """The person found after resizing by `scale` -> Found. again: see maps"""
        resized = resize(image, scale)
        scores, locref, _ = self.maps(self._with_border(resized), again)
        skipped = self._border_cells()
        rows, columns = (slice(skipped, skipped + side)
                         for side in map_size(resized.shape[0], resized.shape[1], self.cfg.stride))
        scores, locref = scores[rows, columns], None if locref is None else locref[rows, columns]
        pose = argmax_pose_predict(scores, locref, self.cfg.stride)
        pose[:, :2] /= scale
        return Found(pose, scale, scores, locref)

    def _border_cells(self):
        return -(-self.cfg.border // int(self.cfg.stride))

    def _with_border(self, image):
        """Networks trained on crops (input_size) know pictures that end within the input, better than ones that fill it."""
        width = self._border_cells() * int(self.cfg.stride)
        if not width:
            return image
        return on_canvas(image, image.shape[0] + 2 * width, image.shape[1] + 2 * width, self.cfg.mean_pixel, width)
