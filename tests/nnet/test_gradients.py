"""Gradients of convolutions."""
import contextlib

import numpy as np
import pytest

from nnet import gradients
from nnet.gradients import fast_gradients
from nnet.tf import tf

CHANNELS = 5


def gradients_of(how, size, context=contextlib.nullcontext, dtype=tf.float32):
    """([of the inputs, of the weights, of the biases], names of the operations) of a convolution made in the context."""
    rng = np.random.RandomState(0)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        inputs = tf.placeholder(dtype, [None, None, None, 3])
        weights, biases = (tf.constant(rng.randn(*shape), dtype) for shape in ((size, size, 3, CHANNELS), (CHANNELS,)))
        with context():
            maps = tf.nn.bias_add(tf.nn.convolution(inputs, weights, **how), biases)
        given = session.run(tf.gradients(tf.reduce_sum(tf.sin(maps)), [inputs, weights, biases]), {inputs: rng.randn(2, 8, 11, 3)})
        return given, {operation.type for operation in graph.get_operations()}


@pytest.mark.parametrize("size, how", [
    (1, dict(padding="SAME")), (1, dict(padding="VALID")), (1, dict(padding="SAME", strides=[2, 2])),
    (1, dict(padding="VALID", strides=[2, 1])), (3, dict(padding="SAME")), (3, dict(padding="VALID", strides=[2, 2])),
    (3, dict(padding="SAME", dilation_rate=[2, 2]))])
def test_convolutions(size, how):
    """Against TensorFlow's own of float64, which oneDNN does not compute."""
    expected, _ = gradients_of(how, size, dtype=tf.float64)
    found, operations = gradients_of(how, size, fast_gradients)
    assert ("Conv2DBackpropFilter" in operations) == (size > 1) and "BiasAddGrad" not in operations
    for one, other in zip(found, expected):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_graphics_cards_have_tensorflows_own(monkeypatch):
    monkeypatch.setattr(gradients, "has_graphics_card", lambda: True)
    _, operations = gradients_of(dict(padding="SAME"), 1, fast_gradients)
    assert {"Conv2DBackpropFilter", "BiasAddGrad"} <= operations
