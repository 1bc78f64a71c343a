"""Frozen networks in each runtime against the network as it is."""
import functools

import numpy as np
import pytest

from nnet import runtimes
from nnet.freeze import folded, write_frozen
from nnet.net_factory import pose_net
from nnet.runtimes import ONNXRuntime, OpenVINO, TensorFlow
from nnet.tf import has_bfloat16, tf
from util.config import default_config
from util.processor import computes_bfloat16

HEADS = ("part_prob", "locref", "pairwise_pred")
FEED = {"inputs": np.random.RandomState(1).randint(-128, 128, (2, 64, 128, 3)).astype(np.float32),
        "cells": np.array([[0, 0, 0], [1, 3, 5], [0, 4, 2], [1, 4, 7], [0, 2, 6]], np.int32)}
NEEDS_OPENVINO = pytest.mark.skipif(OpenVINO.version() is None, reason="there is no OpenVINO")
RUNTIMES = [TensorFlow, pytest.param(OpenVINO, marks=NEEDS_OPENVINO), pytest.param(ONNXRuntime, marks=pytest.mark.skipif(
    ONNXRuntime.version() is None, reason="there is no ONNX Runtime"))]

@functools.lru_cache(maxsize=None)
def made(net_type):
    """(session, {name: placeholder}, outputs) of a network whose batch normalisations have statistics of their own."""
    cfg = default_config()
    cfg.update(net_type=net_type, stride=4 if "fpn" in net_type else 8, num_joints=4, location_refinement=True,
               pairwise_predict=True, skip_connections=net_type == "efficientnet_lite0")
    rng = np.random.RandomState(0)
    with tf.Graph().as_default():
        tf.set_random_seed(0)
        fed = {"inputs": tf.placeholder(tf.float32, [None, None, None, 3]), "cells": tf.placeholder(tf.int32, [None, 3])}
        outputs = pose_net(cfg).test_in_cells(fed["inputs"], fed["cells"])
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        session.run([v.initializer for v in tf.global_variables() if "BatchNorm" in v.op.name],
                    {v.initializer.inputs[1]: rng.uniform(0.5, 1.5, v.shape.as_list())
                     for v in tf.global_variables() if "BatchNorm" in v.op.name})
    return session, fed, outputs


@functools.lru_cache(maxsize=None)
def written(net_type, path):
    return write_frozen(*made(net_type), example=FEED, path=path)


@pytest.fixture(scope="module", params=["resnet_50", "efficientnet_lite0", "mobilenet_v2_fpn_1.0"])
def net_type(request):
    return request.param


@pytest.fixture(scope="module")
def network(net_type):
    return made(net_type)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("frozen")


@pytest.fixture(scope="module")
def frozen(net_type, folder):
    """(path of the whole network's files, {name: what it computes for FEED})"""
    path = str(folder / net_type)
    return path, written(net_type, path)


def running_in(runtime, path, names, precision):
    if runtime is not TensorFlow:
        runtime.keep(path, path)
    return runtime(path, names, precision)


@pytest.fixture(scope="module", params=RUNTIMES)
def running(request, frozen):
    """The network in a runtime, in float32."""
    return running_in(request.param, frozen[0], HEADS, "float32")


def assert_equal(found, expected):
    for name in HEADS:
        size = np.abs(expected[name]).max()
        assert size > 1e-3, name
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-4 * size, err_msg=name)


def test_float32_equals_the_network_as_it_is(running, frozen):
    for _ in range(runtimes.REPEATS + 1):  # OpenVINO compiles for one size then
        found = running.run(FEED)
        assert list(found) == list(HEADS)
        assert_equal(found, frozen[1])


def test_bfloat16_is_near_and_not_the_same(running, frozen):
    runtime = type(running)
    if runtime is ONNXRuntime:
        pytest.skip("it computes in float32 alone")
    if not (has_bfloat16() if runtime is TensorFlow else computes_bfloat16()):
        pytest.skip("this processor does not compute in bfloat16")
    path, expected = frozen
    found = runtime(path, HEADS, "bfloat16").run(FEED)
    for name in HEADS:
        difference = np.abs(found[name] - expected[name]).max() / np.abs(expected[name]).max()
        assert 1e-6 < difference < 0.1, name


def test_no_cells_at_all(running, frozen):
    for _ in range(runtimes.REPEATS + 1):
        found = running.run(dict(FEED, cells=FEED["cells"][:0]))
    assert found["pairwise_pred"].shape == (0, frozen[1]["pairwise_pred"].shape[1])


def test_results_stay_as_they_were(running):
    """Also when the next picture is run."""
    first = running.run(FEED)["locref"]
    kept = first.copy()
    running.run(dict(FEED, inputs=-FEED["inputs"]))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_is_not_filled_up_may_have_any_size(runtime, folder):
    session, fed, outputs = made("resnet_50")
    path = str(folder / "resnet_50")
    written("resnet_50", path)
    odd = dict(FEED, inputs=FEED["inputs"][:, :37, :51], cells=FEED["cells"][:3])
    expected = session.run(outputs, {tensor: odd[name] for name, tensor in fed.items()})
    assert expected["part_prob"].shape[1:3] == (6, 8)
    assert_equal(running_in(runtime, path, HEADS, "float32").run(odd), expected)


@NEEDS_OPENVINO
def test_the_first_sizes_that_come_again_are_compiled_for(frozen):
    running = running_in(OpenVINO, frozen[0], HEADS, "float32")
    for width in (128, 96, 64, 32):
        for _ in range(runtimes.REPEATS):
            running.run(dict(FEED, inputs=FEED["inputs"][:, :, :width]))
    assert [dict(key)["inputs"][2] for key in running._fixed] == [128, 96]


@NEEDS_OPENVINO
def test_sizes_that_vary_are_compiled_for_once_they_no_longer_do(frozen):
    running = running_in(OpenVINO, frozen[0], HEADS, "float32")
    for number in range(4 * runtimes.REPEATS):
        running.run(dict(FEED, inputs=FEED["inputs"][:, :, :32 * (1 + number % 3)]))
    assert not running._fixed
    for _ in range(2 * runtimes.REPEATS):
        running.run(FEED)
    assert [dict(key)["inputs"][2] for key in running._fixed] == [128]
    for number in range(3):  # what was compiled is not run beside what takes all sizes
        running.run(dict(FEED, inputs=FEED["inputs"][:, :, :32 * (1 + number)]))
    assert not running._come_again((("cells", FEED["cells"].shape), ("inputs", FEED["inputs"].shape)), None)


@NEEDS_OPENVINO
def test_a_frame_of_a_video_is_the_same_whatever_came_before(frozen):
    """So that a video that was stopped goes on as if it had not been."""
    running = running_in(OpenVINO, frozen[0], HEADS, "float32")
    first = running.run(FEED, again=True)
    for _ in range(runtimes.REPEATS + 1):
        found = running.run(FEED, again=True)
        assert all(np.array_equal(found[name], first[name]) for name in HEADS)
    assert len(running._fixed) == 1
    running.run(dict(FEED, inputs=FEED["inputs"][:, :, :96]), again=False)
    assert len(running._fixed) == 1


@NEEDS_OPENVINO
def test_memory_is_taken_for_all_threads_and_changes_nothing(frozen):
    OpenVINO.keep(frozen[0], frozen[0])
    running = OpenVINO(frozen[0], HEADS, "float32", parallel=2)
    first = running.run(FEED, again=False)
    running.reserve(dict(FEED, inputs=np.zeros((2, 96, 128, 3))))
    assert running._any_size[0].qsize() == 2
    found = running.run(FEED, again=False)
    assert all(np.array_equal(found[name], first[name]) for name in HEADS)


def test_only_what_pictures_change_is_left_to_do(network):
    left = {node.op for node in folded(*network).node}
    assert "Conv2D" in left and not left & {"Variable", "VariableV2", "VarHandleOp", "Rsqrt"}


def test_a_part_of_the_network(running, network, frozen, tmp_path):
    """Pairwise offsets from features that were kept: other cells can be asked for without running the backbone again."""
    session, fed, outputs = network
    fed = {"features": outputs["pairwise_features"], "cells": fed["cells"]}
    fetched = {"offsets": outputs["pairwise_pred"]}
    example = {"features": session.run(fed["features"], {network[1]["inputs"]: FEED["inputs"]}), "cells": FEED["cells"]}
    expected = write_frozen(session, fed, fetched, example, str(tmp_path / "head"))["offsets"]
    assert len(folded(session, fed, fetched).node) < len(session.graph.get_operations()) / 4
    head = running_in(type(running), str(tmp_path / "head"), ["offsets"], "float32")
    found = head.run(dict(example, cells=FEED["cells"][:3]))["offsets"]
    np.testing.assert_allclose(found, expected[:3], rtol=0, atol=1e-4 * np.abs(expected).max())
