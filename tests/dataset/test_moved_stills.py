"""dataset.layers, dataset.cutouts, dataset.moved_stills, and the sequences of benchmarks/demo_sequences.py"""
import json
import os

import numpy as np
import pytest

from benchmarks import demo_sequences
from conftest import ROOT
from dataset.cutouts import body_mask, cut_out, torso_length
from dataset.dataset_mat import DataItem, DatasetError
from dataset.layers import Layer, Motion, film, opaque, render
from dataset.moved_stills import MovedStills
from demo.samples import sample_images
from scripts import run
from util.skeleton import COCO

SIZE = (120, 80)
STILL = Motion(np.zeros(2), np.zeros(2))
GREY = Layer(opaque(np.full((80, 120, 3), 100, np.uint8)), STILL)


def dot(motion, track=5):
    """A layer with a white disc, 3 px wide, on its only joint."""
    y, x = np.mgrid[:21, :21] + 0.5
    disc = np.uint8(255 * ((x - 10.5) ** 2 + (y - 10.5) ** 2 <= 9))
    return Layer(np.dstack([disc] * 4), motion, [np.array([[3, 10.5, 10.5]])], [track])


def centre_of(image):
    bright = (image[..., 0].astype(float) - 100).clip(0)
    y, x = np.mgrid[:image.shape[0], :image.shape[1]] + 0.5
    return [(bright * x).sum() / bright.sum(), (bright * y).sum() / bright.sum()]


def test_labels_go_where_the_pixels_go():
    motion = Motion(np.array([3.0, 4]), np.array([30.0, 30]), np.array([4.0, 1]), np.array([0.3, -0.2]), scale=1.3,
                    growth=0.02, tilt=0.5, sway=np.array([1, 2.0]), period=9, phase=0.3)
    for frame in film([GREY, dot(motion)], SIZE, 8):
        assert frame.tracks == [5] and frame.people[0][0, 0] == 3
        assert frame.people[0][0, 1:] == pytest.approx(centre_of(frame.image()), abs=0.4)


def test_what_moves_fast_is_blurred():
    heights = []
    for speed in (0, 16):
        image = render([GREY, dot(Motion(np.zeros(2), np.array([40.0, 30]), np.array([speed, 0])))], SIZE, 0)
        heights.append(image.max())
        assert (image[..., 0].astype(float) - 100).sum() == pytest.approx(155 * 28, rel=0.1)
    assert heights[0] == 255 and 180 < heights[1] < 250


def test_joints_outside_and_behind_others_are_left_out():
    walker = dot(Motion(np.zeros(2), np.array([80.0, 30]), np.array([10, 0])))
    wall = Layer(opaque(np.zeros((80, 10, 3), np.uint8)), Motion(np.zeros(2), np.array([95.0, 0])))
    frames = film([GREY, walker, wall], SIZE, 5)
    assert [frame.tracks for frame in frames] == [[5], [], [5], [], []]  # 90.5, 100.5 behind it, 110.5, 120.5 outside
    assert [frame.tracks for frame in film([GREY, wall, walker], SIZE, 5)] == [[5], [5], [5], [], []]
    assert [frame.time for frame in frames] == [0, 0.04, 0.08, 0.12, 0.16]


def test_noise_is_other_in_each_frame_and_the_same_again():
    first, again = film([GREY], SIZE, 2, 2.0, 7), film([GREY], SIZE, 2, 2.0, 7)
    images = [frame.image() for frame in first]
    assert (images[0] != images[1]).any() and images[0].std() == pytest.approx(2, abs=0.1)
    assert all((image == frame.image()).all() for image, frame in zip(images, again))
    assert (film([GREY], SIZE, 1, 2.0, 8)[0].image() != images[0]).any()


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """DataItems of the four photographs."""
    with open(os.path.join(ROOT, "tests/data/demo_people.json")) as stream:
        labels = json.load(stream)
    images = dict(sample_images())
    found = []
    for number, (name, label) in enumerate(sorted(labels.items())):
        label = np.reshape(label, (17, 3))
        ids = np.flatnonzero(label[:, 2])
        found.append(DataItem(number, os.path.join(ROOT, "demo/images", name + ".jpg"),
                              [3] + list(images[name].shape[:2]), [np.column_stack([ids, label[ids, :2]])]))
    return found


def test_a_cutout_is_opaque_at_its_joints_only(items):
    for item in items:
        image = dict(sample_images())[os.path.splitext(os.path.basename(item.im_path))[0]]
        cutout = cut_out(image, item.joints[0], COCO, 0.6)
        x, y = cutout.joints[:, 1:].astype(int).T
        assert (cutout.picture[y, x, 3] > 240).all() and (cutout.picture[:2, :2, 3] == 0).all()
        assert 0.15 < (cutout.picture[..., 3] > 128).mean() < 0.6
        sides = [np.ptp(joints[:, 1:], axis=0) for joints in (cutout.joints, item.joints[0])]
        np.testing.assert_allclose(sides[0], 0.6 * sides[1], rtol=0.02)
        before = image[tuple(item.joints[0][0, :0:-1].astype(int))].astype(int)
        assert abs(cutout.picture[y[0], x[0], :3] - before).max() < 60


def test_a_head_that_nobody_labelled():
    """Somebody seen from behind."""
    joints = np.array([[5, 60, 60], [6, 40, 60], [11, 58, 110], [12, 42, 110]])
    mask = body_mask((100, 140), joints, COCO)
    assert mask[60 - int(0.45 * torso_length(joints, COCO)), 50] > 0.9 and mask[20, 50] < 0.1


def test_sequences_of_moved_stills(items):
    stills = MovedStills(items, COCO, seed=3, size=(240, 160), count=8)
    seen = set()
    for number in range(6):
        frames, again = stills.sequence(number), stills.sequence(number)
        assert len(frames) == 8 and frames[3].image().shape == (160, 240, 3)
        assert (frames[3].image() == again[3].image()).all()
        for frame, same in zip(frames, again):
            assert frame.tracks == same.tracks and len(set(frame.tracks)) == len(frame.people) == len(frame.tracks)
            for person, other in zip(frame.people, same.people):
                np.testing.assert_array_equal(person, other)
                assert (person[:, 1:] >= 0).all() and (person[:, 1:] < [240, 160]).all()
        ways = [dict(zip(frame.tracks, frame.people)) for frame in frames]
        for before, after in zip(ways, ways[1:]):
            for track in set(before) & set(after):
                joints = sorted(set(before[track][:, 0]) & set(after[track][:, 0]))
                points = [way[track][np.isin(way[track][:, 0], joints), 1:] for way in (before, after)]
                assert np.linalg.norm(points[1] - points[0], axis=1).max(initial=0) < 0.12 * 160
        seen.add(len(set().union(*ways)))
    assert len(seen) > 1


def test_nobody_to_be_cut_out(items):
    with pytest.raises(DatasetError, match="nobody in the data set can be cut out"):
        MovedStills([DataItem(0, "a.png", [3, 9, 9], [np.ones((3, 3))]), DataItem(1, "b.png", [3, 9, 9])], COCO)


@pytest.mark.parametrize("make, absent", [(demo_sequences.crossing, 0), (demo_sequences.hidden, 10),
                                          (demo_sequences.leaving, 13)])
def test_demo_sequences(make, absent):
    frames = make()
    assert len(frames) == 40 and frames[0].image().shape == (320, 480, 3)
    assert all(1 in frame.tracks for frame in frames)
    there = [0 in frame.tracks for frame in frames]
    assert there.count(False) == absent and there[0] and there[-1]
    assert np.abs(np.diff(np.array(there, int))).sum() == (2 if absent else 0)
    tall = [np.ptp(person[:, 2]) for frame in frames for person in frame.people if len(person) == 17]
    assert 170 < min(tall) < max(tall) < 200


def test_help_of_the_demo_sequences_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("benchmarks/demo_sequences.py", "--help").returncode == 0 and os.listdir(".") == []
