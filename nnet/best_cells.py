"""One person's joints taken from maps inside the network: what nnet.predict.argmax_pose_predict does outside."""
from nnet.tf import tf


def best_cells(outputs, outside, mirror_map=None, columns=None):
    """Where each joint scores highest.

    outputs: those of PoseNet.test_in_cells for B pictures
    outside: float32 [B, H, W, 1], 1 in the cells of each picture that do not count, else 0
    mirror_map: see util.skeleton.Skeleton; with it each picture has its mirror image after it, as nnet.map_predictor.network_input
        makes them, and scores and locref are means over the two
    columns: int32 [B, 1], how many columns of cells are the picture, where it was filled up; needed with mirror_map
    -> {"best_cells": int32 [B, J], numbers of cells, row by row; "best_scores": [B, J]; with location refinement
        "best_locref": [B, J, 2], as the network gives it there}
    """
    scores, locref = outputs["part_prob"], outputs.get("locref")
    _, height, width, _ = tf.unstack(tf.shape(scores))
    joints = scores.shape[3]
    if mirror_map is not None:
        across = tf.maximum(columns - 1 - tf.range(width), 0)
        mirrored = tf.gather(tf.gather(scores[1::2], across, axis=2, batch_dims=1), mirror_map, axis=3)
        scores = 0.5 * (scores[0::2] + mirrored)
    scores = tf.reshape(scores - outside, [-1, height * width, joints])
    best = tf.argmax(scores, axis=1, output_type=tf.int32)
    found = {"best_cells": best, "best_scores": tf.reduce_max(scores, axis=1)}
    if locref is None:
        return found
    locref = tf.reshape(locref, [-1, height * width, joints, 2])

    def locref_at(picture, cell, joint):
        return tf.gather_nd(locref, tf.stack([picture + 0 * best, cell, joint + 0 * best], axis=2))

    picture = tf.range(tf.shape(outside)[0])[:, None]
    if mirror_map is None:
        found["best_locref"] = locref_at(picture, best, tf.range(joints))
    else:
        across = best + columns - 1 - 2 * (best % width)
        mirrored = locref_at(2 * picture + 1, across, tf.constant(mirror_map, tf.int32)) * [-1.0, 1.0]
        found["best_locref"] = 0.5 * (locref_at(2 * picture, best, tf.range(joints)) + mirrored)
    return found
