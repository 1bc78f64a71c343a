"""Loss functions."""
from nnet.tf import tf


def huber_loss(labels, predictions, weight=1.0, k=1.0, scope=None):
    """Huber's loss: d^2 / 2 where |d| < k, else k |d| - k^2 / 2; weighted, over the number of non-zero weights.

    Huber, "Robust Estimation of a Location Parameter" (1964). labels, predictions, weight: tensors of one shape.
    """
    with tf.name_scope(scope or "huber_loss"):
        d = tf.abs(tf.subtract(predictions, labels))
        losses = tf.where(d < k, 0.5 * tf.square(d), k * d - 0.5 * k ** 2)
        return tf.losses.compute_weighted_loss(losses, weight)


def squared_loss(labels, predictions, weight=1.0):
    """(labels - predictions)^2, weighted, over the number of non-zero weights."""
    return tf.losses.mean_squared_error(labels, predictions, weight)


def part_loss(labels, logits, weight=1.0):
    """Sigmoid cross entropy of part score maps [B, H, W, J], weighted, over the number of non-zero weights."""
    return tf.losses.sigmoid_cross_entropy(labels, logits, weight)
