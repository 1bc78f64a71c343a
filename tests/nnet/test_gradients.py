"""Against TensorFlow's own gradients."""
import numpy as np
import pytest

from nnet import gradients
from nnet.gradients import fast_gradients
from nnet.tf import tf

CHANNELS = 5


def gradients_of(how, size, context):
    """([of the inputs, of the weights, of the biases], names of the operations) of a convolution made in the context."""
    rng = np.random.RandomState(0)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        inputs = tf.placeholder(tf.float32, [None, None, None, 3])
        weights, biases = (tf.constant(rng.randn(*shape), tf.float32) for shape in ((size, size, 3, CHANNELS), (CHANNELS,)))
        with context():
            maps = tf.nn.bias_add(tf.nn.convolution(inputs, weights, **how), biases)
        given = session.run(tf.gradients(tf.reduce_sum(tf.sin(maps)), [inputs, weights, biases]), {inputs: rng.randn(2, 8, 10, 3)})
        return given, {operation.type for operation in graph.get_operations()}


@pytest.mark.parametrize("size, how, by_matrices", [
    (1, dict(padding="SAME"), True), (1, dict(padding="VALID"), True), (1, dict(padding="SAME", strides=[2, 2]), False),
    (3, dict(padding="SAME"), False), (3, dict(padding="VALID", strides=[2, 2]), False),
    (3, dict(padding="SAME", dilation_rate=[2, 2]), False)])
def test_convolutions(size, how, by_matrices):
    expected, _ = gradients_of(how, size, lambda: tf.name_scope("own"))
    found, operations = gradients_of(how, size, fast_gradients)
    assert ("Conv2DBackpropFilter" in operations) != by_matrices and "BiasAddGrad" not in operations
    for one, other in zip(found, expected):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_graphics_cards_have_tensorflows_own(monkeypatch):
    monkeypatch.setattr(gradients, "has_graphics_card", lambda: True)
    _, operations = gradients_of(dict(padding="SAME"), 1, fast_gradients)
    assert {"Conv2DBackpropFilter", "BiasAddGrad"} <= operations
