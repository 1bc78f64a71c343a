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
from nnet.cluster import read_tf_config
from nnet.monitor import Monitor, Scalars, measure_snapshots, validation_config
from nnet.net_factory import pose_net
from nnet.pose_net import HEADS, loss_sizes, training_inputs
from nnet.replica import Alone, Replica, serve
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


class Averaging(object):
    """An optimiser whose steps also update running averages; of its methods, those that SyncReplicasOptimizer calls."""

    def __init__(self, optimizer, average, variables):
        self._optimizer, self._average, self._variables = optimizer, average, variables

    def compute_gradients(self, loss, variables):
        return self._optimizer.compute_gradients(loss, variables)

    def apply_gradients(self, gradients, global_step):
        with tf.control_dependencies([self._optimizer.apply_gradients(gradients, global_step)]):
            return self._average.apply(self._variables)


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
    replica: from nnet.replica, which of the processes that train this network together is this one
    """

    def __init__(self, cfg, replica):
        self.cfg, self.replica = cfg, replica
        tf.set_random_seed(cfg.seed)
        with tf.device(replica.device):
            self._build()
        replica.open(session_config(bfloat16=cfg.mixed_precision), self._step, 1 + 2 * len(self._names))
        self.session = replica.session
        if replica.is_chief:
            self.session.run(tf.global_variables_initializer())

    def _build(self):
        cfg = self.cfg
        self._inputs = training_inputs(cfg)
        losses = pose_net(cfg).train(self._inputs)
        self._names = sorted(set(losses) - {"total_loss"})
        self._shares = tf.placeholder(tf.float32, [len(self._names)], "shares")
        self._losses = {name: losses[name] * self._shares[k] for k, name in enumerate(self._names)}
        self._losses["total_loss"] = tf.add_n([self._losses[name] for name in self._names])
        self.network = tf.global_variables()
        self._step = tf.get_variable("global_step", [], tf.int64, tf.zeros_initializer(), trainable=False)
        # Worked out when the step is made, which the chief of a cluster does while it waits for the gradients.
        rate = tf.numpy_function(lambda step: np.float32(learning_rate(cfg, step)), [self._step], tf.float32)
        rate.set_shape([])
        self._build_step(_optimizer(cfg, rate), trained_variables(cfg))
        self.everything = tf.global_variables()
        self._saver = tf.train.Saver(self.everything, max_to_keep=None)  # deletes nothing

    def _build_step(self, optimizer, trained):
        average = None
        if self.cfg.ema_decay:
            average = tf.train.ExponentialMovingAverage(self.cfg.ema_decay, num_updates=self._step)
            optimizer = Averaging(optimizer, average, trained)
        optimizer = self.replica.synchronised(optimizer)
        gradients = optimizer.compute_gradients(self._losses["total_loss"], trained)
        self._gradient_norm = tf.global_norm([gradient for gradient, _ in gradients])
        self._train_op = optimizer.apply_gradients(gradients, global_step=self._step)
        self.averages = {variable: average.average(variable) for variable in trained} if average else {}
        self._begin_averages = [average.assign(variable) for variable, average in self.averages.items()]

    def start(self, restart):
        """Restore weights and return the first iteration: the one after the newest snapshot that is whole, unless `restart`. In
        a cluster the chief does that, and the others join in.

        Raises CheckpointError where there are snapshots and all of them are damaged.
        """
        if self.replica.is_chief:
            self._restore(restart)
        self.replica.begin()
        return self.done() + 1

    def _restore(self, restart):
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

    def step(self, batch, iteration):
        """One step of the optimiser, after agree. Returns {name: loss}. Raises TrainingError where a loss or gradient is not
        finite."""
        feed = {placeholder: batch[key] for key, placeholder in self._inputs.items()}
        feed[self._shares] = self._share
        losses, norm, token = self.replica.run([self._losses, self._gradient_norm, self._train_op], feed)
        if not (np.isfinite(losses["total_loss"]) and np.isfinite(norm)):
            self.replica.post(iteration + 1, np.full(1 + 2 * len(self._names), np.nan))
            items = batch[Batch.data_item]
            paths = [item.im_path for item in (items if isinstance(items, list) else [items])]
            raise TrainingError("iteration %d: the loss, or its gradient, is not finite (%s, gradient's norm %s) with %s; "
                                "the last snapshot is from before" % (
                                    iteration, ", ".join("%s %s" % loss for loss in sorted(losses.items())), norm,
                                    ", ".join(paths)))
        self.replica.passed(token, iteration)
        return losses

    def agree(self, batch, iteration, losses=None):
        """Let all replicas know the sizes of their batches for step `iteration`, and their losses of the step before, of which
        the mean is returned.

        A loss is a mean over those of a batch's cells that count. So that the mean of the replicas' gradients is that of
        one large batch, each replica's loss counts as often as it has such cells.
        """
        sizes = loss_sizes(self.cfg, batch)
        row = [losses is not None] + [sizes.get(name, 1) for name in self._names]
        row += [losses[name] if losses else 0 for name in self._names]
        rows = self.replica.exchange(iteration, row)
        if np.isnan(rows).any():
            raise TrainingError("iteration %d: the loss, or its gradient, is not finite at another replica, whose log names "
                                "the pictures; the last snapshot is from before" % (iteration - 1))
        sizes, losses = np.split(rows[:, 1:], 2, axis=1)
        self._share = sizes[self.replica.place] / np.maximum(sizes.mean(axis=0), 1e-9)
        known = rows[:, 0] > 0  # not those of a replica that died meanwhile and came back
        if known.any():
            means = losses[known].mean(axis=0)
            return dict(zip(self._names, means), total_loss=means.sum())

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

    def __init__(self, cfg, loader, last, replica):
        self._cfg, self._loader, self._last = cfg, loader, last
        self._batch_size = cfg.batch_size * replica.count
        self._scalars = Scalars(cfg.log_dir) if replica.is_chief else None
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
                     iteration, means["total_loss"], rate, self._count * self._batch_size / seconds,
                     100 * (self._loader.waited - self._waited) / seconds, left)
        self.scalars(iteration, dict(means, learning_rate=rate))
        self._begin()

    def scalars(self, iteration, values):
        if self._scalars:
            self._scalars.write(iteration, values)


def train(cfg, restart=False):
    """Train the network of a config from its first, or next, iteration to its last; where the environment variable TF_CONFIG
    describes a cluster, do what this process is to do in it, see nnet.replica.

    Raises DatasetError before it starts where the data set is unusable, UserError where another process trains in the
    snapshots' folder, TrainingError where the loss is not finite, Lost where processes are gone that it needs, and whatever
    the loader raised. Ctrl-C writes a snapshot and stops.
    """
    task = read_tf_config()
    if task and task.type == "ps":
        serve(task)
    elif task and task.type == "evaluator":
        measure_snapshots(_dataset(validation_config(cfg)), last_iteration(cfg))
    elif task and not task.is_chief:
        _train(cfg, restart, task)
    else:
        with alone(os.path.join(os.path.dirname(cfg.snapshot_prefix), "training")):
            _train(cfg, restart, task)


def _train(cfg, restart, task):
    last = last_iteration(cfg)
    dataset = _dataset(cfg)
    dataset.lists_pairwise = True
    val_dataset = _dataset(validation_config(cfg)) if cfg.val_dataset and not task else None
    with Replica(task, cfg.snapshot_prefix) if task else Alone() as replica, tf.Graph().as_default():
        trainer = Trainer(cfg, replica)
        monitor = Monitor(val_dataset, trainer.session, trainer.averages) if val_dataset else None
        first = trainer.start(restart)
        if first > last and replica.is_chief:
            logging.info("nothing to do: iteration %d, the last one, is done", last)
        else:
            _loop(trainer, dataset, monitor, range(first, last + 1))


def _dataset(cfg):
    dataset = factory.create(cfg)
    validate(dataset)
    return dataset


def _loop(trainer, dataset, monitor, iterations):
    cfg, replica, last = trainer.cfg, trainer.replica, iterations.stop - 1
    loader = Loader(lambda number: list_pairwise(dataset.training_batch(number * replica.count + replica.place)),
                    iterations.start)
    progress = Progress(cfg, loader, last, replica)
    try:
        batch = loader.next_batch()
        trainer.agree(batch, iterations.start)
        for iteration in iterations:
            losses = trainer.step(batch, iteration)
            batch = loader.next_batch()
            progress.add(trainer.agree(batch, iteration + 1, losses))
            if iteration % cfg.display_iters == 0 or iteration == last:
                progress.report(iteration)
            if replica.is_chief and ((iteration and iteration % cfg.save_iters == 0) or iteration == last):
                logging.info("wrote %s", trainer.save())
            if monitor and ((iteration and iteration % cfg.val_iters == 0) or iteration == last):
                progress.scalars(iteration, monitor.measure(iteration))
    except KeyboardInterrupt:
        if not replica.is_chief:
            raise
        if trainer.done() >= iterations.start:
            logging.info("stopped; wrote %s, from which the same command goes on", trainer.save())
    finally:
        loader.close()
