"""MobileNetV2 with a feature pyramid: a small backbone with maps of stride 4, the one that MoveNet has.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (arXiv 1801.04381), table 2; Lin et al.,
"Feature Pyramid Networks for Object Detection" (arXiv 1612.03144), section 3. There is no batch normalisation: it was
folded into the weights. Input: RGB / 127.5 - 1.
"""
from nnet.layers import conv, depthwise_conv, upsample
from nnet.tf import tf

# channels and stride of the inverted residual blocks; the first one expands nothing, the others six times
BLOCKS = ((16, 1),) + ((24, 2), (24, 1)) + ((32, 2),) + ((32, 1),) * 2 + ((64, 2),) + ((64, 1),) * 3 + ((96, 1),) * 3 + (
    (160, 2),) + ((160, 1),) * 2 + ((320, 1),)
EXPANSION = 6
LAST_CHANNELS = 1280
DEVIATION = 127.5  # of a pixel's value
# stride: (block whose map joins the pyramid there, its channels before and after the separable convolution)
PYRAMID = {16: (9, 64, 32), 8: (5, 32, 24), 4: (2, 24, 24)}


def _scaled(channels, width):
    """Channels times width, rounded to a multiple of 8."""
    return int(channels * width + 4) // 8 * 8


def _inverted_residual(x, expansion, stride, channels):
    """x: [B, H, W, C] -> [B, H / stride, W / stride, channels]"""
    depth = int(x.shape[3])
    y = x
    if expansion > 1:
        y = tf.nn.relu6(conv(y, expansion * depth, 1, "expand"))
    y = tf.nn.relu6(depthwise_conv(y, 3, "depthwise", stride, biased=True))
    y = conv(y, channels, 1, "project")
    return x + y if stride == 1 and depth == channels else y


def separable_conv(x, channels, name):
    """A convolution of each channel by itself, then one across channels, with ReLU. -> [B, H, W, channels]"""
    with tf.variable_scope(name):
        return tf.nn.relu(conv(depthwise_conv(x, 3, "depthwise"), channels, 1, "pointwise"))


def mobilenet_v2_fpn(x, net_type):
    """x: [B, H, W, 3] minus mean_pixel, H and W multiples of 32 -> feature maps [B, H', W', C] by name.

    "block_0" ... "block_16" and "last" (strides 2 4 4 8 8 8 16 ... 32), "pyramid_32", "pyramid_16", "pyramid_8",
    "pyramid_4". net_type: mobilenet_v2_fpn_<width>
    """
    width = float(net_type.rsplit("_", 1)[1])
    maps = {}
    with tf.variable_scope(net_type):
        x = tf.nn.relu6(conv(x / DEVIATION, _scaled(32, width), 3, "stem", stride=2))
        for number, (channels, stride) in enumerate(BLOCKS):
            with tf.variable_scope("block_%d" % number):
                x = _inverted_residual(x, EXPANSION if number else 1, stride, _scaled(channels, width))
            maps["block_%d" % number] = x
        maps["last"] = tf.nn.relu6(conv(x, LAST_CHANNELS, 1, "last"))
        x = maps["pyramid_32"] = conv(maps["last"], PYRAMID[16][1], 1, "pyramid_32")
        for stride, (block, before, after) in PYRAMID.items():
            with tf.variable_scope("pyramid_%d" % stride):
                x = upsample(x) + conv(maps["block_%d" % block], before, 1, "lateral")
                x = maps["pyramid_%d" % stride] = separable_conv(x, after, "merge")
    return maps
