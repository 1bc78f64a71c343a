import numpy as np
import pytest

from util import mscoco_util
from util.command import UserError


def test_result_by_hand():
    keypoints = np.array([[1.5, 2.25, 0.9], [np.nan, np.nan, np.nan]])
    assert mscoco_util.coco_result(7, keypoints, 0.25) == {
        "image_id": 7, "category_id": 1, "keypoints": [1.5, 2.25, 1, 0, 0, 0], "score": 0.25}


def test_masks_cut_people_out():
    scores = np.zeros((4, 6, 2))
    scores[0, 0] = 0.9, 0.1
    scores[3, 5] = 0.2, 0.8
    locref = np.zeros((4, 6, 2, 2))
    locref[3, 5, 1] = [1, -2]
    left, right = np.zeros((32, 48), bool), np.zeros((32, 48), bool)
    left[:, :20] = True
    right[26:30, 42:47] = True
    results = mscoco_util.pose_predict_with_gt_segm(scores, locref, 8.0, [left, right], 3)
    assert results[0]["keypoints"][:3] == [4, 4, 1] and results[0]["score"] == pytest.approx(0.5)
    assert results[1]["keypoints"] == [44, 28, 1, 45, 26, 1] and results[1]["score"] == pytest.approx(0.5)
    assert [result["image_id"] for result in results] == [3, 3]


def test_a_mask_outside_the_maps_is_nobody():
    mask = np.zeros((100, 100), bool)
    mask[90:, 90:] = True
    assert mscoco_util.pose_predict_with_gt_segm(np.ones((2, 2, 1)), None, 8.0, [mask], 3) == []


@pytest.fixture
def coco(tmp_path):
    import json

    from dataset.mscoco import load_coco
    keypoints = np.column_stack([np.random.RandomState(0).uniform(10, 90, (17, 2)), np.full(17, 2)])
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "keypoints": keypoints.ravel().tolist(),
                  "num_keypoints": 17, "bbox": [10, 10, 80, 80], "area": 6400, "segmentation": [[10, 10, 90, 10, 90, 90]]}
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"images": [{"id": 1, "width": 100, "height": 100}], "annotations": [annotation],
                                "categories": [{"id": 1, "name": "person"}]}))
    return load_coco(str(path)), keypoints


def test_average_precision(coco):
    annotations, keypoints = coco
    pose = np.column_stack([keypoints[:, :2], np.ones(17)])
    assert mscoco_util.evaluate(annotations, [mscoco_util.coco_result(1, pose, 0.9)])["AP"] == pytest.approx(1)
    far = mscoco_util.coco_result(1, pose + [60, 60, 0], 0.9)
    assert mscoco_util.evaluate(annotations, [far])["AP"] == 0
    assert mscoco_util.evaluate(annotations, [])["AR"] == 0
    with pytest.raises(UserError, match="must have 17 keypoints"):
        mscoco_util.evaluate(annotations, [mscoco_util.coco_result(1, pose[:14], 0.9)])
