"""Gradients of convolutions as processors compute them fastest.

Those of 1 x 1 weights and of biases are products of matrices, over all cells. As such they take a quarter of the time that
oneDNN's own kernels take in bfloat16, and somewhat less in float32. One of these is also wrong with AVX2: that of 1 x 1 weights of
less than 8 inputs, with strides (TensorFlow 2.21).
"""
from nnet.tf import tf
from util.processor import has_graphics_card


def fast_gradients():
    """A context: convolutions and biases of the current graph that are made in it have the gradients of this file, if there is
    no graphics card, for which TensorFlow's own are made."""
    own = {} if has_graphics_card() else {"Conv2D": "FastConv2D", "BiasAdd": "FastBiasAdd"}
    return tf.get_default_graph().gradient_override_map(own)


@tf.RegisterGradient("FastConv2D")
def _of_convolution(operation, gradient):
    """Of the inputs [B, H, W, in] and weights [h, w, in, out]; gradient: of the outputs [B, H', W', out]"""
    inputs, weights = operation.inputs
    how = {key: operation.get_attr(key) for key in ("strides", "padding", "data_format", "dilations")}
    of_inputs = tf.nn.conv2d_backprop_input(tf.shape(inputs), weights, gradient, **how)
    if weights.shape.as_list()[:2] == [1, 1]:
        _, rows, columns, _ = how["strides"]
        seen = _cells(inputs[:, ::rows, ::columns])
        return of_inputs, tf.matmul(seen, _cells(gradient), transpose_a=True)[None, None]
    return of_inputs, tf.nn.conv2d_backprop_filter(inputs, tf.shape(weights), gradient, **how)


@tf.RegisterGradient("FastBiasAdd")
def _of_biases(_, gradient):
    """Of the values [B, H, W, C] and biases [C]; gradient: of the sums [B, H, W, C]"""
    cells = _cells(gradient)
    return gradient, tf.matmul(tf.ones([1, tf.shape(cells)[0]]), cells)[0]


def _cells(maps):
    """[..., C] -> [N, C]"""
    return tf.reshape(maps, [-1, int(maps.shape[-1])])
