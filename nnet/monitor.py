"""PCK on a second data set while the network trains."""
import logging
import os
import socket
import time
from dataclasses import replace

import numpy as np

from dataset import factory
from nnet.checkpoint import restore_network
from nnet.net_factory import pose_net
from nnet.predict import argmax_pose_predict, extract_cnn_output
from nnet.tf import session_config, tf
from nnet.weights import snapshots
from util import pck
from util.command import UserError, first_line
from util.config import Config
from util.image import ImageError

UNCHANGED = dict(mirror=False, shuffle=False, scale_jitter_lo=1.0, scale_jitter_up=1.0, close_up=0, rotation=0,
                 translation=0, colour=0, grey=0, occlusion=0, pairwise_predict=False)


def validation_config(cfg):
    """The config of val_dataset, whose pictures are resized and cut as for training, but not changed at random."""
    if not cfg.val_dataset:
        raise UserError("val_dataset names no pictures on which to measure")
    if cfg.dataset_type == "coco" and "val_phase" not in cfg:
        raise UserError("val_dataset of dataset_type coco needs val_phase, the phase of its annotations and pictures")
    return Config(factory.of_validation(cfg), **UNCHANGED)


def find_around(scores, locref, stride, person):
    """The best place of each joint, [J, 3] (x, y, score), among the cells within a person's box grown by half its size.

    scores: [H, W, J]; locref: [H, W, J, 2] px, or None; person: n x 3 (joint id, x, y) px
    """
    low, high = person[:, 1:].min(axis=0), person[:, 1:].max(axis=0)
    margin = max((high - low).max() / 2, stride)
    limits = np.array(scores.shape[1::-1])  # (columns, rows)
    first = np.clip(((low - margin) // stride).astype(int), 0, limits - 1)
    end = np.clip(((high + margin) // stride).astype(int) + 1, first + 1, limits)
    part = slice(first[1], end[1]), slice(first[0], end[0])
    pose = argmax_pose_predict(scores[part], None if locref is None else locref[part], stride)
    pose[:, :2] += first * stride
    return pose


def within(points, size):
    """[...]: which of points [..., 2] (x, y) lie in a picture. size: (width, height)"""
    return ((points >= 0) & (points <= size)).all(axis=-1)


class Monitor(object):
    """Measures PCK, of people whose place is known where there are several in a picture. Joints that input_size cuts off do
    not count.

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
        """Returns and logs {name: percentage}; {} where there is nothing to measure on."""
        cfg, skeleton = self._dataset.cfg, self._dataset.skeleton
        predicted, people, sizes = [], [], []
        for view in self._views():
            outputs = self._session.run(self._outputs, {self._inputs: view.image[None]})
            scores, locref, _ = extract_cnn_output(outputs, cfg)
            size = view.image.shape[1::-1]
            shown = [person for person in view.people if within(person[:, 1:], size).any()]
            for person in shown:
                people.append(person)
                sizes.append(size)
                predicted.append(argmax_pose_predict(scores, locref, cfg.stride) if len(shown) == 1
                                 else find_around(scores, locref, cfg.stride, person))
        if not people:
            logging.warning("no picture of %s has labels, can be read and has a size that training takes: nothing is measured",
                            cfg.dataset)
            return {}
        poses, labelled = pck.stack_people(people, skeleton.num_joints)
        torso = pck.torso_joints(skeleton)
        if torso:
            name, lengths, threshold = "PCK@0.2 of the torso", pck.pair_lengths(poses, labelled, *torso), 0.2
        else:
            name, lengths, threshold = "PCK@0.1 of the box", pck.box_lengths(poses, labelled), 0.1
        counted = labelled & within(poses, np.array(sizes)[:, None])
        hits = pck.correct(np.array(predicted), poses, counted, lengths, threshold)
        if np.isnan(hits).all():
            logging.warning("%s of %s cannot be measured: nobody's labels tell how large they are", name, cfg.dataset)
            return {}
        figure = 100 * np.nanmean(hits)
        logging.info("iteration: %d validation %s: %.1f (%d people, all joints)", iteration, name, figure, len(people))
        return {"validation_pck": figure}

    def _views(self):
        """Yields the pictures that have labels, see PoseDataset.view; those that cannot be read, or on which training would
        not take place for their size, are left out."""
        cfg = self._dataset.cfg
        for item in self._dataset.data:
            if not item.joints:
                continue
            if cfg.person_size:  # which is that of the first
                item = replace(item, joints=item.joints[:1])
            scale = self._dataset.scale_of(item, cfg.global_scale)
            if not self._dataset.is_valid_size(item.im_size, scale):
                continue
            try:
                yield self._dataset.view(item, scale, np.random.RandomState(0))
            except ImageError as error:
                logging.warning("%s: left out of the validation", error)


class Scalars(object):
    """Figures for TensorBoard, written at once to a file in a folder. On a full disk they are left out, and the next ones begin
    another file; TensorFlow's own writer would end the training, in a thread of its own."""

    def __init__(self, folder):
        """Raises UserError where the folder cannot be made."""
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise UserError("cannot write %s (%s)" % (folder, error.strerror)) from None
        self._start = os.path.join(folder, "events.out.tfevents")
        self._writer = None

    def write(self, iteration, values):
        """values: {name: number}"""
        summary = tf.Summary(value=[tf.Summary.Value(tag=name, simple_value=value) for name, value in values.items()])
        try:
            if self._writer is None:
                name = "%s.%d.%s.%d.%d" % (self._start, time.time(), socket.gethostname(), os.getpid(), iteration)
                self._writer = tf.python_io.TFRecordWriter(name)
                self._writer.write(tf.Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            self._writer.write(tf.Event(wall_time=time.time(), step=iteration, summary=summary).SerializeToString())
            self._writer.flush()
        except (tf.errors.OpError, IndexError) as error:  # IndexError: TensorFlow's OutOfRange, "file too large"
            logging.warning("TensorBoard does not get the figures of iteration %d (%s)", iteration, first_line(error))
            self._writer = None


def measure_snapshots(dataset, last):
    """Measure each new snapshot, as they are written, until that of iteration `last`; see Monitor. For TensorBoard in the
    folder `validation` of log_dir."""
    cfg, measured = dataset.cfg, -1
    scalars = Scalars(os.path.join(cfg.log_dir, "validation"))
    while measured < last:
        newest, path = (snapshots(cfg.snapshot_prefix) or [(-1, None)])[-1]
        if newest == measured:
            time.sleep(1)
            continue
        measured = newest
        if path is None:  # training was started anew
            continue
        with tf.Graph().as_default(), tf.Session(config=session_config(cfg.mixed_precision)) as session:
            pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
            monitor = Monitor(dataset, session, {})
            restore_network(session, path)
            figures = monitor.measure(newest)
        scalars.write(newest, figures)
