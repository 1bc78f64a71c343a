"""The temporal model, learned from what a made-up network finds in moved stills."""
import argparse
import json
import os
import sys
from functools import partial

import numpy as np
import pytest
import yaml

import train_temporal_model
from conftest import ROOT
from dataset.dataset_mat import DataItem, write_dataset_mat
from dataset.moved_stills import MovedStills
from dataset.sequences import LabelledFrame
from multiperson.frames import FrameGraph
from multiperson.graph import Graph
from multiperson.motion import PATCH
from multiperson.spatial_model_training import NOBODY
from multiperson.temporal import FEATURES, Points, read_temporal_model, temporal_model_path
from multiperson.temporal_model_training import AGES, examples_of, owners
from util.command import UserError
from util.config import cfg_from_file
from util.image import read_image
from util.skeleton import COCO

pytest.importorskip("cv2")

UNIT = 4.0  # px
NOTHING = np.full((90, 160, 3), 90, np.uint8)


def found_at(joint, position):
    """The FrameGraph of detections of these joints, all of one unit."""
    count = len(joint)
    graph = Graph(np.array(joint, np.int64), np.array(position, float).reshape(-1, 2), np.full(count, 0.8),
                  np.zeros((0, 2), np.int64), np.zeros(0))
    return FrameGraph(graph, np.full(count, UNIT), None, None, 1.0, 4.0)


def labelled(people, tracks, image=NOTHING):
    """A LabelledFrame; people: of each (joint id, x, y), any number of them"""
    return LabelledFrame(lambda: image, [np.array(person, float) for person in people], tracks, 0.0)


def test_owners_are_the_nearest_of_the_same_joint_within_reach():
    joint, position = [0, 0, 1, 0, 0], [[20, 20], [23, 20], [40, 40], [90, 20], [20, 26.1]]
    graph = found_at(joint, position).graph
    looks = np.zeros((5, PATCH ** 2)), np.zeros((5, 3))
    points = Points(graph.joint, graph.position, graph.probability, np.full(5, UNIT), *looks, *np.zeros((2, 5)))
    frame = labelled([[(0, 21, 20), (1, 90, 20)], [(0, 24.5, 20), (1, 40, 34.1)]], [7, 3])
    assert owners(points, frame).tolist() == [7, 3, 3, NOBODY, NOBODY]
    assert owners(points, labelled([], [])).tolist() == [NOBODY] * 5


def test_examples_of_two_people_and_a_stray():
    """Of joint 0 both people are found and something else, of joint 1 the first one only."""
    frames = [labelled([[(0, 40, 20), (1, 40, 50)], [(0, 60, 20)]], [0, 1]) for _ in range(4)]
    places = [0, 0, 0, 1], [[40, 20], [60, 20], [50, 80], [40, 50]]
    examples, joint = examples_of(5, frames, lambda image: found_at(*places))
    pairs = sum(len(frames) - age for age in AGES if age < len(frames))  # of frames
    assert len(joint) == 5 * pairs and (joint == 1).sum() == pairs and (examples.image == 5).all()
    assert examples.same[joint == 1].all() and examples.same[joint == 0].sum() == 2 * pairs
    distance = examples.features[:, 0]
    assert (distance[examples.same] < 0.1).all() and (distance[~examples.same] > 2).all()


def test_examples_of_nobody():
    examples, joint = examples_of(0, [labelled([], [])] * 3, lambda image: found_at([], []))
    assert examples.features.shape == (0, len(FEATURES)) and examples.same.dtype == bool and len(joint) == 0


class Stills(MovedStills):
    """Small ones, which remember the frame that was looked at last."""

    now = None

    def __init__(self, *arguments, **options):
        MovedStills.__init__(self, *arguments, **dict(options, size=(160, 90)))

    def sequence(self, number):
        return [frame._replace(image=partial(self._look, frame)) for frame in MovedStills.sequence(self, number)]

    @staticmethod
    def _look(frame):
        Stills.now = frame
        return frame.image()


class Seeing(object):
    """In place of the network: detects every labelled joint of that frame."""

    def __init__(self, cfg):
        assert cfg.num_joints == 17

    def graph(self, image):
        joints = np.concatenate(Stills.now.people + [np.zeros((0, 3))])
        return found_at(joints[:, 0], joints[:, 1:])


@pytest.fixture
def config(tmp_path):
    """Path of a pose_cfg.yaml for a data set of two of the demos' photographs."""
    with open(os.path.join(ROOT, "tests/data/demo_people.json")) as stream:
        labels = json.load(stream)
    items = []
    for number, name in enumerate(("woman_standing", "skateboarder_standing")):
        path = os.path.join(ROOT, "demo/images", name + ".jpg")
        label = np.reshape(labels[name], (17, 3))
        ids = np.flatnonzero(label[:, 2])
        items.append(DataItem(number, path, (3,) + read_image(path).shape[:2], [np.column_stack([ids, label[ids, :2]])]))
    write_dataset_mat(str(tmp_path / "dataset.mat"), items)
    settings = dict(COCO._asdict(), dataset="dataset.mat", num_joints=17, pairwise_model_dir=str(tmp_path))
    settings["all_joints"], settings["limbs"] = ([list(map(int, pair)) for pair in settings[key]]
                                                 for key in ("all_joints", "limbs"))
    (tmp_path / "pose_cfg.yaml").write_text(yaml.safe_dump(settings))
    return str(tmp_path / "pose_cfg.yaml")


def test_the_command(config, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(train_temporal_model, "MovedStills", Stills)
    monkeypatch.setattr(train_temporal_model, "FramePredictor", Seeing)
    report = str(tmp_path / "report.json")
    monkeypatch.setattr(sys, "argv", ["train_temporal_model.py", "--config", config, "--sequences", "2", "--report", report])
    train_temporal_model.main()
    assert "wrote %s" % temporal_model_path(cfg_from_file(config)) in capsys.readouterr().out
    with open(report) as stream:
        read = json.load(stream)
    assert read["mean_auc"] > 0.9 and [pair["names"][0] for pair in read["pairs"]] == COCO.joint_names
    model = read_temporal_model(str(tmp_path / "temporal_model.mat"))
    close, far = [[distance, 0.1, 0, 0, 0, 0.4, np.exp(-distance), 1, 0.1 * distance] for distance in (0.2, 6.0)]
    assert model.probability(np.array(close)) > 0.8 > 0.2 > model.probability(np.array(far))


def test_too_few_sequences(config, tmp_path, monkeypatch):
    monkeypatch.setattr(train_temporal_model, "MovedStills", Stills)
    monkeypatch.setattr(train_temporal_model, "FramePredictor", Seeing)
    monkeypatch.setattr(sys, "argv", ["train_temporal_model.py", "--config", config, "--sequences", "1"])
    with pytest.raises(UserError, match="1 sequences hold too few pairs to fit a model"):
        train_temporal_model.main()
    assert sorted(os.listdir(str(tmp_path))) == ["dataset.mat", "pose_cfg.yaml"]


def test_labelled_videos_are_sequences_too(monkeypatch):
    monkeypatch.setattr(train_temporal_model, "read_penn_action", lambda folder: ([folder + " items"], None))
    monkeypatch.setattr(train_temporal_model, "penn_sequences", lambda items, skeleton: [items + ["1"], items + ["2"]])
    monkeypatch.setattr(train_temporal_model, "posetrack_sequence", lambda path, skeleton: [path, skeleton])
    args = argparse.Namespace(sequences=0, penn_action="penn", posetrack=["a.json", "b.json"])
    assert [sequence() for sequence in train_temporal_model.sequences(args, None, COCO)] == [
        ["a.json", COCO], ["b.json", COCO], ["penn items", "1"], ["penn items", "2"]]
