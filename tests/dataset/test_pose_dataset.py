from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dataset import factory
from dataset.batch import Extra
from dataset.dataset_mat import DataItem, DatasetError, write_dataset_mat
from dataset.pose_dataset import Batch, PoseDataset, data_to_input, mirror_joints_map
from util.config import cfg_from_file, default_config
from util.skeleton import MPII


def create(dots, write_config, **changes):
    keys = dict(batch_size=1, init_weights="none")
    keys.update(changes)
    cfg = cfg_from_file(write_config(dots[0], **keys))
    return factory.create(cfg)


def test_one_epoch_visits_every_picture_once_each_way(dots, write_config):
    dataset = create(dots, write_config, mirror=True)
    seen = []
    for _ in range(2 * len(dots[1])):
        batch = dataset.next_batch()
        plain = np.asarray(Image.open(batch[Batch.data_item].im_path))
        image = batch[Batch.inputs][0]
        way = [np.array_equal(image, plain), np.array_equal(image, plain[:, ::-1])]
        assert sum(way) == 1
        seen.append((batch[Batch.data_item].image_id, way[0]))
    assert sorted(seen) == [(number, way) for number in range(6) for way in (False, True)]
    assert seen != sorted(seen)


def test_the_same_seed_gives_the_same_batches(dots, write_config):
    changes = dict(scale_jitter_lo=0.8, scale_jitter_up=1.2, rotation=20, colour=0.3, occlusion=0.5)
    first, second = (create(dots, write_config, **changes) for _ in range(2))
    other = create(dots, write_config, seed=1, **changes)
    batches = [dataset.training_batch(3)[Batch.inputs] for dataset in (first, second, other)]
    np.testing.assert_array_equal(batches[0], batches[1])
    assert batches[0].shape != batches[2].shape or (batches[0] != batches[2]).any()


def test_mirrored_targets_are_those_of_the_mirrored_picture(dots, write_config):
    dataset = create(dots, write_config, mirror=True)
    item = dataset.data[2]
    image, people, _ = dataset.view(item, 1.0, None, mirrored=True)
    for joint, x, y in people[0]:
        twin = dataset.skeleton.mirror_map[int(joint)]
        colour = np.asarray(Image.open(item.im_path))[int(item.joints[0][twin, 2]), int(item.joints[0][twin, 1])]
        np.testing.assert_array_equal(image[int(y), int(x)], colour)


@pytest.mark.parametrize("dataset_type", sorted(factory.TYPES))
def test_mirroring_twice_changes_nothing(dataset_type):
    cfg = default_config()
    cfg.update(num_joints=14, all_joints=MPII.all_joints, dataset_type=dataset_type)
    dataset = factory.TYPES[dataset_type](cfg)
    person = np.column_stack([np.arange(14), np.random.RandomState(0).rand(14, 2) * 90])
    once = dataset.mirror_joints(person, MPII.mirror_map, 100)
    assert once[0, 0] == 5 and once[0, 1] == 100 - person[0, 1] + dataset.mirror_shift
    np.testing.assert_allclose(dataset.mirror_joints(once, MPII.mirror_map, 100), person)


def test_a_batch_is_filled_up_and_the_filling_is_masked(dots, write_config):
    dataset = create(dots, write_config, batch_size=3)
    batch = dataset.next_batch()
    widths = [item.im_size[2] for item in batch[Batch.data_item]]
    assert batch[Batch.inputs].shape == (3, 128, max(widths), 3)
    narrow = int(np.argmin(widths))
    assert (batch[Batch.inputs][narrow][:, widths[narrow]:] == 127).all()
    columns = 2 * -(-widths[narrow] // 16)
    mask = batch[Extra.padding_mask][narrow, ..., 0]
    assert mask[:, :columns].all() and not mask[:, columns:].any()
    assert batch[Batch.part_score_targets].shape[:3] == batch[Extra.padding_mask].shape[:3]


def test_test_mode_gives_each_picture_once_unchanged(dots, write_config):
    dataset = create(dots, write_config, mirror=True, batch_size=4, rotation=90)
    dataset.set_test_mode(True)
    for item in dataset.data:
        batch = dataset.next_batch()
        assert batch[Batch.data_item].im_path == item.im_path
        np.testing.assert_array_equal(batch[Batch.inputs][0], np.asarray(Image.open(item.im_path)))


def cut_off(path):
    """The header stays, most of the pixels are gone."""
    with open(path, "rb") as stream:
        data = stream.read()
    with open(path, "wb") as stream:
        stream.write(data[:len(data) // 2])


def test_a_picture_with_a_broken_body_is_left_out(dots, write_config, caplog):
    changes = dict(scale_jitter_lo=0.8, scale_jitter_up=1.2, batch_size=2)
    whole, dataset, other = (create(dots, write_config, **changes) for _ in range(3))
    before = [whole.training_batch(number) for number in range(12)]
    broken = dots[1][2].im_path
    cut_off(broken)
    batches = [dataset.training_batch(number) for number in range(12)]
    paths = [[item.im_path for item in batch[Batch.data_item]] for batch in batches]
    assert broken not in sum(paths, []) and caplog.text.count("left out, as 1 of 6 pictures now") == 1
    assert "cannot read the image %s" % broken in caplog.text
    for batch, old in zip(batches, before):  # all others stay where they were
        for item, one in zip(batch[Batch.data_item], old[Batch.data_item]):
            assert one.im_path == broken or item.im_path == one.im_path
    # A training that goes on from there has not met the picture yet.
    for number in (11, 5, 8):
        np.testing.assert_array_equal(other.training_batch(number)[Batch.inputs], batches[number][Batch.inputs])


def test_many_broken_pictures_stop_training(dots, write_config):
    dataset = create(dots, write_config)
    for item in dots[1][:3]:
        cut_off(item.im_path)
    with pytest.raises(DatasetError, match="left out, as 2 of 6 pictures now, which are too many"):
        for _ in range(6):
            dataset.next_batch()


def test_small_and_large_pictures_are_skipped_in_training_only(dots, write_config):
    folder, items = dots
    Image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(str(folder / "tiny.png"))
    Image.fromarray(np.zeros((400, 400, 3), np.uint8)).save(str(folder / "large.png"))
    joint = [np.array([[0, 1.0, 1.0]])]
    write_dataset_mat(str(folder / "dataset.mat"), items + [
        DataItem(6, str(folder / "tiny.png"), [3, 3, 3], joint),
        DataItem(7, str(folder / "large.png"), [3, 400, 400], joint)])
    dataset = create(dots, write_config, max_input_size=300)
    assert dataset.num_images == 8
    assert {dataset.next_batch()[Batch.data_item].image_id for _ in range(40)} == set(range(6))
    dataset.set_test_mode(True)
    assert [dataset.next_batch()[Batch.data_item].image_id for _ in range(8)] == list(range(8))
    with pytest.raises(DatasetError, match="of 8 pictures, not one"):
        create(dots, write_config, max_input_size=50).next_batch()


@pytest.mark.parametrize("points, scale", [
    ([[10, 20], [30, 60]], 185 / 40), ([[10, 20]], 0.5), ([[10, 20], [12, 21]], 0.5)])
def test_joints_that_tell_no_size_do_not_blow_up_the_picture(dots, write_config, points, scale):
    dataset = create(dots, write_config, person_size=185, global_scale=0.5)
    person = np.column_stack([np.arange(len(points)), points]).astype(float)
    assert dataset.scale_of(replace(dataset.data[0], joints=[person]), 0.5) == scale


def test_crop_boxes(dots, write_config):
    dataset = create(dots, write_config, crop=True, crop_pad=4)
    item = replace(dataset.data[0], crop=(20, 30, 59, 99))
    plain = np.asarray(Image.open(item.im_path))
    image, people, _ = dataset.view(item, 1.0, None)
    np.testing.assert_array_equal(image, plain[26:104, 16:64])
    np.testing.assert_array_equal(people[0][:, 1:], item.joints[0][:, 1:] - [16, 26])
    image, _, _ = dataset.view(replace(item, crop=(0, 0, 111, 127)), 1.0, None)
    np.testing.assert_array_equal(image, plain)


def test_the_references_interface_without_pictures():
    cfg = default_config()
    cfg.update(num_joints=4, location_refinement=True, pos_dist_thresh=17, pairwise_predict=True)
    dataset = PoseDataset(cfg)
    pairs = [(a, b) for a in range(4) for b in range(4) if a != b]
    dataset.pairwise_stats = {pair: {"mean": np.array([1.0, 2.0]), "std": np.array([3.0, 4.0])} for pair in pairs}
    joints = np.array([[0, 20.0, 20.0], [2, 41.0, 60.0]])
    batch = dataset.compute_targets_and_weights([joints[:, 0].astype(int)], [joints[:, 1:]], None,
                                                np.array([12, 10]), 1.0, {})
    assert batch[Batch.part_score_targets].shape == (12, 10, 4)
    # Seen from the centre (20, 20) of cell (2, 2), joint 2 is at (21, 40).
    np.testing.assert_allclose(batch[Batch.pairwise_targets][2, 2, 2:4], [(21 - 1) / 3, (40 - 2) / 4], rtol=1e-6)
    assert batch[Batch.pairwise_mask][2, 2].tolist() == [0, 0, 1, 1] + [0] * 20


def test_small_helpers():
    assert mirror_joints_map([[0, 2], [1]], 3).tolist() == [2, 1, 0]
    data = data_to_input(np.zeros((4, 5, 3), np.uint8))
    assert data.shape == (1, 4, 5, 3) and data.dtype == np.float32


def test_mirror_needs_shuffle(dots, write_config):
    with pytest.raises(ValueError, match="shuffle"):
        create(dots, write_config, mirror=True, shuffle=False)


def test_unknown_type(dots, write_config):
    with pytest.raises(ValueError, match="'mpi' is none of coco, default"):
        create(dots, write_config, dataset_type="mpi")
