"""ResNet v1 ("bottleneck_v1") of stride 16, with slim's variable names: the backbone of DeeperCut.

He et al., "Deep Residual Learning for Image Recognition" (arXiv 1512.03385). As in slim, the stride of a block sits in
its last unit. The stride of block 3 would make 32, so block 4 is dilated instead (Chen et al., arXiv 1412.7062).
"""
from nnet.layers import conv_bn
from nnet.tf import tf

UNITS = {"resnet_50": (3, 4, 6, 3), "resnet_101": (3, 4, 23, 3)}


def _conv_same(x, channels, size, stride, rate, name):
    """A strided convolution pads explicitly on both sides, so that its result does not depend on the side's parity."""
    if stride == 1:
        return conv_bn(x, channels, size, 1, rate, name=name)
    before = (size - 1) // 2
    after = size - 1 - before
    x = tf.pad(x, [[0, 0], [before, after], [before, after], [0, 0]])
    return conv_bn(x, channels, size, stride, padding="VALID", name=name)


def _subsample(x, stride):
    return x if stride == 1 else tf.nn.max_pool2d(x, [1, 1, 1, 1], [1, stride, stride, 1], "SAME")


def _bottleneck(x, depth, stride, rate):
    """x: [B, H, W, C] -> [B, H / stride, W / stride, 4 * depth]"""
    with tf.variable_scope("bottleneck_v1"):
        if int(x.shape[3]) == 4 * depth:
            shortcut = _subsample(x, stride)
        else:
            shortcut = conv_bn(x, 4 * depth, 1, stride, name="shortcut")
        y = tf.nn.relu(conv_bn(x, depth, 1, name="conv1"))
        y = tf.nn.relu(_conv_same(y, depth, 3, stride, rate, name="conv2"))
        return tf.nn.relu(shortcut + conv_bn(y, 4 * depth, 1, name="conv3"))


def resnet_v1(x, net_type):
    """x: [B, H, W, 3] minus mean_pixel -> feature maps by slim's names, [B, H', W', C].

    "block1/unit_1" ... and "block1" ... "block4", which are the blocks' last units; strides 4 (block1 up to its last
    unit), 8 (block1's last), 16 (from block2's last on).
    """
    maps = {}
    with tf.variable_scope("resnet_v1_" + net_type.split("_")[1]):
        x = tf.nn.relu(_conv_same(x, 64, 7, 2, 1, name="conv1"))
        x = tf.nn.max_pool2d(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
        for block, units in enumerate(UNITS[net_type], 1):
            with tf.variable_scope("block%d" % block):
                for unit in range(1, units + 1):
                    stride = 2 if unit == units and block <= 2 else 1
                    with tf.variable_scope("unit_%d" % unit):
                        x = _bottleneck(x, 32 * 2 ** block, stride, rate=2 if block == 4 else 1)
                    maps["block%d/unit_%d" % (block, unit)] = x
                maps["block%d" % block] = x
    return maps
