"""The network as it is, its variables filled: what scripts of 2017 run. nnet.engine runs the same faster."""
from nnet.weights import adopt_weights_skeleton
from util.config import with_defaults


def setup_pose_prediction(cfg):
    """(session, inputs, outputs): the network with its weights, on the default graph.

    inputs: placeholder of RGB pictures [B, h, w, 3]; outputs: {"part_prob", "locref", "pairwise_pred"}, those that the
    config has, see PoseNet.test. A config that does not say which joints it means takes those of the weights.
    Raises nnet.weights.CheckpointError where the weights are missing or do not fit.
    """
    return restored(cfg, lambda net, inputs: net.test(inputs))


def restored(cfg, connect):
    """The same of another part of the network. connect: function from the PoseNet and the inputs, a placeholder [B, h, w, 3],
    to the outputs"""
    # Here, since TensorFlow takes seconds to load, and who imports nnet.predict may not need it.
    from nnet.checkpoint import restore_network
    from nnet.net_factory import pose_net
    from nnet.tf import session_config, tf
    with_defaults(cfg)
    weights = adopt_weights_skeleton(cfg)
    inputs = tf.placeholder(tf.float32, [None, None, None, 3], "inputs")
    outputs = connect(pose_net(cfg), inputs)
    session = tf.Session(config=session_config())
    restore_network(session, weights)
    return session, inputs, outputs
