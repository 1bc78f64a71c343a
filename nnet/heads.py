"""From a backbone's feature maps to maps of scores and offsets, before any activation: the heads of the pose network.

All maps are [B, H, W, channels]. Some heads can be asked for single cells alone, int32 [N, 3] (place in the batch, row,
column), and then give [N, channels].
"""
from nnet.layers import conv, conv_at, deconv, deconv_at, deconvs, depthwise_conv, upsample, upsample_at
from nnet.tf import tf

DECODER_CHANNELS = {16: 128, 8: 96}  # of the maps of each stride, with skip connections
PYRAMID_CHANNELS = 96  # inside a head on a feature pyramid
PAIRWISE_CHANNELS = 128
# MoveNet's maps differ widely in the size of their values; with these factors all have deviations of about 0.5.
PAIRWISE_SCALES = {"pyramid_32": 1 / 96.0, "pyramid_16": 1 / 6.0, "pyramid_8": 1 / 8.0, "pyramid_4": 4.0}


def deconv_heads(x, channels):
    """Transposed convolutions from stride 16 to 8 (DeeperCut, arXiv 1605.03170, section 3). {name: channels} -> {name: maps}"""
    heads = deconvs(x, {name + "/block4": count for name, count in channels.items()})
    return dict(zip(channels, heads.values()))


def deconv_head_at(x, channels, name, cells):
    return deconv_at(x, channels, name + "/block4", cells)


def pointwise_heads(x, channels):
    """1 x 1 convolutions. {name: channels} -> {name: maps}"""
    return {name: conv(x, count, 1, name) for name, count in channels.items()}


def pointwise_head_at(x, channels, name, cells):
    return conv_at(tf.gather_nd(x, cells), channels, name)


def decode(features):
    """Features of stride 8 that also saw the backbone's finer maps: the size is doubled until then, each time next to the
    backbone's own map of that stride."""
    x, stride = features.output, features.stride
    with tf.variable_scope("decoder"):
        while stride > 8:
            stride //= 2
            with tf.variable_scope("stride_%d" % stride):
                x = tf.nn.relu(deconv(x, DECODER_CHANNELS[stride], "up"))
                x = tf.concat([x, features.skips[stride]], axis=-1)
                x = tf.nn.relu(conv(x, DECODER_CHANNELS[stride], 3, "merge"))
    return x


def pyramid_head(x, channels, name):
    """A head on the finest map of a feature pyramid."""
    with tf.variable_scope(name):
        x = depthwise_conv(x, 3, "depthwise")
        x = tf.nn.relu(conv(x, PYRAMID_CHANNELS, 1, "pointwise"))
        return conv(x, channels, 1, "output")


def pyramid_pairwise_features(maps):
    """What the pairwise head sees [B, H, W, 128], stride 8: where a person's other joints are, far away, the coarse maps
    know.

    maps: see nnet.mobilenet_v2_fpn
    """
    scaled = {name: maps[name] * scale for name, scale in PAIRWISE_SCALES.items()}
    x = tf.concat([upsample(upsample(scaled["pyramid_32"])), upsample(scaled["pyramid_16"]), scaled["pyramid_8"],
                   tf.nn.avg_pool2d(scaled["pyramid_4"], 2, 2, "SAME")], axis=-1)
    x = tf.nn.relu(conv(x, PAIRWISE_CHANNELS, 3, "merge"))
    return x + tf.nn.relu(conv(x, PAIRWISE_CHANNELS, 3, "refine"))  # a sum: units that die leave what they were given


def pyramid_pairwise_head(features, channels, name, cells=None):
    """A head of stride 4 on pyramid_pairwise_features."""
    return conv(upsample(features), channels, 1, name) if cells is None else conv_at(upsample_at(features, cells), channels, name)
