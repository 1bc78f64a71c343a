"""A trained network, made fast: everything in its graph that no picture changes is worked out once."""
from nnet.tf import session_config, tf


def fast_session(session, fed, fetched, precision="auto"):
    """(session, fed, fetched): the same network, with its own graph; what setup_pose_prediction gives, but faster.

    Variables become constants, and with them what is made of them alone: a batch normalisation is then a part of the
    convolution before it.

    fed: [tensor] that runs feed, all of them: placeholders, or what the network makes of those on its way
    fetched: {name: tensor} that they fetch. Each set of tensors fetched keeps weights of its own: better always all
    precision: "exact", float32, equal to the network given to 1e-4; "auto", bfloat16 where the processor computes in it,
        else the same
    """
    graph_def = folded(session, fed, list(fetched.values()))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    same = {name: graph.get_tensor_by_name(tensor.name) for name, tensor in fetched.items()}
    return (tf.Session(graph=graph, config=session_config(bfloat16=precision == "auto")),
            [graph.get_tensor_by_name(tensor.name) for tensor in fed], same)


def folded(session, fed, fetched):
    """The GraphDef of the operations between tensors, where all that does not depend on those fed is a constant. Names stay
    as they are."""
    changing = _depending_on(session.graph, fed)
    operations, constants, todo = {tensor.op for tensor in fed}, {}, [tensor.op for tensor in fetched]
    while todo:
        operation = todo.pop()
        if operation in operations:
            continue
        operations.add(operation)
        for tensor in operation.inputs:
            if tensor.op in changing:
                todo.append(tensor.op)
            else:
                constants[tensor.op.name] = tensor
    graph_def = tf.GraphDef()
    graph_def.versions.CopyFrom(session.graph.as_graph_def().versions)
    for tensor in fed:
        node = graph_def.node.add(name=tensor.op.name, op="Placeholder")
        node.attr["dtype"].type = tensor.dtype.as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tensor.shape.as_proto())
    for name, value in session.run(constants).items():
        node = graph_def.node.add(name=name, op="Const")
        node.attr["dtype"].type = constants[name].dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    graph_def.node.extend(operation.node_def for operation in operations - {tensor.op for tensor in fed})
    return graph_def


def _depending_on(graph, tensors):
    """The set of operations that need one of the tensors. In TensorFlow inputs are made before what takes them."""
    found = {tensor.op for tensor in tensors}
    for operation in graph.get_operations():
        if any(tensor.op in found for tensor in operation.inputs):
            found.add(operation)
    return found
