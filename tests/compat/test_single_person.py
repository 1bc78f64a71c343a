"""Scripts of 2017 that find one person in pictures and show it."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.io
from PIL import Image

from experiments import canvas, experiment, weights  # noqa: F401 (fixtures)


def test_a_picture(experiment):
    experiment()
    sys.path.append("../..")
    from config import load_config
    from dataset.pose_dataset import data_to_input
    from nnet import predict
    from util import visualize

    cfg = load_config("pose_cfg.yaml")
    sess, inputs, outputs = predict.setup_pose_prediction(cfg)
    image = np.array(Image.open("im0.png").convert("RGB"))
    outputs_np = sess.run(outputs, feed_dict={inputs: data_to_input(image)})
    assert sorted(outputs_np) == ["locref", "part_prob"] and outputs_np["part_prob"].shape == (1, 16, 14, 4)

    scmap, locref, pairwise_diff = predict.extract_cnn_output(outputs_np, cfg)
    np.testing.assert_array_equal(scmap, outputs_np["part_prob"][0])
    np.testing.assert_allclose(locref.reshape(16, 14, 8), outputs_np["locref"][0] * 7.2801, rtol=1e-6)
    assert pairwise_diff is None
    pose = predict.argmax_pose_predict(scmap, locref, cfg.stride)
    assert pose.shape == (4, 3)

    visualize.show_heatmaps(cfg, image, scmap, pose)
    visualize.waitforbuttonpress()
    assert len([axes for axes in plt.gcf().axes if axes.images]) == 5


def test_the_pictures_of_a_data_set(experiment):
    experiment(global_scale=0.5)
    from dataset.factory import create as create_dataset
    from dataset.pose_dataset import Batch
    from nnet.predict import argmax_pose_predict, extract_cnn_output, setup_pose_prediction
    from util.config import load_config
    from util.logging import setup_logging

    setup_logging()
    cfg = load_config()
    dataset = create_dataset(cfg)
    dataset.set_shuffle(False)
    dataset.set_test_mode(True)
    sess, inputs, outputs = setup_pose_prediction(cfg)
    num_images = dataset.num_images
    predictions = np.zeros((num_images,), dtype=object)
    for k in range(num_images):
        batch = dataset.next_batch()
        outputs_np = sess.run(outputs, feed_dict={inputs: batch[Batch.inputs]})
        scmap, locref, pairwise_diff = extract_cnn_output(outputs_np, cfg, dataset.pairwise_stats)
        pose = argmax_pose_predict(scmap, locref, cfg.stride)
        pose[:, 0:2] /= cfg.global_scale
        predictions[k] = pose
        assert batch[Batch.data_item].im_path == "im%d.png" % k and batch[Batch.inputs].shape == (1, 60, 52 + 4 * k, 3)
    sess.close()
    scipy.io.savemat("predictions.mat", mdict={"joints": predictions})
    assert scipy.io.loadmat("predictions.mat")["joints"][0, 4].shape == (4, 3)


def test_arrows(experiment):
    experiment(pairwise_predict=True)
    from dataset.factory import create as create_dataset
    from nnet import predict
    from util import visualize
    from util.config import load_config

    cfg = load_config()
    dataset = create_dataset(cfg)
    sess, inputs, outputs = predict.setup_pose_prediction(cfg)
    image = np.array(Image.open("im1.png").convert("RGB"))
    outputs_np = sess.run(outputs, feed_dict={inputs: image[np.newaxis].astype(np.float32)})
    assert outputs_np["pairwise_pred"].shape == (1, 16, 14, 24)
    scmap, locref, pairwise_diff = predict.extract_cnn_output(outputs_np, cfg, dataset.pairwise_stats)
    np.testing.assert_allclose(pairwise_diff[..., 1].reshape(16, 14, 12), outputs_np["pairwise_pred"][0, ..., 1::2] * 20 + 4,
                               rtol=1e-4)
    pose = predict.argmax_pose_predict(scmap, locref, cfg.stride)
    arrows = predict.argmax_arrows_predict(scmap=scmap, offmat=locref, pairwise_diff=pairwise_diff, stride=cfg.stride)
    assert len(arrows) == 12
    assert not predict.argmax_arrows_predict(scmap, locref, None, cfg.stride)

    axes = plt.gca()
    visualize.show_arrows(cfg, image, pose, arrows)
    assert plt.gca() is axes and axes.images and len(axes.texts) == 12


def test_the_network_is_in_the_default_graph(experiment):
    experiment()
    from nnet.predict import setup_pose_prediction
    from nnet.tf import tf
    from util.config import load_config

    sess, inputs, outputs = setup_pose_prediction(load_config())
    saver = tf.train.Saver()
    saver.save(sess, "./copied")
    names = [v.op.name for v in tf.global_variables()]
    assert "pose/part_pred/block4/weights" in names
    assert sorted(tf.train.NewCheckpointReader("./copied").get_variable_to_shape_map()) == sorted(names)
    assert outputs["part_prob"].graph is tf.get_default_graph()


@pytest.mark.parametrize("grey", [False, True])
def test_pictures_and_maps_on_the_current_axes(canvas, grey):
    from easydict import EasyDict
    from util import visualize

    cfg = EasyDict(stride=8.0, all_joints=[[0], [1]], all_joints_names=["a", "b"], num_joints=2)
    image = np.full((64, 96) if grey else (64, 96, 3), 100, np.uint8)
    pose = np.array([[20.0, 20, 0.9], [70, 40, 0.8]])
    axes = plt.gca()
    visim = visualize.visualize_joints(image, pose)
    assert visim.shape == (64, 96, 3) and tuple(visim[20, 20]) != (100, 100, 100)
    np.testing.assert_array_equal(axes.images[-1].get_array(), visim)

    fig = plt.figure()
    visualize.show_heatmaps(cfg, image, np.random.RandomState(0).rand(8, 12, 2), pose, cmap="hot")
    assert plt.gcf() is fig and len([one for one in fig.axes if one.images]) == 3
    visualize.show_heatmaps(cfg, image, np.zeros((8, 12, 2)), pose)
    assert plt.gcf() is not fig
    plt.clf()
    before = canvas()
    visualize.show_arrows(cfg, image, pose, {(0, 1): (pose[0, :2], pose[1, :2])})
    assert (canvas() != before).any() and len(plt.gca().texts) == 1


def test_waiting_ends(monkeypatch):
    from util.visualize import waitforbuttonpress
    timeouts = []
    monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(plt, "waitforbuttonpress", lambda timeout=-1: timeouts.append(timeout))
    waitforbuttonpress()
    plt.figure()
    waitforbuttonpress()
    assert timeouts == [1]
