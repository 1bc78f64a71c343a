"""Trained networks as files that runtimes take, see nnet.engine: everything that no picture changes is worked out once.

Variables become constants, and with them what is made of them alone: a batch normalisation is then a part of the
convolution before it.

    python -m nnet.freeze --config models/single/test/pose_cfg.yaml     # writes the graphs of nnet.beside

has to be run again where nnet changes a network that comes along; a test tells.
"""
import argparse
import os
import re

import numpy as np

from nnet import beside
from nnet.best_cells import best_cells
from nnet.engine import MIRRORED
from nnet.map_predictor import network_input
from nnet.plain import restored
from nnet.tf import tf
from util.command import run_command
from util.config import PROJECT, find_file, load_config
from util.image import read_image, resize
from util.skeleton import Skeleton

PICTURE = os.path.join(PROJECT, "demo", "images", "woman_standing.jpg")  # on which runtimes are checked
PICTURE_SIZE = 101  # px, its longer side there; no side is then a multiple of a stride, where it is not filled up
CELLS = [[0, 0, 0], [0, 3, 5], [0, 11, 7]]


def freeze(cfg, folder, unfilled=False):
    """Write a config's network to a folder: maps.pb, from pictures as nnet.map_predictor.network_input makes them to maps, and to
    nnet.best_cells of these; with pairwise_predict also pairwise.pb, from features and cells to offsets; and for each what it
    computes for one input, maps.npz and pairwise.npz.

    unfilled: instead of .pb write .meta, without the weights
    """
    with tf.Graph().as_default():
        cells = tf.placeholder(tf.int32, [None, 3])  # place in the batch, row, column
        session, inputs, outputs = restored(cfg, lambda net, inputs: net.test_in_cells(inputs, cells))
        offsets = outputs.pop("pairwise_pred", None)
        outside = tf.placeholder(tf.float32, [None, None, None, 1])
        best = best_cells(outputs, outside)
        columns = tf.placeholder(tf.int32, [None, 1])
        of_both = best_cells(outputs, outside, Skeleton.from_config(cfg).mirror_map, columns)
        best.update({MIRRORED + name: tensor for name, tensor in of_both.items()})
    write = write_unfilled if unfilled else write_frozen
    with session:
        picture = read_image(PICTURE)
        picture = network_input(resize(picture, PICTURE_SIZE / max(picture.shape)), cfg)
        found = write(session, {"inputs": inputs, "outside": outside, "columns": columns}, dict(outputs, **best),
                      {"inputs": picture}, os.path.join(folder, "maps"), outputs)
        if offsets is not None:
            write(session, {"pairwise_features": outputs["pairwise_features"], "cells": cells}, {"offsets": offsets},
                  {"pairwise_features": found["pairwise_features"], "cells": np.array(CELLS, np.int32)},
                  os.path.join(folder, "pairwise"))


def write_frozen(session, fed, fetched, example, path, computed=None):
    """Write the network between tensors as <path>.pb, and an example of what it computes as <path>.npz.

    fed, fetched: {name: tensor}, the file's inputs and outputs; example: {name: array}, of inputs
    computed: those outputs that are computed of the example, if not all
    Returns {name: array}, what the example's outputs are, of the session itself.
    """
    return _write(session, folded(session, fed, fetched), path + ".pb", fed, computed or fetched, example)


def write_unfilled(session, fed, fetched, example, path, computed=None):
    """The same as <path>.meta, without the weights: with the files of the checkpoint, called as it is, it is whole."""
    return _write(session, _unfilled(session.graph, fed, fetched), path + ".meta", fed, computed or fetched, example)


def _write(session, graph, path, fed, computed, example):
    with open(path, "wb") as stream:
        stream.write(graph.SerializeToString(deterministic=True))
    found = session.run(computed, {fed[name]: value for name, value in example.items()})
    arrays = {"in_" + name: value for name, value in example.items()}
    arrays.update({"out_" + name: value for name, value in found.items()})
    np.savez_compressed(os.path.splitext(path)[0] + ".npz", **arrays)
    return found


def folded(session, fed, fetched):
    """The GraphDef of the operations between tensors, where all that does not depend on those fed is a constant.

    fed, fetched: {name: tensor}; the graph's inputs and outputs are called so
    """
    operations, constants = _between(session.graph, fed.values(), fetched.values())
    graph_def = tf.GraphDef()
    graph_def.versions.CopyFrom(session.graph.as_graph_def().versions)
    for name, value in session.run(constants).items():
        node = graph_def.node.add(name=name, op="Const")
        node.attr["dtype"].type = constants[name].dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    _add_nodes(graph_def, [operation.node_def for operation in operations], fed, fetched)
    return graph_def


def _unfilled(graph, fed, fetched):
    """The MetaGraphDef of the operations between tensors, and of those that restore variables."""
    with graph.as_default():
        saver = tf.train.Saver().as_saver_def()
    graph_def, ends = tf.GraphDef(), {tensor.op.name for tensor in fed.values()}
    graph_def.versions.CopyFrom(graph.as_graph_def().versions)
    _add_nodes(graph_def, [node for node in graph.as_graph_def().node if node.name not in ends], fed, fetched)
    meta = tf.MetaGraphDef(saver_def=saver)
    meta.graph_def.CopyFrom(tf.graph_util.extract_sub_graph(graph_def, list(fetched) + [saver.restore_op_name]))
    return meta


def _add_nodes(graph_def, nodes, fed, fetched):
    """Add nodes to a GraphDef, tensors fed as placeholders that they take, and those fetched, by their names."""
    for name, tensor in fed.items():
        node = graph_def.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = tensor.dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tensor.shape.as_proto())
    called = {tensor.op.name: name for name, tensor in fed.items()}
    for one in nodes:
        node = graph_def.node.add()
        node.CopyFrom(one)
        node.input[:] = [called.get(name, name) for name in node.input]
    for name, tensor in fetched.items():
        node = graph_def.node.add(name=name, op="Identity", input=[re.sub(":0$", "", tensor.name)])
        node.attr["T"].type = tensor.dtype.as_datatype_enum


def _between(graph, fed, fetched):
    """({operations that lead from tensors fed to tensors fetched}, {name: tensor that they take and that is constant})"""
    changing = _depending_on(graph, fed)
    ends = {tensor.op for tensor in fed}
    operations, constants, todo = set(), {}, [tensor.op for tensor in fetched]
    while todo:
        operation = todo.pop()
        if operation in operations or operation in ends:
            continue
        operations.add(operation)
        for tensor in operation.inputs:
            if tensor.op in changing:
                todo.append(tensor.op)
            else:
                constants[tensor.op.name] = tensor
    return operations, constants


def _depending_on(graph, tensors):
    """The set of operations that need one of the tensors. In TensorFlow inputs are made before what takes them."""
    found = {tensor.op for tensor in tensors}
    for operation in graph.get_operations():
        if any(tensor.op in found for tensor in operation.inputs):
            found.add(operation)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="pose_cfg.yaml")
    cfg = load_config(parser.parse_args().config)
    weights = find_file(cfg, "init_weights")
    beside.write_graphs(cfg, weights, freeze)
    print("wrote %s" % beside.graph_folder(weights))


if __name__ == "__main__":
    run_command(main)
