from dataclasses import replace

import json

import numpy as np
import pytest
import yaml

from dataset import factory
from dataset.dataset_mat import DatasetError
from dataset.mscoco import decode_segmentation
from dataset.pose_dataset import Batch
from dataset.validation import validate
from util.command import UserError
from util.config import cfg_from_file, default_config


def create(coco_root, **keys):
    cfg = default_config()
    cfg.update(dataset=str(coco_root), dataset_type="coco", dataset_phase="val", dataset_ann="person_keypoints",
               num_joints=17, pos_dist_thresh=10, batch_size=1, location_refinement=True)
    cfg.update(keys)
    return factory.create(cfg)


def test_people_and_their_joints(coco_root):
    dataset = create(coco_root)
    assert [item.coco_id for item in dataset.data] == [7, 9]
    first, second = dataset.data
    assert [person.tolist() for person in first.joints] == [[[0, 20, 20], [5, 30, 40]], [[16, 90, 60]]]
    assert second.joints == [] and len(first.ignored) == 2
    assert create(coco_root, coco_only_images_with_people=True).num_images == 1


def test_what_nobody_labelled_weighs_nothing(coco_root):
    dataset = create(coco_root, weigh_part_predictions=True, weigh_only_present_joints=True)
    dataset.set_test_mode(True)
    weights = dataset.next_batch()[Batch.part_score_weights][0]
    expected = np.ones((16, 20))
    expected[:4, 12:] = 0  # 32 px high, from 96 px on
    expected[10:15] = 0  # the crowd; row 15 lies below the picture
    np.testing.assert_array_equal(weights, np.repeat(expected[..., None], 17, axis=2))
    dataset.cfg.weigh_part_predictions = False
    assert dataset.next_batch() and dataset.next_batch()[Batch.part_score_weights].all()


def test_masks_move_with_the_picture(coco_root):
    dataset = create(coco_root, weigh_part_predictions=True)
    item = replace(dataset.data[0], ignored=dataset.data[0].ignored[:1])
    view = dataset.view(item, 0.5, None, mirrored=True)
    expected = np.ones((8, 10))
    expected[:2, :4] = 0
    item.to_file = view.to_file
    weights = dataset.compute_scmap_weights((8, 10, 17), [], item)
    np.testing.assert_array_equal(weights, np.repeat(expected[..., None], 17, axis=2))


def test_images_without_ground_truth(coco_root):
    dataset = create(coco_root, dataset_ann="image_info")
    assert dataset.num_images == 2 and not dataset.has_gt
    dataset.set_test_mode(True)
    assert set(dataset.next_batch()) == {Batch.inputs, Batch.data_item}


def test_missing_and_broken_annotations(coco_root):
    with pytest.raises(DatasetError, match="person_keypoints_train.json"):
        create(coco_root, dataset_phase="train")
    (coco_root / "annotations" / "person_keypoints_bad.json").write_text("[1")
    with pytest.raises(DatasetError, match="is no COCO annotation file"):
        create(coco_root, dataset_phase="bad")
    path = coco_root / "annotations" / "person_keypoints_val.json"
    path.write_text(path.read_text().replace('"width": 160', '"width": "wide"'))
    with pytest.raises(DatasetError, match="7.png cannot have wide x 120 px, as its labels say"):
        create(coco_root)


@pytest.mark.parametrize("old, new", [
    ('"file_name": "7.png"', '"file_name": {}'), ('"file_name": "7.png", ', ""), ('"keypoints": [20.0', '"keypoints": [{}'),
    ('"keypoints": [20.0', '"keypoints": [' + "9" * 400), ("{", "[" * 100000),
])
def test_whatever_else_annotations_hold(coco_root, old, new):
    path = coco_root / "annotations" / "person_keypoints_val.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DatasetError, match="annotation"):
        create(coco_root)


def change_annotations(coco_root, change):
    """Call a function of each annotation of coco_root, which may change it."""
    path = coco_root / "annotations" / "person_keypoints_val.json"
    people = json.loads(path.read_text())
    for annotation in people["annotations"]:
        change(annotation)
    path.write_text(json.dumps(people))


@pytest.mark.parametrize("missing", ["num_keypoints", "iscrowd", "segmentation"])
def test_annotations_that_lack_something(coco_root, missing):
    change_annotations(coco_root, lambda one: one.pop(missing))
    dataset = create(coco_root, weigh_part_predictions=True)
    first = dataset.data[0]
    assert [person.tolist() for person in first.joints] == [[[0, 20, 20], [5, 30, 40]], [[16, 90, 60]]]
    assert len(first.ignored) == (0 if missing == "segmentation" else 2)
    assert first.gt_segm.shape == (120, 160, 2) and first.gt_segm.any() == (missing != "segmentation")
    dataset.set_test_mode(True)
    assert dataset.next_batch()[Batch.part_score_weights].all() == (missing == "segmentation")


def test_people_without_mask_are_not_left_out(coco_root):
    change_annotations(coco_root, lambda one: one.update(segmentation=[]))
    dataset = create(coco_root, weigh_part_predictions=True)
    dataset.set_test_mode(True)
    assert dataset.next_batch()[Batch.part_score_weights].all() and not dataset.data[0].gt_segm.any()


def test_only_visible_joints_count(coco_root):
    change_annotations(coco_root, lambda one: one.update(keypoints=[0] * 51, num_keypoints=2))
    dataset = create(coco_root)
    assert dataset.data[0].joints == [] and len(dataset.data[0].ignored) == 4 and not dataset.has_gt
    with pytest.raises(DatasetError, match="no joints to train on"):
        validate(dataset)


@pytest.mark.parametrize("segmentation", [[["x"]], [{}], "x", {"size": [120, 160], "counts": [-1]},
                                          {"size": [1, 2], "counts": [1, 1]}])
def test_broken_segmentations(coco_root, segmentation):
    dataset = create(coco_root, weigh_part_predictions=True)
    dataset.data[0].ignored = dataset.data[0].segmentations = [segmentation]
    dataset.set_test_mode(True)
    with pytest.raises(DatasetError, match="7.png"):
        dataset.next_batch()
    if segmentation != {"size": [1, 2], "counts": [1, 1]}:
        with pytest.raises(DatasetError, match="a segmentation in .*7.png"):
            dataset.data[0].gt_segm


def with_category(coco_root, **category):
    """The config that coco_root has with another category."""
    path = coco_root / "annotations" / "person_keypoints_val.json"
    people = json.loads(path.read_text())
    people["categories"] = [dict({"id": 1, "name": "person"}, **category)]
    path.write_text(json.dumps(people))
    keys = {"dataset": str(coco_root), "dataset_type": "coco", "dataset_phase": "val", "dataset_ann": "person_keypoints"}
    (coco_root / "pose_cfg.yaml").write_text(yaml.safe_dump(keys))
    return cfg_from_file(str(coco_root / "pose_cfg.yaml"))


def test_the_categorys_joints(coco_root):
    names = ["tail"] + ["%s_%d" % (side, k) for k in range(8) for side in ("left", "right")]
    cfg = with_category(coco_root, keypoints=names, skeleton=[[1, 2], [17, 3]])
    skeleton = factory.create(cfg).skeleton
    assert skeleton.joint_names == cfg.joint_names == names and skeleton.limbs == [[0, 1], [16, 2]]
    assert skeleton.mirror_map[:4].tolist() == [0, 2, 1, 4] and cfg.oks_sigmas is None


@pytest.mark.parametrize("category, message", [
    (dict(keypoints=["a", 2]), "keypoints must be names"),
    (dict(keypoints=["a", "b"], skeleton=[[1]]), "pairs of their numbers"),
    (dict(keypoints=["a", "b"], skeleton=[[1, 3]]), "limbs"),
])
def test_broken_categories(coco_root, category, message):
    with pytest.raises(UserError, match=message):
        factory.create(with_category(coco_root, **category))


def test_segmentations():
    square = decode_segmentation([[2, 1, 6, 1, 6, 4, 2, 4]], 6, 8)
    assert square.sum() == 12 and square[1:4, 2:6].all()
    runs = decode_segmentation({"size": [2, 3], "counts": [1, 2, 3]}, 2, 3)
    assert runs.T.ravel().tolist() == [False, True, True, False, False, False]
