"""The few layers that all networks here are made of, on tf.nn, with slim's variable names."""
from nnet.tf import tf


def weights_of(shape, name="weights", fan=None):
    """A convolution's weights. fan = (in, out) for Xavier's uniform initialisation, else from the shape
    [height, width, in, out]."""
    field = shape[0] * shape[1]
    fan_in, fan_out = fan or (field * shape[2], field * shape[3])
    limit = (6.0 / (fan_in + fan_out)) ** 0.5
    return tf.get_variable(name, shape, tf.float32, tf.random_uniform_initializer(-limit, limit))


def biases_of(channels):
    return tf.get_variable("biases", [channels], tf.float32, tf.zeros_initializer())


def batch_norm(channels, epsilon):
    """(scale, shift) of a batch normalisation with its stored statistics: x -> x * scale + shift.

    The statistics never change, so the normalisation is a fixed affine map, and goes into the convolution before it.
    Gamma and beta are trained.
    """
    with tf.variable_scope("BatchNorm"):
        gamma = tf.get_variable("gamma", [channels], tf.float32, tf.ones_initializer())
        beta = tf.get_variable("beta", [channels], tf.float32, tf.zeros_initializer())
        mean = tf.get_variable("moving_mean", [channels], tf.float32, tf.zeros_initializer(), trainable=False)
        variance = tf.get_variable("moving_variance", [channels], tf.float32, tf.ones_initializer(), trainable=False)
    scale = gamma * tf.rsqrt(variance + epsilon)
    return scale, beta - mean * scale


def conv_bn(x, channels, size, stride=1, rate=1, padding="SAME", epsilon=1e-5, name=None):
    """Convolution without bias, then batch normalisation. x: [B, H, W, C] -> [B, H', W', channels]"""
    with tf.variable_scope(name):
        weights = weights_of([size, size, int(x.shape[3]), channels])
        scale, shift = batch_norm(channels, epsilon)
        # tf.nn.conv2d has no gradient for dilations on CPUs in TensorFlow 1.15; tf.nn.convolution finds a way round.
        x = tf.nn.convolution(x, weights * scale, padding, strides=[stride, stride], dilation_rate=[rate, rate])
        return tf.nn.bias_add(x, shift)


def depthwise_conv_bn(x, size, stride, rate, epsilon, name):
    """A convolution of each channel by itself, then batch normalisation. x: [B, H, W, C] -> [B, H', W', C]"""
    channels = int(x.shape[3])
    with tf.variable_scope(name):
        weights = weights_of([size, size, channels, 1], "depthwise_weights", fan=(size * size, size * size))
        scale, shift = batch_norm(channels, epsilon)
        x = tf.nn.depthwise_conv2d(x, weights * scale[:, None], strides=[1, stride, stride, 1], padding="SAME",
                                   rate=[rate, rate])
        return tf.nn.bias_add(x, shift)


def depthwise_conv(x, size, name, stride=1, biased=False):
    """A convolution of each channel by itself. x: [B, H, W, C] -> [B, H / stride, W / stride, C]"""
    channels = int(x.shape[3])
    with tf.variable_scope(name):
        weights = weights_of([size, size, channels, 1], "depthwise_weights", fan=(size * size, size * size))
        x = tf.nn.depthwise_conv2d(x, weights, strides=[1, stride, stride, 1], padding="SAME")
        return tf.nn.bias_add(x, biases_of(channels)) if biased else x


def conv(x, channels, size, name, stride=1):
    """Convolution with bias. x: [B, H, W, C] -> [B, H / stride, W / stride, channels]"""
    with tf.variable_scope(name):
        weights = weights_of([size, size, int(x.shape[3]), channels])
        x = tf.nn.conv2d(x, weights, strides=[1, stride, stride, 1], padding="SAME")
        return tf.nn.bias_add(x, biases_of(channels))


def conv_at(x, channels, name):
    """A 1 x 1 convolution of single cells [N, C] -> [N, channels]

    A product of matrices, since oneDNN's convolution of no cells at all has the wrong number of channels.
    """
    with tf.variable_scope(name):
        weights = weights_of([1, 1, int(x.shape[1]), channels])
        return tf.nn.bias_add(tf.matmul(x, weights[0, 0]), biases_of(channels))


def upsample(x):
    """Twice as large, bilinearly, corners aligned as pictures' are: cell (r, c) covers what (r // 2, c // 2) covered.
    x: [B, H, W, C] -> [B, 2H, 2W, C]"""
    size = tf.shape(x)[1:3] * 2
    y = tf.image.resize_bilinear(x, size, half_pixel_centers=True)
    y.set_shape([x.shape[0], None, None, x.shape[3]])
    return y


def upsample_at(x, cells):
    """The same in single cells alone, int32 [N, 3] (place in the batch, row, column) -> [N, C]"""
    batch, places = cells[:, :1], cells[:, 1:]
    near = places // 2
    far = tf.clip_by_value(near + 2 * (places % 2) - 1, 0, tf.shape(x)[1:3] - 1)  # the neighbour on that side

    def at(rows, columns):
        return tf.gather_nd(x, tf.concat([batch, rows[:, :1], columns[:, 1:]], axis=1))

    return (9 * at(near, near) + 3 * (at(near, far) + at(far, near)) + at(far, far)) / 16


def deconv(x, channels, name):
    """Transposed 3 x 3 convolution of stride 2 with bias. x: [B, H, W, C] -> [B, 2H, 2W, channels]"""
    return deconvs(x, {name: channels})[name]


def deconvs(x, channels):
    """Several of them on the same maps, {name: channels} -> {name: [B, 2H, 2W, channels]}, worked out as one: a few channels
    take almost as long as many."""
    weights, biases = zip(*(_deconv_variables(x, count, name) for name, count in channels.items()))
    shape, total = tf.shape(x), sum(channels.values())
    out_shape = tf.stack([shape[0], 2 * shape[1], 2 * shape[2], total])
    y = tf.nn.conv2d_transpose(x, tf.concat(weights, axis=2), out_shape, strides=[1, 2, 2, 1], padding="SAME")
    y.set_shape([x.shape[0], None, None, total])
    y = tf.nn.bias_add(y, tf.concat(biases, axis=0))
    return dict(zip(channels, tf.split(y, list(channels.values()), axis=-1)))


def deconv_at(x, channels, name, cells):
    """The same in single cells alone, int32 [N, 3] (place in the batch, row, column) -> [N, channels]

    Input cell i adds its product with the weights' row k to output row 2 i + k, and so in columns.
    """
    weights, biases = _deconv_variables(x, channels, name)
    total = tf.zeros([tf.shape(cells)[0], channels])
    for row in range(3):
        for column in range(3):
            twice = cells[:, 1:] - [row, column]
            reached = tf.where(tf.reduce_all((twice >= 0) & tf.equal(twice % 2, 0), axis=1))  # [M, 1]
            sources = tf.concat([cells[:, :1], twice // 2], axis=1)
            products = tf.matmul(tf.gather_nd(x, tf.gather_nd(sources, reached)), weights[row, column],
                                 transpose_b=True)  # [M, channels]
            total += tf.scatter_nd(reached, products, tf.shape(total, out_type=tf.int64))
    return tf.nn.bias_add(total, biases)


def _deconv_variables(x, channels, name):
    depth = int(x.shape[3])
    with tf.variable_scope(name):
        return weights_of([3, 3, channels, depth], fan=(9 * depth, 9 * channels)), biases_of(channels)
