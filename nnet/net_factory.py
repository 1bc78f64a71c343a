"""From a config to its network."""
from nnet.pose_net import PoseNet


def pose_net(cfg):
    """An object with .train(batch) and .test(inputs), see nnet.pose_net.PoseNet. Raises UserError for an unknown
    net_type."""
    return PoseNet(cfg)
