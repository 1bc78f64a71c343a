"""Training on several machines with TensorFlow's own distributed runtime: what chief, workers and parameter servers do.

Parameter servers hold the variables. Chief and workers, together the replicas, each compute the gradients of their part of a
batch; these meet in accumulators on the parameter servers (tf.train.SyncReplicasOptimizer), and the chief takes their mean
from there to make the step. How to start them: docs/cluster.md.
"""
import atexit
import logging
import os
import sys
import threading
import time
from concurrent import futures

import numpy as np

from nnet.cluster import ClusterError
from nnet.tf import tf
from nnet.weights import snapshots
from util.command import first_line

LOOK_SECONDS = 2  # between two looks whether chief and parameter servers are there
FROZEN_SECONDS = 60  # without an answer after which they are not
PATIENCE = 15  # seconds of waiting after which the log names who is waited for
GRACE = 5  # seconds: parameter servers stay so much longer, that all others can learn that the training has ended
UNTOUCHED, TRAINING, ENDED = range(3)  # stages of a parameter server
KEPT = []  # sessions: where machines are gone TensorFlow may never come back from closing, or forgetting, one


class Lost(ClusterError):
    """A task that training needs is gone."""


class _Ended(Exception):
    """There is nothing to do any more."""


def _device(job, index):
    return "/job:%s/task:%d" % (job, index)


def _server(task, config):
    try:
        return tf.train.Server(tf.train.ClusterSpec(task.cluster), task.type, task.index, config=config)
    except tf.errors.OpError as error:
        raise ClusterError("%s %d cannot listen at %s: %s" % (task.type, task.index, task.cluster[task.type][task.index],
                                                             error.message)) from None


def _session_to(task, server, config, graph=None):
    """A session that does not mind whether workers are there that it does not need."""
    config.device_filters.extend(_device(*one) for one in task.needed + [(task.type, task.index)])
    KEPT.append(tf.Session(server.target, graph=graph, config=config))
    return KEPT[-1]


def _begun(function, *args):
    """A Future of function(*args), worked out in a thread that nobody has to wait for: where machines are gone TensorFlow's
    calls may never return, and while they run Ctrl-C does nothing."""
    future = futures.Future()

    def work():
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


GONE = tf.errors.OpError, futures.TimeoutError  # what Watch raises


class Watch(object):
    """Chief and parameter servers as seen by one task: whether they are there, and how far training is.

    Each parameter server has a queue whose length is its stage.
    """

    def __init__(self, task, server):
        self._task = task
        self._wait()
        graph = tf.Graph()
        with graph.as_default():
            queues = []
            for job, index in task.needed[1:]:
                with tf.device(_device(job, index) + "/cpu:0"):
                    queues.append(tf.FIFOQueue(ENDED, tf.bool, shapes=(), shared_name="stage"))
            self._stages = [queue.size() for queue in queues]
            self._advance = [queue.enqueue(True) for queue in queues]
            with tf.device(_device(*task.needed[0]) + "/cpu:0"):
                self._chief = tf.timestamp()  # of what there is, what the chief has to compute itself
        self._session = _session_to(task, server, tf.ConfigProto(), graph)

    def _wait(self):
        told = None
        while True:
            missing = self._task.unreachable(self._task.needed)
            if not missing:
                return
            if missing != told:
                logging.info("waiting for %s", ", ".join(missing))
            told = missing
            time.sleep(0.2)

    def stages(self):
        """The set of the parameter servers' stages. Raises one of GONE where one of them, or the chief, does not answer or was
        started anew."""
        stages = set(self._answer(self._stages))
        if ENDED not in stages:
            self._answer(self._chief)
        return stages

    def _answer(self, fetches):
        pending, end = _begun(self._session.run, fetches), time.monotonic() + FROZEN_SECONDS
        while not futures.wait([pending], LOOK_SECONDS).done:
            if self._task.unreachable(self._task.needed) or time.monotonic() > end:
                raise futures.TimeoutError()
        return pending.result()

    def advance(self):
        """Take all parameter servers to the next stage."""
        self._answer(self._advance)

    def until_the_end(self):
        """Returns when training ends. Raises as stages does."""
        while ENDED not in self.stages():
            time.sleep(LOOK_SECONDS)

    def lost(self, error, prefix=""):
        """What is to be raised for an error of TensorFlow's; with the newest snapshot, where there is one of that prefix."""
        missing = self._task.unreachable(self._task.needed)
        reason = " and ".join(missing) + " cannot be reached" if missing else \
            "the chief or a parameter server was started anew, or this machine was cut off (%s)" % first_line(error)
        newest = "".join(": " + path for _, path in snapshots(prefix)[-1:])
        return Lost("%s; started again, all of them go on from the last snapshot%s" % (reason, newest))


def _leave_at_once(status):
    """Let this process end where it would, but without waiting for TensorFlow, which waits for machines that are gone."""
    def leave():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)


def serve(task):
    """What a parameter server does: hold variables until the chief ends. Raises Lost where that is no orderly end."""
    server = _server(task, tf.ConfigProto(device_count={"GPU": 0}))
    logging.info("parameter server %d at %s", task.index, task.cluster["ps"][task.index])
    watch = Watch(task, server)
    try:
        watch.until_the_end()
    except GONE as error:
        _leave_at_once(1)
        raise watch.lost(error) from None
    time.sleep(GRACE)
    _leave_at_once(0)
    logging.info("the training has ended")


class Alone(object):
    """A process that trains by itself."""

    count, place, is_chief = 1, 0, True  # replicas, which of them this one is, and whether it writes snapshots
    device = session = None

    def synchronised(self, optimizer):
        """The optimiser whose steps are those of all replicas."""
        return optimizer

    def open(self, config, step, width):
        """Open `session`. step: the variable global_step; width: of the rows that replicas exchange"""
        self.session = tf.Session(config=config)

    def begin(self):
        """Call it once variables have their values, the chief's: those that it restored."""

    def run(self, fetches, feed):
        """session.run, of what all replicas run"""
        return self.session.run(fetches, feed)

    def passed(self, token, iteration):
        """Call it after a step with the value of its optimiser's operation."""

    def post(self, iteration, row):
        """Tell all replicas a row of numbers, before their step `iteration`."""

    def exchange(self, iteration, row):
        """The rows that all replicas posted before step `iteration`, float64 [replicas, width], once they have."""
        return np.array([row], np.float64)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.session:
            self.session.close()


class Replica(Alone):
    """A process, the chief or a worker, of several that train together. A context: tells parameter servers at its end that the
    training has ended, and turns TensorFlow's errors on what is gone into Lost."""

    def __init__(self, task, prefix):
        """prefix: of snapshots"""
        self._task, self._prefix = task, prefix
        self._reason = self._told = None
        self._left = False
        self.count, self.place = len(task.replicas), task.replicas.index((task.type, task.index))
        self.is_chief = task.is_chief
        self._server = _server(task, None)
        self.device = tf.train.replica_device_setter(len(task.cluster["ps"]), worker_device=_device(task.type, task.index),
                                                     ps_strategy=_least_loaded(len(task.cluster["ps"])))
        logging.info("%s %d: one of %d replicas, with parameter servers at %s", task.type, task.index, self.count,
                     ", ".join(task.cluster["ps"]))

    def synchronised(self, optimizer):
        self._optimizer = tf.train.SyncReplicasOptimizer(optimizer, self.count, self.count)
        return self._optimizer

    def open(self, config, step, width):
        """Open `session`, once chief and parameter servers are there and untouched or, for a worker, have begun to train."""
        with tf.device(step.device):
            # SyncReplicasOptimizer's own queue, by its name
            tokens = tf.FIFOQueue(-1, tf.int64, shapes=(), shared_name="sync_token_q")
            self._next_token = tokens.dequeue()
            self._rows = tf.get_variable("exchanged", [self.count, 1 + width], tf.float64, tf.constant_initializer(-1),
                                         trainable=False, collections=[], use_resource=True)
        self._row = tf.placeholder(tf.float64, [1 + width])
        self._post = tf.scatter_update(self._rows, [self.place], [self._row]).op
        self._read = self._rows.read_value()
        self._watch = self._found(UNTOUCHED if self.is_chief else TRAINING)
        self.session = _session_to(self._task, self._server, config)
        _begun(self._look_after)

    def _found(self, stage):
        """A Watch, when all parameter servers are at this stage."""
        told = False
        while True:
            watch = Watch(self._task, self._server)
            try:
                while True:
                    stages = watch.stages()
                    if stages == {stage}:
                        return watch
                    if ENDED in stages and not self.is_chief:
                        raise _Ended()
                    if not told:
                        logging.info("waiting for the chief to begin" if stage == TRAINING else
                                     "parameter servers still hold an earlier training: waiting for new ones")
                    told = True
                    time.sleep(0.2)
            except GONE:
                time.sleep(0.2)  # and look for the new ones

    def begin(self):
        if self.is_chief:
            self.session.run([self._rows.initializer, self._optimizer.chief_init_op])
            _begun(self._make_steps)
            self._watch.advance()
        else:
            self.session.run(self._optimizer.local_step_init_op)

    def _make_steps(self):
        steps = self._optimizer.get_chief_queue_runner().enqueue_ops
        try:
            while True:
                self.session.run(steps)
        except Exception as error:
            self._end(error)

    def _look_after(self):
        """A step may wait for others for hours; so whether they will ever come is found out beside it."""
        try:
            self._watch.until_the_end()
            self._end(_Ended())
        except GONE as error:
            self._end(error)

    def _end(self, reason):
        """Let run raise, and end the process where it is in another of TensorFlow's calls, which may never return."""
        self._reason = self._reason or reason
        time.sleep(GRACE)
        if self._left:
            return
        if isinstance(reason, _Ended):
            os._exit(0)
        sys.stderr.write("%s\n" % self._watch.lost(reason, self._prefix))
        os._exit(1)

    def run(self, fetches, feed=None):
        """session.run, during which Ctrl-C is heeded and the log tells for whom it waits."""
        pending, told = _begun(self.session.run, fetches, feed), time.monotonic()
        try:
            while not futures.wait([pending], 1).done:
                if self._reason:
                    raise self._reason
                if time.monotonic() > told + PATIENCE:
                    self._tell_missing()
                    told = time.monotonic()
        except KeyboardInterrupt:
            futures.wait([pending], GRACE)  # so that no step is half done
            raise
        return pending.result()

    def _tell_missing(self):
        missing = self._task.unreachable(self._task.replicas)
        if missing and missing != self._told:
            logging.info("waiting for %s", ", ".join(missing))
        self._told = missing

    def passed(self, token, iteration):
        """A worker that dies may leave its token of an earlier step; whoever gets that takes another one."""
        if token > iteration:
            return
        while token <= iteration:
            token = self.run(self._next_token)
        self.run(self._optimizer.local_step_init_op)

    def post(self, iteration, row):
        self.run(self._post, {self._row: np.concatenate([[iteration], row])})

    def exchange(self, iteration, row):
        self.post(iteration, row)
        wait, told = 0.001, time.monotonic()
        while True:
            rows = self.run(self._read)
            if np.all(rows[:, 0] == iteration):
                return rows[:, 1:]
            if time.monotonic() > told + PATIENCE:
                self._tell_missing()
                told = time.monotonic()
            time.sleep(wait)
            wait = min(1.5 * wait, 0.2)

    def __exit__(self, kind, error, trace):
        self._left = True
        if error is None and self.is_chief:
            self._watch.advance()
        _leave_at_once(0 if error is None or isinstance(error, _Ended) else 1)
        if isinstance(error, _Ended):
            logging.info("the training has ended")
            return True
        if isinstance(error, GONE) or isinstance(error, Exception) and self._task.unreachable(self._task.needed):
            raise self._watch.lost(error, self._prefix) from None


def _least_loaded(servers):
    """For replica_device_setter: each variable goes where there are the fewest weights yet."""
    loads = [0] * servers

    def choose(operation):
        place = loads.index(min(loads))
        loads[place] += operation.outputs[0].shape.num_elements() or 1
        return place

    return choose
