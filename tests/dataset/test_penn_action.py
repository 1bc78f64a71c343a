import logging

import numpy as np
import pytest
import scipy.io
from PIL import Image

from conftest import draw_dots
from dataset import factory
from dataset.convert import read, read_all, write
from dataset.dataset_mat import DatasetError
from dataset.pose_dataset import Batch
from util.config import cfg_from_file
from util.skeleton import PENN_ACTION

LENGTHS = {"0001": 4, "0002": 3, "0007": 5}  # the second one is for testing


@pytest.fixture
def release(tmp_path):
    """Three sequences; a dot that moves 3 px to the right and 2 px down a frame is joint 0, which 2 is seen with."""
    (tmp_path / "labels").mkdir()
    for number, (name, length) in enumerate(LENGTHS.items()):
        (tmp_path / "frames" / name).mkdir(parents=True)
        x = np.tile(np.arange(13.0) + 40 + 10 * number, (length, 1)) + 3 * np.arange(length)[:, None]
        y = np.tile(np.arange(13.0) + 50, (length, 1)) + 2 * np.arange(length)[:, None]
        visibility = np.zeros((length, 13))
        visibility[:, [0, 2]] = 1
        for frame in range(length):
            image = draw_dots(120, 110, [(0, x[frame, 0] - 0.5, y[frame, 0] - 0.5)])  # the release counts from 1
            Image.fromarray(image).save(str(tmp_path / "frames" / name / ("%06d.jpg" % (frame + 1))), quality=100)
        scipy.io.savemat(str(tmp_path / "labels" / (name + ".mat")), {
            "x": x, "y": y, "visibility": visibility, "nframes": length, "train": -1 if name == "0002" else 1,
            "bbox": np.ones((length, 4)), "action": "jump"})
    return tmp_path


def test_the_release(release):
    items, skeleton = read(str(release))
    assert skeleton == PENN_ACTION and len(items) == 9
    assert [(item.sequence, item.frame) for item in items] == [(0, f) for f in range(4)] + [(1, f) for f in range(5)]
    assert items[4].im_path.endswith("frames/0007/000001.jpg") and items[4].im_size == [3, 110, 120]
    np.testing.assert_array_equal(items[1].joints, [[[0, 43, 52], [2, 45, 54]]])
    tests, _ = read(str(release), test=True)
    assert [item.im_path[-15:] for item in tests] == ["0002/00000%d.jpg" % number for number in (1, 2, 3)]


def test_sequences_of_several_sources_stay_apart(release):
    items, _ = read_all([str(release), str(release)])
    assert [item.sequence for item in items[::5]] == [0, 1, 2, 3] and items[-1].image_id == 17


def test_bad_labels(release):
    scipy.io.savemat(str(release / "labels" / "0007.mat"), {"x": np.ones((2, 12)), "y": 1, "visibility": 1, "train": 1})
    with pytest.raises(DatasetError, match="0007.mat: expected x, y and visibility, frames x 13"):
        read(str(release))


def create(release, **changes):
    """The release's training sequences as a data set, by way of dataset.mat and the config that convert writes."""
    write(str(release / "new" / "penn.mat"), *read_all([str(release)]))
    cfg = cfg_from_file(str(release / "new" / "pose_cfg.yaml"))
    assert cfg.dataset_type == "penn_action"
    cfg.update(batch_size=3, video_batch=True, input_size=0, global_scale=1.0, translation=0, rotation=0)
    cfg.update(changes)
    return factory.create(cfg)


def test_a_batch_is_consecutive_frames(release):
    dataset = create(release, shuffle=False, mirror=False)
    places = [[(item.sequence, item.frame) for item in dataset.next_batch()[Batch.data_item]] for _ in range(10)]
    first = [[(0, 0), (0, 1), (0, 2)], [(0, 1), (0, 2), (0, 3)]]
    assert places[:4] == first + [first[1]] * 2  # a start too near the end moves back
    assert places[4] == [(1, 0), (1, 1), (1, 2)] and places[6] == places[7] == places[8] and places[9] == first[0]


@pytest.mark.parametrize("changes", [
    dict(), dict(mirror=True, rotation=30, translation=0.1),
    dict(mirror=True, rotation=30, translation=0.1, input_size=96, close_up=0.5, occlusion=0.5, colour=0.3, person_size=4)])
def test_all_frames_are_changed_alike(release, changes, monkeypatch):
    dataset = create(release, scale_jitter_lo=0.7, scale_jitter_up=1.3, **changes)
    seen = []
    view = dataset.view
    monkeypatch.setattr(dataset, "view", lambda *args: seen.append(view(*args)) or seen[-1])
    for number in range(8):
        del seen[:]
        batch = dataset.training_batch(number)
        assert batch[Batch.inputs].shape[0] == 3 and len(seen) == 3
        for other in seen[1:]:
            np.testing.assert_allclose(other.to_file, seen[0].to_file)
            assert other.image.shape == seen[0].image.shape
        steps = [b.people[0][0, 1:] - a.people[0][0, 1:] for a, b in zip(seen, seen[1:])]
        np.testing.assert_allclose(steps[0], steps[1])  # as far in the second step as in the first
    again = dataset.training_batch(7)
    np.testing.assert_array_equal(again[Batch.inputs], batch[Batch.inputs])


def test_mirroring_counts_from_one(release):
    dataset = create(release)
    view = dataset.view(dataset.data[0], 1.0, None, True)
    assert view.people[0][1, 0] == 1  # the right shoulder has become the left one
    x, y = (view.people[0][0, 1:] - 1).astype(int)
    assert view.image[y, x, 0] > 200 and view.image[y, x - 8, 0] < 90 and view.image[y, x + 8, 0] < 90


def test_without_video_batch_frames_come_by_themselves(release):
    dataset = create(release, video_batch=False)
    assert len({(item.sequence, item.frame) for _ in range(3) for item in dataset.next_batch()[Batch.data_item]}) > 5


def test_sequences_too_short(release):
    with pytest.raises(DatasetError, match="only 4 frames.*largest batch_size"):
        create(release, batch_size=5)


def test_video_batch_elsewhere(dots, write_config, caplog):
    with caplog.at_level(logging.WARNING):
        factory.create(cfg_from_file(write_config(dots[0], video_batch=True)))
    assert "video_batch has an effect with dataset_type penn_action only" in caplog.text
