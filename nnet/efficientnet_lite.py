"""EfficientNet-Lite: a small backbone for CPUs.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (arXiv 1905.11946), table 1,
without squeeze-and-excitation and with ReLU6, as its authors' "lite" models have it. Input: (RGB - 127) / 128.
"""
from nnet.layers import conv_bn, depthwise_conv_bn
from nnet.tf import tf

# expansion, kernel, stride, channels, repeats
STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
          (6, 3, 1, 320, 1))
EPSILON = 1e-3
DEVIATION = 128.0  # of a pixel's value, in the preprocessing that the ImageNet weights were trained with


def _inverted_residual(x, expansion, kernel, stride, rate, channels):
    """x: [B, H, W, C] -> [B, H / stride, W / stride, channels]"""
    depth = int(x.shape[3])
    y = x
    if expansion > 1:
        y = tf.nn.relu6(conv_bn(y, expansion * depth, 1, epsilon=EPSILON, name="expand"))
    y = tf.nn.relu6(depthwise_conv_bn(y, kernel, stride, rate, EPSILON, name="depthwise"))
    y = conv_bn(y, channels, 1, epsilon=EPSILON, name="project")
    return x + y if stride == 1 and depth == channels else y


def efficientnet_lite(x, net_type, output_stride):
    """x: [B, H, W, 3] minus mean_pixel -> {"stage_1": ..., "stage_7": ...}, [B, H', W', C] of strides 2 4 8 16 16 32 32.

    output_stride: 32, or 16: then stages 6 and 7 are dilated instead of strided.
    """
    maps = {}
    with tf.variable_scope(net_type):
        x = tf.nn.relu6(conv_bn(x / DEVIATION, 32, 3, 2, epsilon=EPSILON, name="stem"))
        so_far, rate, block = 2, 1, 0
        for number, (expansion, kernel, stage_stride, channels, repeats) in enumerate(STAGES, 1):
            if so_far * stage_stride > output_stride:
                rate, stage_stride = rate * stage_stride, 1
            so_far *= stage_stride
            for unit in range(repeats):
                with tf.variable_scope("block_%d" % block):
                    x = _inverted_residual(x, expansion, kernel, stage_stride if unit == 0 else 1, rate, channels)
                block += 1
            maps["stage_%d" % number] = x
    return maps
