"""Trained networks as files that runtimes take, see nnet.engine: everything that no picture changes is worked out once.

Variables become constants, and with them what is made of them alone: a batch normalisation is then a part of the
convolution before it.
"""
import os

import numpy as np

from nnet.plain import setup_pose_prediction
from nnet.tf import tf

PICTURE_SIZE = 70, 101  # px of the picture on which runtimes are checked; neither is a multiple of a stride
CELLS = [[0, 0, 0], [0, 3, 5], [0, 7, 11]]


def freeze(cfg, folder):
    """Write a config's network to a folder: maps.pb, from pictures to maps, with pairwise_predict also pairwise.pb, from
    features and cells to offsets; and for each what it computes for one input, maps.npz and pairwise.npz."""
    with tf.Graph().as_default():
        cells = tf.placeholder(tf.int32, [None, 3])  # place in the batch, row, column
        session, inputs, outputs = setup_pose_prediction(cfg, cells)
    offsets = outputs.pop("pairwise_pred", None)
    with session:
        picture = np.random.RandomState(0).randint(0, 256, (1,) + PICTURE_SIZE + (3,)).astype(np.float32)
        found = write_frozen(session, {"inputs": inputs}, outputs, {"inputs": picture}, os.path.join(folder, "maps"))
        if offsets is not None:
            write_frozen(session, {"pairwise_features": outputs["pairwise_features"], "cells": cells}, {"offsets": offsets},
                         {"pairwise_features": found["pairwise_features"], "cells": np.array(CELLS, np.int32)},
                         os.path.join(folder, "pairwise"))


def write_frozen(session, fed, fetched, example, path):
    """Write the network between tensors as <path>.pb, and an example of what it computes as <path>.npz.

    fed, fetched, example: {name: tensor}, {name: tensor}, {name: array}; the file's inputs and outputs are called so
    Returns {name: array}, what the example's outputs are, of the session itself.
    """
    with open(path + ".pb", "wb") as stream:
        stream.write(folded(session, fed, fetched).SerializeToString())
    found = session.run(fetched, {tensor: example[name] for name, tensor in fed.items()})
    arrays = {"in_" + name: value for name, value in example.items()}
    arrays.update({"out_" + name: value for name, value in found.items()})
    np.savez(path + ".npz", **arrays)
    return found


def folded(session, fed, fetched):
    """The GraphDef of the operations between tensors, where all that does not depend on those fed is a constant.

    fed, fetched: {name: tensor}; the graph's inputs and outputs are called so
    """
    operations, constants = _between(session.graph, fed.values(), fetched.values())
    graph_def = tf.GraphDef()
    graph_def.versions.CopyFrom(session.graph.as_graph_def().versions)
    for name, tensor in fed.items():
        node = graph_def.node.add(name=name, op="Placeholder")
        node.attr["dtype"].type = tensor.dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tensor.shape.as_proto())
    for name, value in session.run(constants).items():
        node = graph_def.node.add(name=name, op="Const")
        node.attr["dtype"].type = constants[name].dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    called = {tensor.op.name: name for name, tensor in fed.items()}
    for operation in operations:
        node = graph_def.node.add()
        node.CopyFrom(operation.node_def)
        node.input[:] = [called.get(name, name) for name in node.input]
    for name, tensor in fetched.items():
        node = graph_def.node.add(name=name, op="Identity", input=[tensor.op.name])
        node.attr["T"].type = tensor.dtype.as_datatype_enum
    return graph_def


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
