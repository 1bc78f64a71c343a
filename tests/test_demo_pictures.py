"""What the shipped weights find on the photographs of the demos, against COCO's labels of them (val, never trained on)."""
import json
import os

import numpy as np
import pytest

from conftest import ROOT
from demo.samples import sample_images
from multiperson.predict import PeoplePredictor
from nnet.predict import PosePredictor
from util.config import cfg_from_file
from util.skeleton import COCO, MPII, Skeleton

LIMB_JOINTS = [name for name in MPII.joint_names if name.startswith(("left", "right"))]
NEAR = 0.25  # of the torso, left hip to right shoulder


@pytest.fixture(scope="module")
def labelled():
    """{picture: [17, 3] (x, y, COCO's visibility)}"""
    with open(os.path.join(ROOT, "tests/data/demo_people.json")) as stream:
        return {name: np.reshape(keypoints, (17, 3)).astype(float) for name, keypoints in json.load(stream).items()}


def misplaced(pose, skeleton, label):
    """The labelled limb joints that a pose [J, 3] has not near their place."""
    torso = np.linalg.norm(label[COCO.joint_id("left_hip"), :2] - label[COCO.joint_id("right_shoulder"), :2])
    distance = {name: np.linalg.norm(pose[skeleton.joint_id(name), :2] - label[COCO.joint_id(name), :2])
                for name in LIMB_JOINTS if label[COCO.joint_id(name), 2]}
    return {name: value for name, value in distance.items() if not value <= NEAR * torso}  # nan is not near


def pictures(labelled):
    images = dict(sample_images())
    assert set(labelled) < set(images)
    return [(name, images[name], label) for name, label in labelled.items()]


def test_one_person(labelled):
    cfg = cfg_from_file(os.path.join(ROOT, "models/single/test/pose_cfg.yaml"))
    predictor = PosePredictor(cfg)
    for name, image, label in pictures(labelled):
        assert misplaced(predictor.find(image).pose, Skeleton.from_config(cfg), label) == {}, name


def test_several_people(labelled):
    predictor = PeoplePredictor(cfg_from_file(os.path.join(ROOT, "models/multi/test/pose_cfg.yaml")))
    for name, image, label in pictures(labelled):
        assert misplaced(predictor.find(image)[0].keypoints, COCO, label) == {}, name
