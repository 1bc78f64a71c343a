"""The network as it is, its variables filled: what scripts of 2017 run. nnet.engine runs the same faster."""
from nnet.weights import adopt_weights_skeleton
from util.config import with_defaults


def setup_pose_prediction(cfg, pairwise_at=None):
    """(session, inputs, outputs): the network with its weights, on the default graph.

    inputs: placeholder of RGB pictures [B, h, w, 3]; outputs: {"part_prob", "locref", "pairwise_pred"}, those that the
    config has, see PoseNet.test, also for pairwise_at. A config that does not say which joints it means takes those of the
    weights. Raises nnet.weights.CheckpointError where the weights are missing or do not fit.
    """
    # Here, since TensorFlow takes seconds to load, and who imports nnet.predict may not need it.
    from nnet.checkpoint import restore_network
    from nnet.net_factory import pose_net
    from nnet.tf import session_config, tf
    with_defaults(cfg)
    weights = adopt_weights_skeleton(cfg)
    inputs = tf.placeholder(tf.float32, [None, None, None, 3], "inputs")
    outputs = pose_net(cfg).test(inputs, pairwise_at)
    session = tf.Session(config=session_config())
    restore_network(session, weights)
    return session, inputs, outputs
