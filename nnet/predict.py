"""From a picture to maps, and from maps to joints: the decoder whose encoder is dataset/targets.py. See dataset/maps.py
for what maps mean.
"""
from collections import namedtuple

import numpy as np

from dataset.maps import Maps, cell_centres, get_pairwise_index, locref_px, map_size, pairwise_px
from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from nnet.checkpoint import restore_network, skeleton_of
from nnet.engine import fast_session
from nnet.net_factory import pose_net
from nnet.tf import session_config, tf
from util.config import adopt_skeleton, find_file, with_defaults
from util.image import resize
from util.skeleton import Skeleton


def setup_pose_prediction(cfg, pairwise_at=None):
    """(session, inputs, outputs): the network with its weights, on the default graph.

    inputs: placeholder of RGB pictures [B, h, w, 3]; outputs: {"part_prob", "locref", "pairwise_pred"}, those that the
    config has, see PoseNet.test, also for pairwise_at. A config that does not say which joints it means takes those of the
    weights. Raises nnet.checkpoint.CheckpointError where the weights are missing or do not fit.
    """
    with_defaults(cfg)
    weights = find_file(cfg, "init_weights")
    skeleton = skeleton_of(weights)
    if skeleton is not None:
        adopt_skeleton(cfg, skeleton, weights)
    inputs = tf.placeholder(tf.float32, [None, None, None, 3], "inputs")
    outputs = pose_net(cfg).test(inputs, pairwise_at)
    session = tf.Session(config=session_config())
    restore_network(session, weights)
    return session, inputs, outputs


def extract_cnn_output(outputs_np, cfg, pairwise_stats=None):
    """The network's outputs for one picture -> Maps.

    outputs_np: {"part_prob", ...}, what the outputs of setup_pose_prediction are
    pairwise_stats: see dataset.pairwise_stats; needed with pairwise_predict, read from pairwise_stats_fn if not given
    """
    with_defaults(cfg)
    locref = pairwise = None
    if cfg.location_refinement:
        locref = locref_px(outputs_np["locref"][0], cfg.locref_stdev)
    if cfg.pairwise_predict:
        pairwise = _decoded_pairwise(outputs_np["pairwise_pred"][0], cfg, pairwise_stats or load_pairwise_stats(cfg))
    return Maps(outputs_np["part_prob"][0], locref, pairwise)


def _decoded_pairwise(raw, cfg, stats):
    return pairwise_px(raw, stats_arrays(stats, cfg.num_joints), pair_order(stats, cfg))


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


class PairwiseField(object):
    """Pairwise offsets of a picture, an array [H, W, J (J - 1), 2] px that is worked out only where one looks:
    field[rows, columns] with index arrays [n] -> [n, J (J - 1), 2]. Detections are few among the cells."""

    def __init__(self, shape, offsets_at):
        """offsets_at: function from cells, int [n, 2] (row, column), to offsets [n, J (J - 1), 2] px"""
        self.shape = shape
        self._offsets_at = offsets_at

    def __getitem__(self, cells):
        return self._offsets_at(np.stack(cells, axis=1))

    def dense(self):
        """The whole array."""
        rows, columns = (index.ravel() for index in np.indices(self.shape[:2]))
        return self[rows, columns].reshape(self.shape)


def scales_for(image, cfg):
    """The scales at which people are searched: those that give the picture as many pixels as squares of the sides
    test_sizes have."""
    if not cfg.test_sizes:
        return [cfg.global_scale]
    return [size / np.sqrt(image.shape[0] * image.shape[1]) for size in cfg.test_sizes]


class PosePredictor(object):
    """A network with its weights, ready for pictures of any size."""

    def __init__(self, cfg):
        self.cfg = cfg
        with tf.Graph().as_default():
            cells = tf.placeholder(tf.int32, [None, 3], "cells")  # place in the batch, row, column
            session, inputs, outputs = setup_pose_prediction(cfg, cells)
        offsets = outputs.pop("pairwise_pred", None)
        self._session, (self._inputs,), self._outputs = fast_session(session, [inputs], outputs, cfg.precision)
        if offsets is not None:
            self._pairwise = fast_session(session, [outputs["pairwise_features"], cells], {"offsets": offsets}, cfg.precision)
        session.close()
        self._stats = load_pairwise_stats(cfg) if cfg.pairwise_predict else None

    def maps(self, image):
        """RGB [h, w, 3] -> Maps, without any resizing; pairwise is a PairwiseField. With test_mirrored, scores and locref
        are means over the picture and its mirror image.
        """
        pictures = self._with_mirror_image(image) if self.cfg.test_mirrored else image[None]
        found = self._session.run(self._outputs, {self._inputs: pictures})
        scores, locref, pairwise = self._mean(found["part_prob"]), None, None
        if "locref" in found:
            locref = self._mean(locref_px(found["locref"], self.cfg.locref_stdev), mirrored=[-1, 1])
        if "pairwise_features" in found:
            features = found["pairwise_features"][:1]
            shape = scores.shape[:2] + (self.cfg.num_joints * (self.cfg.num_joints - 1), 2)
            pairwise = PairwiseField(shape, lambda cells: self._offsets_at(features, cells))
        return Maps(scores, locref, pairwise)

    def maps_by_scale(self, image):
        """Yields (scale, Maps) for each of scales_for a picture: the maps of the picture resized by it."""
        for scale in self.scales_for(image):
            yield scale, self.maps(resize(image, scale))

    def _with_mirror_image(self, image):
        """[2, H, W, 3], filled up to whole cells, so that they lie as well when the picture is mirrored."""
        height, width = (side * int(self.cfg.stride) for side in map_size(*image.shape[:2], self.cfg.stride))
        filled = self._on_canvas(image, height, width)
        return np.stack([filled, filled[:, ::-1]])

    def _mean(self, maps, mirrored=1):
        """Maps [B, H, W, J, ...] of a picture, and with B = 2 its mirror image -> [H, W, J, ...]

        mirrored: what the values of the second become, as a factor
        """
        if len(maps) == 1:
            return maps[0]
        joints = Skeleton.from_config(self.cfg).mirror_map
        return (maps[0] + maps[1][:, ::-1, joints] * mirrored) / 2

    def _on_canvas(self, image, height, width, corner=0):
        """The picture in one of height x width px of mean_pixel, `corner` px from its top and left. float32"""
        canvas = np.empty((height, width, 3), np.float32)
        canvas[:] = self.cfg.mean_pixel
        canvas[corner:corner + image.shape[0], corner:corner + image.shape[1]] = image
        return canvas

    def _offsets_at(self, features, cells):
        session, fed, fetched = self._pairwise
        found = session.run(fetched, dict(zip(fed, (features, np.insert(cells, 0, 0, axis=1)))))
        return _decoded_pairwise(found["offsets"], self.cfg, self._stats)

    def scales_for(self, image):
        """See scales_for."""
        return scales_for(image, self.cfg)

    def find(self, image):
        """The most confident person of a picture, uint8 RGB [h, w, 3], over scales_for it -> Found.

        The scales are tried in turn until somebody is surely there. With person_size, that person is then looked at once
        more, at the size that the network knows best.
        """
        tried = []
        for scale in self.scales_for(image):
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
        closer = self.find_at(image[y1:y2, x1:x2], scale)
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

    def find_at(self, image, scale):
        """The person found after resizing by `scale` -> Found."""
        resized = resize(image, scale)
        scores, locref, _ = self.maps(self._with_border(resized))
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
        return self._on_canvas(image, image.shape[0] + 2 * width, image.shape[1] + 2 * width, width)
