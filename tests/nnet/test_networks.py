"""The networks against the numbers of the 2017 code: variables, outputs, and four training steps."""
import json
import os
import zlib

import numpy as np
import pytest

from conftest import ROOT
from dataset.batch import Batch, Extra
from nnet.net_factory import pose_net
from nnet.pose_net import get_batch_spec, training_inputs
from nnet.tf import tf
from util.config import default_config

CASES = {"r50_single": ("resnet_50", 14), "r101_single": ("resnet_101", 14), "r101_multi": ("resnet_101", 17)}
RATES = [1e-4, 2e-4, 2e-4, 1e-4]


def config(case):
    net_type, joints = CASES[case]
    cfg = default_config()
    cfg.update(net_type=net_type, num_joints=joints, location_refinement=True, locref_loss_weight=0.05,
               pairwise_loss_weight=0.05, intermediate_supervision=net_type == "resnet_101",
               pairwise_predict=case == "r101_multi")
    return cfg


def value_of(name, shape):
    """The rule by which the reference's weights were set."""
    r = np.random.RandomState(zlib.crc32(name.encode()) & 0x7fffffff)
    leaf = name.split("/")[-1]
    if leaf == "weights":
        fan = shape[0] * shape[1] * (shape[3] if "pose/" in name else shape[2])
        values = r.randn(*shape) * np.sqrt(2.0 / fan)
    elif leaf == "gamma":
        values = (0.5 + 0.5 * r.rand(*shape)) * (0.2 if "conv3" in name else 1)
    elif leaf == "moving_variance":
        values = 0.5 + r.rand(*shape)
    else:
        values = 0.1 * r.randn(*shape)
    return values.astype(np.float32)


def set_weights(session, variables):
    values = {v.initializer.inputs[1]: value_of(v.op.name, v.shape.as_list()) for v in variables}
    session.run([v.initializer for v in variables], values)


@pytest.mark.parametrize("case", sorted(CASES))
def test_equal_to_the_reference(numbers, case):
    z = numbers("network")
    with open(os.path.join(ROOT, "tests/data/network.json")) as stream:
        reference = json.load(stream)
    cfg = config(case)
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = {key: tf.placeholder(tf.float32, shape) for key, shape in get_batch_spec(cfg).items()}
        net = pose_net(cfg)
        losses = net.train(inputs)
        network = tf.global_variables()
        tf.get_variable("global_step", [], tf.int64, trainable=False)
        rate = tf.placeholder(tf.float32, [])
        step = tf.train.MomentumOptimizer(rate, 0.9).minimize(losses["total_loss"])
        trainable = {v.op.name for v in tf.trainable_variables()}
        mine = {(v.op.name, tuple(v.shape.as_list()), v.op.name in trainable) for v in tf.global_variables()}
        assert mine == {(name, tuple(shape), trained) for name, shape, trained in reference[case]}

        session.run(tf.variables_initializer([v for v in tf.global_variables() if v not in network]))
        set_weights(session, network)
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            outputs = session.run(net.test(inputs[Batch.inputs]), {inputs[Batch.inputs]: z[case + "_image"]})
        for name, output in outputs.items():
            expected = z["%s_%s" % (case, name)]
            np.testing.assert_allclose(output, expected, rtol=0, atol=1e-4 * np.abs(expected).max(),
                                       err_msg=name)

        feed = {placeholder: z[case + "_image"] if key is Batch.inputs else z["%s_batch_%s" % (case, key.name)]
                for key, placeholder in inputs.items()}
        for number, expected in enumerate(reference[case + "_losses"]):
            feed[rate] = RATES[number]
            found, _ = session.run([losses, step], feed)
            assert set(found) == set(expected)
            for name in expected:
                assert found[name] == pytest.approx(expected[name], rel=1e-5), (name, number)
        for variable in network:
            key = "%s_after_%s" % (case, variable.op.name.replace("/", "."))
            if key in z:
                np.testing.assert_allclose(session.run(variable), z[key], atol=1e-4, err_msg=key)


def test_intermediate_supervision_of_a_unit_that_is_not_there():
    cfg = config("r50_single")
    cfg.intermediate_supervision = True
    with tf.Graph().as_default(), pytest.raises(ValueError, match="12.*resnet_50 has no block3/unit_12"):
        pose_net(cfg).test(tf.zeros([1, 64, 64, 3]))


def test_unknown_network_and_stride():
    cfg = config("r50_single")
    cfg.net_type = "resnet_51"
    with pytest.raises(ValueError, match="'resnet_51' is none of resnet_50"):
        pose_net(cfg)
    cfg.update(net_type="resnet_50", stride=4.0)
    with pytest.raises(ValueError, match="stride 4"):
        pose_net(cfg)


@pytest.mark.parametrize("net_type", ["resnet_50", "efficientnet_lite0"])
@pytest.mark.parametrize("skip_connections", [False, True])
def test_maps_have_the_size_that_targets_have(net_type, skip_connections):
    cfg = default_config()
    cfg.update(net_type=net_type, num_joints=3, location_refinement=True, skip_connections=skip_connections)
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = tf.placeholder(tf.float32, [None, None, None, 3])
        outputs = pose_net(cfg).test(inputs)
        session.run(tf.global_variables_initializer())
        for height, width, rows, columns in ((97, 65, 14, 10), (64, 128, 8, 16), (33, 31, 6, 4)):
            found = session.run(outputs, {inputs: np.zeros((2, height, width, 3))})
            assert found["part_prob"].shape == (2, rows, columns, 3)
            assert found["locref"].shape == (2, rows, columns, 6)


def test_filled_up_cells_weigh_nothing():
    """A batch of two pictures, one of them filled up, has the mean loss over the pictures' own cells."""
    cfg = default_config()
    cfg.update(net_type="efficientnet_lite0", num_joints=2, batch_size=2)
    rng = np.random.RandomState(0)
    batch = {Batch.inputs: rng.uniform(0, 255, (2, 64, 64, 3)), Batch.part_score_targets: rng.rand(2, 8, 8, 2) > 0.5,
             Batch.part_score_weights: np.ones((2, 8, 8, 2)), Extra.padding_mask: np.ones((2, 8, 8, 1))}
    batch[Extra.padding_mask][1, :, 4:] = 0
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = {key: tf.placeholder(tf.float32, shape) for key, shape in get_batch_spec(cfg).items()}
        net = pose_net(cfg)
        loss = net.train(inputs)["part_loss"]
        with tf.variable_scope(tf.get_variable_scope(), reuse=True):
            score = net.test(inputs[Batch.inputs])["part_prob"]
        session.run(tf.global_variables_initializer())
        found, p = session.run([loss, score], {inputs[key]: value for key, value in batch.items()})
    target = batch[Batch.part_score_targets]
    entropy = -np.where(target, np.log(p), np.log(1 - p))
    kept = np.concatenate([entropy[0].ravel(), entropy[1, :, :4].ravel()])
    assert found == pytest.approx(kept.mean(), rel=1e-4)


def test_regularize_adds_the_l2_term():
    cfg = default_config()
    cfg.update(net_type="efficientnet_lite0", num_joints=2, regularize=True, weight_decay=0.01)
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = {key: tf.zeros([1] + ([64, 64] if key is Batch.inputs else [8, 8]) + shape[3:])
                  for key, shape in get_batch_spec(cfg).items()}
        loss = pose_net(cfg).train(inputs)["l2_loss"]
        weights = [v for v in tf.trainable_variables() if v.op.name.endswith("weights")]
        session.run(tf.global_variables_initializer())
        found, values = session.run([loss, weights])
    assert found == pytest.approx(0.01 * sum((value ** 2).sum() / 2 for value in values), rel=1e-4)


@pytest.mark.parametrize("net_type, last", [("efficientnet_lite0", "pose/decoder/stride_8/merge/weights"),
                                            ("resnet_50", "resnet_v1_50/block4/unit_3/bottleneck_v1/conv3/weights")])
def test_listed_pairwise_targets_give_the_loss_and_gradients_of_dense_ones(net_type, last):
    cfg = default_config()
    cfg.update(net_type=net_type, skip_connections=net_type != "resnet_50", num_joints=3, pairwise_predict=True,
               batch_size=2)
    rng = np.random.RandomState(0)
    index = np.array([[0, 1, 2, 5], [1, 3, 0, 0], [1, 3, 0, 4]])
    values = rng.randn(3, 2) * 3
    dense, mask = np.zeros((2, 4, 4, 6, 2)), np.zeros((2, 4, 4, 6, 2))
    dense[tuple(index.T)], mask[tuple(index.T)] = values, 1
    with tf.Graph().as_default(), tf.Session() as session:
        net = pose_net(cfg)
        found = []
        for inputs in (training_inputs(cfg),
                       {key: tf.placeholder(tf.float32, shape) for key, shape in get_batch_spec(cfg).items()}):
            batch = {Batch.inputs: np.full((2, 32, 32, 3), 99.0), Extra.pairwise_index: index,
                     Extra.pairwise_values: values, Batch.pairwise_targets: dense.reshape(2, 4, 4, 12),
                     Batch.pairwise_mask: mask.reshape(2, 4, 4, 12), Batch.part_score_targets: np.zeros((2, 4, 4, 3)),
                     Batch.part_score_weights: np.ones((2, 4, 4, 3)), Extra.padding_mask: np.ones((2, 4, 4, 1))}
            with tf.variable_scope("", reuse=bool(found)):
                loss = net.train(inputs)["pairwise_loss"]
            if not found:
                session.run(tf.global_variables_initializer())
            variables = [v for v in tf.trainable_variables() if "pairwise_pred" in v.op.name or v.op.name == last]
            found.append(session.run([loss] + tf.gradients(loss, variables), {inputs[key]: batch[key] for key in inputs}))
    assert len(variables) == 3
    for listed, dense in zip(*found):
        size = np.abs(dense).max()
        assert size > 0
        np.testing.assert_allclose(listed, dense, rtol=0, atol=1e-4 * size)
