import numpy as np
import pytest

from nnet.losses import huber_loss, part_loss, squared_loss
from nnet.tf import tf


def value(loss):
    with tf.Session() as session:
        return session.run(loss)


def test_huber_by_hand():
    with tf.Graph().as_default():
        labels, predictions = tf.constant([0.0, 0.0, 0.0, 9.0]), tf.constant([0.5, -3.0, 1.0, 0.0])
        weights = tf.constant([1.0, 2.0, 1.0, 0.0])
        # 0.125, 2.5 (twice), 0.5; three weights are not zero
        assert value(huber_loss(labels, predictions, weights)) == pytest.approx((0.125 + 5 + 0.5) / 3)
        assert value(huber_loss(labels, predictions, weights, k=2.0)) == pytest.approx((0.125 + 8 + 0.5) / 3)


def test_squared_by_hand():
    with tf.Graph().as_default():
        loss = squared_loss(tf.constant([0.0, 0.0]), tf.constant([3.0, 5.0]), tf.constant([1.0, 0.0]))
        assert value(loss) == pytest.approx(9)


def test_part_loss_by_hand():
    with tf.Graph().as_default():
        loss = part_loss(tf.constant([1.0, 0.0, 1.0]), tf.constant([0.0, 2.0, 5.0]), tf.constant([1.0, 1.0, 0.0]))
        assert value(loss) == pytest.approx((np.log(2) + np.log(1 + np.exp(2))) / 2)


def test_nothing_weighted_is_nothing_lost():
    with tf.Graph().as_default():
        assert value(huber_loss(tf.zeros([2]), tf.ones([2]), tf.zeros([2]))) == 0
