"""The network that MoveNet became."""
import os

import numpy as np
import pytest

from dataset.batch import Batch, Extra
from nnet.net_factory import pose_net
from nnet.pose_net import training_inputs
from nnet.tf import tf
from util.config import default_config

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOVENET = os.path.join(ROOT, "models/pretrained/package/models")  # where models/pretrained/convert_movenet.py finds it


def config(**changes):
    cfg = default_config()
    cfg.update(net_type="mobilenet_v2_fpn_1.0", stride=4, num_joints=3, location_refinement=True, locref_loss_weight=0.05)
    cfg.update(changes)
    return cfg


@pytest.mark.skipif(not os.path.exists(MOVENET), reason="needs MoveNet: see models/pretrained/convert_movenet.py")
@pytest.mark.parametrize("model, width", [("thunder", "1.75"), ("multipose", "1.5")])
def test_converted_movenet_gives_what_movenet_gives(numbers, tmp_path, model, width):
    from models.pretrained.convert_movenet import convert
    from nnet.predict import setup_pose_prediction
    expected = numbers("movenet")
    prefix = str(tmp_path / "converted.ckpt")
    convert(model, os.path.join(MOVENET, "movenet-%s.json" % model), "coco", prefix)
    cfg = config(net_type="mobilenet_v2_fpn_" + width, num_joints=17, mean_pixel=[127.5] * 3, init_weights=prefix)
    session, inputs, outputs = setup_pose_prediction(cfg)
    maps = session.run(outputs, {inputs: expected["image"][None]})
    scores, locref = maps["part_prob"], maps["locref"]
    np.testing.assert_allclose(scores[0], 1 / (1 + np.exp(-expected[model + "_heatmap_logits"].astype(float))), atol=1e-4)
    # (x, y) px from the cell's centre -> (y, x) in cells from its corner
    cells = (locref[0].reshape(64, 64, 17, 2)[..., ::-1] * cfg.locref_stdev + 2) / 4
    np.testing.assert_allclose(cells.reshape(64, 64, 34), expected[model + "_offset_yx_cells"], atol=1e-4)


def test_maps_have_the_size_that_targets_have():
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = tf.placeholder(tf.float32, [None, None, None, 3])
        outputs = pose_net(config(pairwise_predict=True)).test(inputs)
        session.run(tf.global_variables_initializer())
        for height, width, rows, columns in ((97, 65, 26, 18), (64, 128, 16, 32), (33, 31, 10, 8)):
            found = session.run(outputs, {inputs: np.zeros((2, height, width, 3))})
            assert {name: maps.shape for name, maps in found.items()} == {
                "part_prob": (2, rows, columns, 3), "locref": (2, rows, columns, 6),
                "pairwise_pred": (2, rows, columns, 12)}


def random_batch(cfg, count):
    """A batch of two pictures of 64 x 64 px with `count` listed pairwise offsets."""
    rng = np.random.RandomState(0)
    shape = (2, 16, 16)
    index = np.column_stack([rng.randint(0, side, count) for side in shape + (6,)]).reshape(-1, 4)
    batch = {Batch.inputs: rng.uniform(0, 255, (2, 64, 64, 3)), Extra.pairwise_index: index,
             Extra.pairwise_values: rng.randn(count, 2)}
    for key in (Batch.part_score_targets, Batch.part_score_weights):
        batch[key] = (rng.rand(*shape + (3,)) > 0.5).astype(float)
    for key in (Batch.locref_targets, Batch.locref_mask):
        batch[key] = (rng.rand(*shape + (6,)) > 0.5).astype(float)
    batch[Extra.padding_mask] = np.ones(shape + (1,))
    return batch


@pytest.mark.parametrize("count", [0, 50])
def test_pairwise_offsets_of_the_listed_cells_alone(count):
    """The loss of listed offsets, worked out in their cells only, is that of the dense maps; with none it is 0."""
    cfg = config(pairwise_predict=True, batch_size=2)
    batch = random_batch(cfg, count)
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = training_inputs(cfg)
        net = pose_net(cfg)
        losses = net.train(inputs)
        gradients = tf.gradients(losses["total_loss"], tf.trainable_variables())
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            dense = net.test(inputs[Batch.inputs])["pairwise_pred"]
        session.run(tf.global_variables_initializer())
        feed = {placeholder: batch[key] for key, placeholder in inputs.items()}
        found, maps, gradients = session.run([losses, dense, gradients], feed)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    listed = maps.reshape(2, 16, 16, 6, 2)[tuple(batch[Extra.pairwise_index].T)]
    d = np.abs(listed - batch[Extra.pairwise_values])
    expected = np.where(d < 1, d ** 2 / 2, d - 0.5).mean() if count else 0
    assert found["pairwise_loss"] == pytest.approx(expected, rel=1e-4)
