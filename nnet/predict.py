"""From a picture to maps, and from maps to joints: the decoder whose encoder is dataset/targets.py.

Points are (x, y) in px of the network's input; maps are indexed [row, column, channel].
"""
from collections import namedtuple

import numpy as np

from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from dataset.targets import cell_centres, get_pairwise_index, map_size
from nnet.checkpoint import restore_network, skeleton_of
from nnet.net_factory import pose_net
from nnet.tf import session_config, tf
from util.config import adopt_skeleton, find_file
from util.image import resize


def setup_pose_prediction(cfg):
    """(session, inputs, outputs): the network with its weights, on a graph of its own.

    inputs: placeholder of RGB pictures [B, h, w, 3]; outputs: part_prob, then locref and pairwise_pred where the config
    has them. A config that does not say which joints it means takes those of the weights. Raises
    nnet.checkpoint.CheckpointError where the weights are missing or do not fit.
    """
    weights = find_file(cfg, "init_weights")
    skeleton = skeleton_of(weights)
    if skeleton is not None:
        adopt_skeleton(cfg, skeleton, weights)
    with tf.Graph().as_default():
        inputs = tf.placeholder(tf.float32, [None, None, None, 3], "inputs")
        outputs = pose_net(cfg).test(inputs)
        session = tf.Session(config=session_config())
        restore_network(session, weights)
    return session, inputs, [outputs[name] for name in ("part_prob", "locref", "pairwise_pred") if name in outputs]


def extract_cnn_output(outputs_np, cfg, pairwise_stats=None):
    """The network's outputs for one picture -> (score maps [H, W, J], locref [H, W, J, 2] px, pairwise offsets
    [H, W, J (J - 1), 2] px in the order of get_pairwise_index); None for those that the config has not.

    pairwise_stats: see dataset.pairwise_stats; needed with pairwise_predict, read from pairwise_stats_fn if not given
    """
    scores = outputs_np[0][0]
    locref = pairwise = None
    if cfg.location_refinement:
        locref = outputs_np[1][0].reshape(scores.shape + (2,)) * cfg.locref_stdev
    if cfg.pairwise_predict:
        if pairwise_stats is None:
            pairwise_stats = load_pairwise_stats(cfg)
        means, stds = stats_arrays(pairwise_stats, cfg.num_joints)
        raw = outputs_np[-1][0].reshape(scores.shape[:2] + (-1, 2))
        pairwise = np.empty_like(raw)
        pairwise[:, :, pair_order(pairwise_stats, cfg)] = raw
        different = ~np.eye(cfg.num_joints, dtype=bool)  # row-major over (a, b), a != b: the order of the formula
        pairwise = pairwise * stds[different] + means[different]
    return scores, locref, pairwise


def argmax_cells(scmap):
    """(rows [J], columns [J], scores [J]) of each joint's highest cell."""
    height, width, joints = scmap.shape
    best = scmap.reshape(-1, joints).argmax(axis=0)
    return best // width, best % width, scmap.reshape(-1, joints)[best, np.arange(joints)]


def argmax_pose_predict(scmap, offmat, stride):
    """One person: [J, 3] (x, y, score), each joint where its score is highest, plus its location refinement.

    scmap: [H, W, J]; offmat: [H, W, J, 2] px, or None
    """
    rows, columns, scores = argmax_cells(scmap)
    points = cell_centres(rows, columns, stride)
    if offmat is not None:
        points = points + offmat[rows, columns, np.arange(len(rows))]
    return np.column_stack([points, scores])


def argmax_arrows_predict(scmap, offmat, pairwise_diff, stride):
    """{(a, b): (start, end)}: from joint a, found as by argmax_pose_predict, to where its cell expects joint b."""
    rows, columns, _ = argmax_cells(scmap)
    centres = cell_centres(rows, columns, stride)
    starts = argmax_pose_predict(scmap, offmat, stride)[:, :2]
    joints = len(rows)
    return {(a, b): (starts[a],
                     centres[a] + pairwise_diff[rows[a], columns[a], get_pairwise_index(a, b, joints)])
            for a in range(joints) for b in range(joints) if a != b}


Found = namedtuple("Found", "pose scale scores locref")
Found.__doc__ = """A person: pose [J, 3] (x, y, score) in the picture's pixels, and the maps behind it, which belong to the
picture resized by `scale`: scores [H, W, J], locref [H, W, J, 2] px or None."""


class PosePredictor(object):
    """A network with its weights, ready for pictures of any size."""

    def __init__(self, cfg):
        self.cfg = cfg
        self._session, self._inputs, self._outputs = setup_pose_prediction(cfg)
        self._stats = load_pairwise_stats(cfg) if cfg.pairwise_predict else None

    def maps(self, image):
        """uint8 RGB [h, w, 3] -> what extract_cnn_output gives, without any resizing."""
        outputs = self._session.run(self._outputs, {self._inputs: image[None]})
        return extract_cnn_output(outputs, self.cfg, self._stats)

    def scales_for(self, image):
        """The scales at which a person is searched: those that give the picture's longer side the length test_sizes."""
        if not self.cfg.test_sizes:
            return [self.cfg.global_scale]
        return [size / max(image.shape[:2]) for size in self.cfg.test_sizes]

    def find(self, image):
        """The most confident person of a picture, uint8 RGB [h, w, 3], over all scales_for it -> Found.

        Scores count squared: of a body that is half in the picture few joints are certain, and they shall decide, not
        many that are all a little likely.
        """
        return max((self.find_at(image, scale) for scale in self.scales_for(image)),
                   key=lambda found: np.square(found.pose[:, 2]).mean())

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
        bordered = np.empty((image.shape[0] + 2 * width, image.shape[1] + 2 * width, 3), np.float32)
        bordered[:] = self.cfg.mean_pixel
        bordered[width:-width, width:-width] = image
        return bordered
