"""The training loop."""
import collections
import datetime
import logging
import os
import time

import numpy as np

from dataset import factory
from dataset.batch import Batch, list_pairwise
from dataset.loader import Loader
from dataset.validation import validate
from nnet import checkpoint
from nnet.backbone import scope_of
from nnet.monitor import Monitor, validation_config
from nnet.net_factory import pose_net
from nnet.pose_net import HEADS, training_inputs
from nnet.schedule import last_iteration, learning_rate
from nnet.tf import session_config, tf
from util.command import UserError
from util.config import find_file
from util.files import alone
from util.skeleton import Skeleton


class TrainingError(UserError):
    """Training cannot go on; the message says why and names the pictures."""


SMALLEST_SIZE = 1e-4  # of a variable, so that zeros can be left


class RelativeAdam(tf.train.AdamOptimizer):
    """Adam whose learning rate is a part of each variable's size, its root mean square.

    Where batch normalisation was folded into the weights, some have deviations of 0.0005 and others of 10; a step that
    fits the latter destroys the former. Source: Adafactor (arXiv 1804.04235), section 8.
    """

    def _apply_dense(self, gradient, variable):
        rate = self._lr_t
        size = tf.sqrt(tf.reduce_mean(tf.square(tf.convert_to_tensor(variable))))
        self._lr_t = rate * tf.maximum(size, SMALLEST_SIZE)
        try:
            return super(RelativeAdam, self)._apply_dense(gradient, variable)
        finally:
            self._lr_t = rate


def _optimizer(cfg, rate):
    if cfg.optimizer == "sgd":
        return tf.train.MomentumOptimizer(rate, momentum=0.9)
    if cfg.optimizer == "adam":
        return tf.train.AdamOptimizer(rate)
    if cfg.optimizer == "relative_adam":
        return RelativeAdam(rate)
    raise UserError("optimizer '%s' is none of sgd, adam, relative_adam" % cfg.optimizer)


def trained_variables(cfg):
    """The variables of the network that the config does not freeze. Raises UserError for a part that does not exist."""
    frozen = [cfg.freeze] if isinstance(cfg.freeze, str) else cfg.freeze
    scopes = dict({name: "pose/%s/" % name for name in HEADS}, backbone=scope_of(cfg.net_type) + "/")
    unknown = sorted(set(frozen) - set(scopes))
    if unknown:
        raise UserError("freeze: '%s' is none of %s" % (unknown[0], ", ".join(sorted(scopes))))
    return [v for v in tf.trainable_variables() if not v.op.name.startswith(tuple(scopes[name] for name in frozen))]


class Trainer(object):
    """A network in training: its graph, its session, and where it stands.

    network, everything: variables of the network, and also the optimiser's, the step and the running averages
    """

    def __init__(self, cfg):
        self.cfg = cfg
        tf.set_random_seed(cfg.seed)
        self._inputs = training_inputs(cfg)
        self._rate = tf.placeholder(tf.float32, [], "learning_rate")
        self._losses = pose_net(cfg).train(self._inputs)
        self.network = tf.global_variables()
        self._step = tf.get_variable("global_step", [], tf.int64, tf.zeros_initializer(), trainable=False)
        optimizer = _optimizer(cfg, self._rate)
        trained = trained_variables(cfg)
        gradients = optimizer.compute_gradients(self._losses["total_loss"], trained)
        self._gradient_norm = tf.global_norm([gradient for gradient, _ in gradients])
        self._train_op = optimizer.apply_gradients(gradients, global_step=self._step)
        self.averages = {}
        if cfg.ema_decay:
            average = tf.train.ExponentialMovingAverage(cfg.ema_decay, num_updates=self._step)
            with tf.control_dependencies([self._train_op]):
                self._train_op = average.apply(trained)
            self.averages = {variable: average.average(variable) for variable in trained}
        self._begin_averages = [average.assign(variable) for variable, average in self.averages.items()]
        self.everything = tf.global_variables()
        self._saver = tf.train.Saver(self.everything, max_to_keep=None)  # deletes nothing
        self.session = tf.Session(config=session_config(bfloat16=cfg.mixed_precision))
        self.session.run(tf.global_variables_initializer())

    def start(self, restart):
        """Restore weights and return the first iteration: the one after the newest snapshot that is whole, unless `restart`.

        Raises CheckpointError where there are snapshots and all of them are damaged.
        """
        if restart:
            checkpoint.set_aside(self.cfg.snapshot_prefix)
        found = [path for _, path in reversed(checkpoint.snapshots(self.cfg.snapshot_prefix))]
        for path in found or [find_file(self.cfg, "init_weights")]:
            try:
                first = checkpoint.restore_for_training(self.session, path, self.cfg, self.network, self.everything)
                break
            except checkpoint.DamagedError as error:
                if not found:
                    raise
                logging.warning("%s: the snapshot before is taken", error)
        else:
            raise checkpoint.DamagedError("no snapshot %s-... is whole: --restart begins anew" % self.cfg.snapshot_prefix)
        logging.info("going on from %s (--restart begins anew)" if found else "starting from %s", path)
        if not checkpoint.holds_averages(path):
            self.session.run(self._begin_averages)
        self._step.load(first, self.session)
        return first

    def step(self, batch, iteration):
        """One step of the optimiser. Returns {name: loss}. Raises TrainingError where a loss or gradient is not finite."""
        batch = list_pairwise(batch)
        feed = {placeholder: batch[key] for key, placeholder in self._inputs.items()}
        feed[self._rate] = learning_rate(self.cfg, iteration)
        losses, norm, _ = self.session.run([self._losses, self._gradient_norm, self._train_op], feed)
        if not (np.isfinite(losses["total_loss"]) and np.isfinite(norm)):
            items = batch[Batch.data_item]
            paths = [item.im_path for item in (items if isinstance(items, list) else [items])]
            raise TrainingError("iteration %d: the loss, or its gradient, is not finite (%s, gradient's norm %s) with %s; "
                                "the last snapshot is from before" % (
                                    iteration, ", ".join("%s %s" % loss for loss in sorted(losses.items())), norm,
                                    ", ".join(paths)))
        return losses

    def done(self):
        """The last iteration whose step was taken."""
        return int(self.session.run(self._step)) - 1

    def save(self):
        """Write a snapshot, named by the last iteration that was done. Returns its path."""
        side_file = {"config": {k: v for k, v in self.cfg.items()},
                     "skeleton": dict(Skeleton.from_config(self.cfg)._asdict())}
        return checkpoint.save_snapshot(self.session, self.cfg.snapshot_prefix, self.done(), self._saver, side_file)


class Progress(object):
    """Averages of the losses since the last report, speed and time left, to the log and to TensorBoard."""

    def __init__(self, cfg, loader, last):
        self._cfg, self._loader, self._last = cfg, loader, last
        self._writer = tf.summary.FileWriter(cfg.log_dir)
        self._begin()

    def _begin(self):
        self._sums, self._count = collections.defaultdict(float), 0
        self._time, self._waited = time.monotonic(), self._loader.waited

    def add(self, losses):
        self._count += 1
        for name, loss in losses.items():
            self._sums[name] += loss

    def report(self, iteration):
        means = {name: total / self._count for name, total in self._sums.items()}
        seconds = time.monotonic() - self._time
        left = datetime.timedelta(seconds=int(seconds / self._count * (self._last - iteration)))
        rate = learning_rate(self._cfg, iteration)
        logging.info("iteration: %d loss: %.5f lr: %.3g (%.1f images/s, waiting %.0f %%, %s left)",
                     iteration, means["total_loss"], rate, self._count * self._cfg.batch_size / seconds,
                     100 * (self._loader.waited - self._waited) / seconds, left)
        self.scalars(iteration, dict(means, learning_rate=rate))
        self._begin()

    def scalars(self, iteration, values):
        self._writer.add_summary(
            tf.Summary(value=[tf.Summary.Value(tag=name, simple_value=value) for name, value in values.items()]),
            iteration)
        self._writer.flush()

    def close(self):
        self._writer.close()


def train(cfg, restart=False):
    """Train the network of a config from its first, or next, iteration to its last.

    Raises DatasetError before it starts where the data set is unusable, UserError where another process trains in the
    snapshots' folder, TrainingError where the loss is not finite, and whatever the loader raised. Ctrl-C writes a snapshot
    and stops.
    """
    with alone(os.path.join(os.path.dirname(cfg.snapshot_prefix), "training")):
        _train(cfg, restart)


def _train(cfg, restart):
    last = last_iteration(cfg)
    dataset = factory.create(cfg)
    dataset.lists_pairwise = True
    validate(dataset)
    val_dataset = factory.create(validation_config(cfg)) if cfg.val_dataset else None
    if val_dataset:
        validate(val_dataset)
    with tf.Graph().as_default():
        trainer = Trainer(cfg)
        monitor = Monitor(val_dataset, trainer.session, trainer.averages) if val_dataset else None
        first = trainer.start(restart)
        if first > last:
            logging.info("nothing to do: iteration %d, the last one, is done", last)
            return
        loader = Loader(dataset.training_batch, first)
        progress = Progress(cfg, loader, last)
        try:
            for iteration in range(first, last + 1):
                progress.add(trainer.step(loader.next_batch(), iteration))
                if iteration % cfg.display_iters == 0 or iteration == last:
                    progress.report(iteration)
                if (iteration and iteration % cfg.save_iters == 0) or iteration == last:
                    logging.info("wrote %s", trainer.save())
                if monitor and ((iteration and iteration % cfg.val_iters == 0) or iteration == last):
                    progress.scalars(iteration, monitor.measure(iteration))
        except KeyboardInterrupt:
            if trainer.done() >= first:
                logging.info("stopped; wrote %s, from which the same command goes on", trainer.save())
        finally:
            loader.close()
            progress.close()
            trainer.session.close()
