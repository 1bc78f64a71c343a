import numpy as np
import pytest

from nnet.engine import fast_session, folded
from nnet.net_factory import pose_net
from nnet.tf import has_bfloat16, tf
from util.config import default_config

HEADS = ("part_prob", "locref", "pairwise_pred")


@pytest.fixture(scope="module", params=["resnet_50", "efficientnet_lite0", "mobilenet_v2_fpn_1.0"])
def network(request):
    """(session, [pictures, cells], outputs) of a network whose batch normalisations have statistics of their own."""
    cfg = default_config()
    cfg.update(net_type=request.param, stride=4 if "fpn" in request.param else 8, num_joints=4, location_refinement=True,
               pairwise_predict=True, skip_connections=request.param == "efficientnet_lite0")
    rng = np.random.RandomState(0)
    with tf.Graph().as_default():
        tf.set_random_seed(0)
        fed = [tf.placeholder(tf.float32, [None, None, None, 3]), tf.placeholder(tf.int32, [None, 3])]
        outputs = pose_net(cfg).test(*fed)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        session.run([v.initializer for v in tf.global_variables() if "BatchNorm" in v.op.name],
                    {v.initializer.inputs[1]: rng.uniform(0.5, 1.5, v.shape.as_list())
                     for v in tf.global_variables() if "BatchNorm" in v.op.name})
    return session, fed, outputs


FEED = np.random.RandomState(1).randint(0, 256, (2, 40, 50, 3)), [[0, 0, 0], [1, 3, 5], [0, 4, 2], [1, 4, 7], [0, 2, 6]]


def run(session, fed, outputs):
    return session.run({name: outputs[name] for name in HEADS}, dict(zip(fed, FEED)))


def test_exact_equals_the_plain_graph(network):
    expected = run(*network)
    found = run(*fast_session(*network, precision="exact"))
    for name in HEADS:
        size = np.abs(expected[name]).max()
        assert size > 1e-3, name
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-4 * size, err_msg=name)


@pytest.mark.skipif(not has_bfloat16(), reason="this processor does not compute in bfloat16")
def test_auto_is_near_exact_and_not_the_same(network):
    expected = run(*network)
    found = run(*fast_session(*network, precision="auto"))
    for name in HEADS:
        difference = np.abs(found[name] - expected[name]).max() / np.abs(expected[name]).max()
        assert 1e-6 < difference < 0.1, name


def test_only_what_pictures_change_is_left_to_do(network):
    session, fed, outputs = network
    left = {node.op for node in folded(session, fed, list(outputs.values())).node}
    assert "Conv2D" in left and not left & {"Variable", "VariableV2", "VarHandleOp", "Rsqrt"}


def test_a_part_of_the_network(network):
    """Pairwise offsets from features that were kept: other cells can be asked for without running the backbone again."""
    session, (pictures, cells), outputs = network
    features, expected = session.run([outputs["pairwise_features"], outputs["pairwise_pred"]],
                                     {pictures: FEED[0], cells: FEED[1]})
    head, fed, fetched = fast_session(session, [outputs["pairwise_features"], cells],
                                      {"pairwise_pred": outputs["pairwise_pred"]}, "exact")
    assert len(head.graph.get_operations()) < len(session.graph.get_operations()) / 4
    found = head.run(fetched, dict(zip(fed, (features, FEED[1][:3]))))["pairwise_pred"]
    np.testing.assert_allclose(found, expected[:3], rtol=0, atol=1e-4 * np.abs(expected).max())
