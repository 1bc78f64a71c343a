"""Snapshots: written whole or not at all, with a side file (JSON) that holds the config and the iteration.

    python -m nnet.checkpoint snapshot-10000 models/mine      # the weights alone, to be kept or shipped
"""
import argparse
import contextlib
import json
import logging
import os
import re
import shutil

from nnet.backbone import scope_of
from nnet.tf import tf
from nnet.weights import PARTS, CheckpointError, read_side_file, required, snapshots
from util.command import run_command

AVERAGE = "/ExponentialMovingAverage"  # follows a variable's name: its running average, see ema_decay
KEPT = 5  # snapshots; older ones are deleted


class DamagedError(CheckpointError):
    """Weights whose files are not as they were written: TensorFlow has checksums of all of them."""


def save(session, prefix, saver, side_file, graph=False):
    """Write a saver's variables and side_file (a dict for JSON) as the checkpoint `prefix`, with `graph` also the graph. An
    interruption leaves no half. Raises CheckpointError."""
    folder = os.path.dirname(os.path.abspath(prefix))
    temporary = os.path.join(folder, ".writing")  # one name, so that what a killed process left is used up
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        os.makedirs(temporary)
        name = os.path.join(temporary, os.path.basename(prefix))
        saver.save(session, name, write_meta_graph=False, write_state=False)
        if graph:
            saver.export_meta_graph(name + ".meta", clear_devices=True)  # machines of a cluster, among them
        with open(name + ".json", "w") as stream:
            json.dump(side_file, stream, indent=1)
        remove(prefix)
        _move(name, prefix)
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError("cannot write the weights %s (%s)" % (prefix, _reason(error))) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move(prefix, to):
    for part in reversed(PARTS):
        if os.path.exists(prefix + part):
            os.replace(prefix + part, to + part)


def remove(prefix):
    """Delete a checkpoint, where there is one."""
    for part in PARTS:
        if os.path.exists(prefix + part):
            os.remove(prefix + part)


def set_aside(prefix):
    """Move all snapshots <prefix>-<iteration> into a folder beside them, for a training that begins anew."""
    for _, path in snapshots(prefix):
        folder = os.path.join(os.path.dirname(os.path.abspath(path)), "before-restart")
        os.makedirs(folder, exist_ok=True)
        _move(path, os.path.join(folder, os.path.basename(path)))


def save_snapshot(session, prefix, iteration, saver, side_file):
    """save() as <prefix>-<iteration>, then delete all but the newest snapshots. Returns the path prefix.

    With the graph, and the file `checkpoint`, for tools that call tf.train.import_meta_graph and latest_checkpoint.
    """
    path = "%s-%d" % (prefix, iteration)
    save(session, path, saver, dict(side_file, iteration=int(iteration)), graph=True)
    there = [one for _, one in snapshots(prefix)]
    for old in there[:-KEPT]:
        remove(old)
    tf.train.update_checkpoint_state(os.path.dirname(path) or ".", path, there[-KEPT:])
    return path


@contextlib.contextmanager
def reading(prefix):
    """Raises DamagedError where a checkpoint's files cannot be read."""
    try:
        yield
    except (tf.errors.OpError, RuntimeError, ValueError, IndexError) as error:  # what a file that is cut off leads to
        raise DamagedError("the weights %s are damaged (%s)" % (prefix, _reason(error))) from None


def _reason(error):
    """The gist of what TensorFlow, which goes on with the node of its graph, or the operating system says."""
    message = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
    return (message.split("\n\t [[")[0].strip() or type(error).__name__).splitlines()[-1]


def _reader(prefix):
    with reading(required(prefix)):
        return tf.train.NewCheckpointReader(prefix)


def _split(variables, shapes):
    """Variables -> (those that a checkpoint's {name: shape} has, those that it has not)."""
    there = [v for v in variables if shapes.get(v.op.name) == v.shape.as_list()]
    return there, [v for v in variables if v not in there]


def holds_averages(prefix):
    """Whether a checkpoint holds running averages of its variables."""
    return any(name.endswith(AVERAGE) for name in _reader(prefix).get_variable_to_shape_map())


def restore_network(session, prefix):
    """Fill all variables of a network in test mode, with their running averages where the checkpoint has them. Raises
    CheckpointError where one is missing."""
    shapes = _reader(prefix).get_variable_to_shape_map()
    there, missing = _split(tf.global_variables(), shapes)
    if missing:
        raise CheckpointError("the weights %s do not fit this config: they lack %s %s (and %d more)" % (
            prefix, missing[0].op.name, missing[0].shape.as_list(), len(missing) - 1))
    saver = tf.train.Saver({_tested_name(v.op.name, shapes): v for v in there})
    with reading(prefix):
        saver.restore(session, prefix)


def _tested_name(name, shapes):
    return name + AVERAGE if name + AVERAGE in shapes else name


def restore_for_training(session, prefix, cfg, network, everything):
    """Fill what a checkpoint has, and return the iteration at which training goes on.

    A snapshot of this project fills everything and goes on after its iteration. One of the 2017 code holds the network
    alone; the iteration is in its name. Where the heads do not fit (ImageNet's weights, other joints) they stay as they
    are and training begins at 0; a backbone that does not fit is an error.

    network: variables of the network; everything: also the optimiser's and the step
    """
    reader = _reader(prefix)
    shapes = reader.get_variable_to_shape_map()
    there, missing = _split(network, shapes)
    lacking = [v.op.name for v in missing if v.op.name.startswith(scope_of(cfg.net_type) + "/")]
    if lacking:
        raise CheckpointError("the weights %s are not those of a %s: they lack %s" % (prefix, cfg.net_type, lacking[0]))
    first = 0
    if missing:
        logging.info("%s: these start anew: %s", prefix, ", ".join(v.op.name for v in missing))
    elif "global_step" in shapes:
        there, _ = _split(everything, shapes)
        with reading(prefix):
            first = int(reader.get_tensor("global_step"))
    else:
        number = re.search(r"snapshot-(\d+)$", prefix)
        first = int(number.group(1)) + 1 if number else 0
    # Not by a Saver, which lets each machine of a cluster read its variables: the file may be on this one alone.
    with reading(prefix):
        values = {v.initializer.inputs[1]: reader.get_tensor(v.op.name) for v in there}
    session.run([v.initializer for v in there], values)
    return first


def export_weights(snapshot, out):
    """Copy the network's variables of a snapshot, without the optimiser's, to the checkpoint `out`; their running averages
    where it has them."""
    reader = _reader(snapshot)
    shapes = reader.get_variable_to_shape_map()
    left_out = ("Momentum", "Adam", "Adam_1", AVERAGE[1:])
    names = [name for name in shapes if "/" in name and name.split("/")[-1] not in left_out]
    with tf.Graph().as_default(), tf.Session() as session:
        with reading(snapshot):
            variables = [tf.get_variable(name, initializer=reader.get_tensor(_tested_name(name, shapes)))
                         for name in sorted(names)]
        session.run(tf.global_variables_initializer())
        save(session, out, tf.train.Saver(variables), read_side_file(snapshot))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot")
    parser.add_argument("out")
    args = parser.parse_args()
    export_weights(args.snapshot, args.out)


if __name__ == "__main__":
    run_command(main)
