"""The root scripts and the demo, as a user runs them."""
import json
import os
from dataclasses import replace

import numpy as np
import pytest
import scipy.io
from PIL import Image

from conftest import ROOT
from dataset.dataset_mat import DataItem, write_dataset_mat
from scripts import run


@pytest.fixture
def folder(dots, write_config, random_weights, monkeypatch):
    write_config(dots[0], init_weights=random_weights)
    monkeypatch.chdir(dots[0])
    return dots[0]


def test_test_py(folder):
    assert run("test.py", "--cache", "--out", "out").returncode == 0
    joints = scipy.io.loadmat("out/predictions.mat")["joints"]
    assert joints.shape == (1, 6) and joints[0, 0].shape == (4, 3)
    assert scipy.io.loadmat("test/im1.mat")["scoremaps"].shape == (16, 16, 4)
    assert scipy.io.loadmat("test/im1_locreg.mat")["locreg_pred"].shape == (16, 16, 4, 2)
    assert np.asarray(Image.open("out/im1_pose.png")).shape == (128, 120, 3)
    assert run("test.py", "--surprise").returncode == 2


def write_predictions(items, offsets):
    """offsets: by how much each joint's x is off, px; the same in all pictures, or [pictures, joints]"""
    joints = np.empty((1, len(items)), object)
    for number, (item, offset) in enumerate(zip(items, np.broadcast_to(offsets, (len(items), 4)))):
        joints[0, number] = np.column_stack([item.joints[0][:, 1] + offset, item.joints[0][:, 2], np.ones(4)])
    scipy.io.savemat("predictions.mat", {"joints": joints})


def test_eval_pck(folder, dots):
    for offsets, row in [([0, 0, 0, 0], "100.0 & 100.0 & 100.0 & 100.0 & 100.0"), ([50] * 4, "0.0 & 0.0 & 0.0 & 0.0 & 0.0"),
                         ([0, 50, 0, 50], "50.0 & 100.0 & 0.0 & 50.0 & 50.0")]:
        write_predictions(dots[1], offsets)
        assert run("eval_pck.py").stdout.splitlines()[2:] == ["a & b & c & total & pooled \\\\", row + " \\\\"]


def test_eval_pck_lists_the_worst(folder, dots):
    """Each joint of the picture in place 1 is off by its box's larger side, in place 4 by half of it; the others are right."""
    shares = [0, 1, 0, 0, 0.5, 0]
    sides = [np.ptp(item.joints[0][:, 1:], axis=0).max() for item in dots[1]]
    write_predictions(dots[1], [share * side * np.ones(4) for share, side in zip(shares, sides)])
    listed = run("eval_pck.py", "--worst", 3).stdout.splitlines()[-3:]
    assert [line.split("  ")[0] for line in listed] == ["1.00", "0.50", "0.00"]
    assert listed[0].endswith("im1.png") and listed[1].endswith("im4.png")


def test_eval_pck_of_other_predictions(folder, dots):
    write_predictions(dots[1][:3], [0] * 4)
    assert "holds 3 predictions for the 6 pictures of dataset.mat" in run("eval_pck.py").stderr
    assert "there is no" in run("eval_pck.py", "--predictions", "nowhere.mat").stderr
    assert "test.py writes a file of predictions" in run("eval_pck.py", "--predictions", "dataset.mat").stderr


def test_vis_dataset(folder):
    assert run("vis_dataset.py", "--out", "seen", "--count", 2).returncode == 0
    assert len(os.listdir("seen")) == 2


def test_vis_dataset_without_joints(folder, dots):
    write_dataset_mat("dataset.mat", [replace(item, joints=None) for item in dots[1]])
    assert "the data set dataset.mat has no joints to draw" in run("vis_dataset.py").stderr


def test_demo_with_a_config(folder):
    done = run("demo/singleperson.py", "im0.png", "im1.png", "--config", "pose_cfg.yaml", "--out", "drawn",
               "--json", "poses.json")
    assert done.returncode == 0, done.stderr
    with open("poses.json") as stream:
        poses = json.load(stream)
    assert poses["joint_names"] == ["a_1", "a_2", "b", "c"] and poses["limbs"] == [[0, 2], [1, 3]]
    assert [image["image"] for image in poses["images"]] == ["im0.png", "im1.png"]
    image = poses["images"][1]
    assert (image["width"], image["height"]) == (120, 128)
    person, = image["people"]
    assert len(person["keypoints"]) == 4 and all(len(joint) == 3 for joint in person["keypoints"])
    assert Image.open("drawn/im1_pose.png").size == (120, 128)


def test_demo_says_what_is_wrong(folder):
    (folder / "text.png").write_text("not a picture")
    done = run("demo/singleperson.py", "text.png", "im1.png", "--config", "pose_cfg.yaml", "--out", "drawn")
    assert done.returncode == 1 and "cannot read the image text.png" in done.stderr
    assert os.path.exists("drawn/im1_pose.png")  # the good one is done all the same
    done = run("demo/singleperson.py", "im1.png", "--config", os.path.join(ROOT, "demo/pose_cfg.yaml"))
    assert done.returncode == 1 and "there are no weights models/mpii/mpii-single-resnet-101" in done.stderr
    assert "download_models.sh" in done.stderr


def test_pictures_of_any_shape(folder, dots):
    """One result a picture, however small or narrow, and whatever their names."""
    shapes = {"a/x.png": (3, 3), "b/x.png": (2000, 3), "x.png": (128, 128)}
    items = []
    for name, (width, height) in shapes.items():
        os.makedirs(os.path.dirname(os.path.join(".", name)), exist_ok=True)
        Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(name)
        items.append(DataItem(len(items), name, [3, height, width], [np.array([[0, 1.0, 1.0]])]))
    write_dataset_mat("dataset.mat", items)
    assert run("test.py").returncode == 0
    assert scipy.io.loadmat("predictions.mat")["joints"].shape == (1, 3)
    assert Image.open("x.png").size == (128, 128) and Image.open("1_x_pose.png").size == (2000, 3)
    done = run("demo/singleperson.py", "a/x.png", "b/x.png", "--config", "pose_cfg.yaml")
    assert done.returncode == 0 and os.path.exists("out/0_x_pose.png")


def test_bad_joint_ids_are_named(folder, dots):
    write_dataset_mat("dataset.mat", [replace(dots[1][0], joints=[np.array([[7, 1.0, 1.0]])])])
    assert "joint id 7" in run("pairwise_stats.py").stderr


def test_convert(folder):
    done = run("dataset/convert.py", "im1.png", "out.mat")
    assert done.returncode == 1 and "im1.png is none of: a DeepLabCut project" in done.stderr
