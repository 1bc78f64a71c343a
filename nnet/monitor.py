"""PCK on a second data set while the network trains."""
import logging

import numpy as np

from dataset import factory
from dataset.pose_dataset import Batch
from nnet.net_factory import pose_net
from nnet.tf import tf
from util import pck
from util.config import Config
from util.skeleton import Skeleton

UNCHANGED = dict(mirror=False, shuffle=False, scale_jitter_lo=1.0, scale_jitter_up=1.0, close_up=0, rotation=0,
                 translation=0, colour=0, grey=0, occlusion=0)


class Monitor(object):
    """Measures PCK of one person a picture, on pictures resized as for training but otherwise unchanged.

    That is easier than a picture in which the person's size has to be found as well: for figures to be published use
    test.py and eval_pck.py.
    """

    def __init__(self, cfg, session):
        self._cfg = Config(dict(cfg, dataset=cfg.val_dataset, **UNCHANGED))
        self._dataset = factory.create(self._cfg)
        self._session = session
        self._skeleton = Skeleton.from_config(cfg)
        self._inputs = tf.placeholder(tf.float32, [None, None, None, 3])
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            outputs = pose_net(self._cfg).test(self._inputs)
        scores = outputs["part_prob"]
        # A joint is where its score is highest: reduce the maps to [B, J, (cell, x, y)] on the inside.
        shape = tf.shape(scores)
        joints = self._skeleton.num_joints
        flat = tf.reshape(scores, [shape[0], -1, joints])  # [B, H * W, J]
        cell = tf.argmax(flat, axis=1, output_type=tf.int32)  # [B, J]
        position = tf.stack([cell % shape[2], cell // shape[2]], axis=-1)
        self._points = (tf.cast(position, tf.float32) + 0.5) * cfg.stride
        if cfg.location_refinement:
            offsets = tf.reshape(outputs["locref"], [shape[0], -1, joints, 2])
            index = tf.stack(tf.meshgrid(tf.range(shape[0]), tf.range(joints), indexing="ij"), axis=-1)
            index = tf.concat([index[..., :1], cell[..., None], index[..., 1:]], axis=-1)  # [B, J, 3]
            self._points += tf.gather_nd(offsets, index) * cfg.locref_stdev

    def measure(self, iteration):
        """Returns and logs {name: percentage}."""
        predicted, people = [], []
        items = [item for item in self._dataset.data if item.joints]
        for item in items:
            view = self._dataset.view(item, self._dataset.scale_of(item), np.random.RandomState(0))
            predicted.append(self._session.run(self._points, {self._inputs: view.image[None]})[0])
            people.append(view.people[0])
        poses, labelled = pck.stack_people(people, self._skeleton.num_joints)
        torso = pck.torso_joints(self._skeleton)
        if torso:
            name, lengths, threshold = "PCK@0.2 of the torso", pck.pair_lengths(poses, labelled, *torso), 0.2
        else:
            name, lengths, threshold = "PCK@0.1 of the box", pck.box_lengths(poses, labelled), 0.1
        hits = pck.correct(np.array(predicted), poses, labelled, lengths, threshold)
        figure = 100 * np.nanmean(hits)
        logging.info("iteration: %d validation %s: %.1f (%d pictures, all joints)", iteration, name, figure, len(items))
        return {"validation_pck": figure}
