"""PCK on a second data set while the network trains."""
import logging
from dataclasses import replace

import numpy as np

from nnet.net_factory import pose_net
from nnet.predict import argmax_pose_predict, extract_cnn_output
from nnet.tf import tf
from util import pck
from util.config import Config

UNCHANGED = dict(mirror=False, shuffle=False, scale_jitter_lo=1.0, scale_jitter_up=1.0, close_up=0, rotation=0,
                 translation=0, colour=0, grey=0, occlusion=0, pairwise_predict=False)


def unchanged(cfg, dataset):
    """The config of a data set whose pictures are resized and cut as for training, but not changed at random."""
    return Config(dict(cfg, dataset=dataset, **UNCHANGED))


class Monitor(object):
    """Measures PCK of one person a picture.

    Pictures are resized by their person's known size, if training does so. That is easier than a picture in which the
    size has to be found as well: for figures to be published use test.py and eval_pck.py.
    """

    def __init__(self, dataset, session, averages):
        """averages: {variable: its running average}; where there is one it is measured"""
        self._dataset, self._session = dataset, session
        self._inputs = tf.placeholder(tf.float32, [1, None, None, 3])
        by_name = {variable.op.name: average for variable, average in averages.items()}

        def averaged(getter, name, *args, **kwargs):
            return by_name[name] if name in by_name else getter(name, *args, **kwargs)

        with tf.variable_scope(tf.get_variable_scope(), reuse=True, custom_getter=averaged):
            self._outputs = pose_net(dataset.cfg).test(self._inputs)

    def measure(self, iteration):
        """Returns and logs {name: percentage}."""
        cfg, skeleton = self._dataset.cfg, self._dataset.skeleton
        items = [replace(item, joints=item.joints[:1]) for item in self._dataset.data if item.joints]
        scales = [self._dataset.scale_of(item, cfg.global_scale) for item in items]
        views = [self._dataset.view(item, scale, np.random.RandomState(0)) for item, scale in zip(items, scales)]
        maps = [extract_cnn_output(self._session.run(self._outputs, {self._inputs: view.image[None]}), cfg)
                for view in views]
        predicted = np.array([argmax_pose_predict(scores, locref, cfg.stride) for scores, locref, _ in maps])
        poses, labelled = pck.stack_people([view.people[0] for view in views], skeleton.num_joints)
        torso = pck.torso_joints(skeleton)
        if torso:
            name, lengths, threshold = "PCK@0.2 of the torso", pck.pair_lengths(poses, labelled, *torso), 0.2
        else:
            name, lengths, threshold = "PCK@0.1 of the box", pck.box_lengths(poses, labelled), 0.1
        figure = 100 * np.nanmean(pck.correct(predicted, poses, labelled, lengths, threshold))
        logging.info("iteration: %d validation %s: %.1f (%d pictures, all joints)", iteration, name, figure, len(items))
        return {"validation_pck": figure}
