"""Annotation files of which only places are in memory, against the same as lists."""
import json
import os

import numpy as np
import pytest

from dataset import factory, validation
from dataset.batch import Batch
from dataset.dataset_mat import DatasetError, ItemsInFiles
from dataset.validation import validate
from util import indexed
from util.config import default_config


@pytest.fixture
def create(coco_root):
    def create(**keys):
        cfg = default_config()
        cfg.update(dataset=str(coco_root), dataset_type="coco", dataset_phase="val", dataset_ann="person_keypoints",
                   num_joints=17, pos_dist_thresh=10, batch_size=2, location_refinement=True, weigh_part_predictions=True)
        cfg.update(keys)
        return factory.create(cfg)
    return create


def same(a, b):
    for key, value in vars(a).items():
        other = vars(b)[key]
        if key in ("joints", "visibilities") and value is not None:
            assert len(value) == len(other) and all(np.array_equal(x, y) for x, y in zip(value, other))
        else:
            assert value == other, key


@pytest.mark.parametrize("keys", [{}, {"coco_only_images_with_people": True}, {"dataset_ann": "image_info"}])
def test_large_files_give_the_same(create, monkeypatch, coco_root, keys):
    at_once = create(**keys)
    monkeypatch.setattr(indexed, "LARGE", 1)
    for _ in range(2):  # found, and as it was kept
        later = create(**keys)
        assert isinstance(later.data, ItemsInFiles) and isinstance(at_once.data, list)
        assert len(later.data) == len(at_once.data) and later.has_gt == at_once.has_gt
        for a, b in zip(later.data, at_once.data):
            same(a, b)
        for number in (0, 5, 3):
            for key, value in at_once.training_batch(number).items():
                if key is not Batch.data_item:
                    assert np.array_equal(later.training_batch(number)[key], value)
    kept = [name for name in os.listdir(str(coco_root / "annotations")) if name.endswith(".index")]
    assert kept == ["%s_val.json.index" % keys.get("dataset_ann", "person_keypoints")]
    assert at_once.coco.getImgIds() == [7, 9]


def test_order_of_the_file_does_not_matter(create, coco_root):
    path = coco_root / "annotations" / "person_keypoints_val.json"
    expected = create().data
    document = json.loads(path.read_text())
    people = document["annotations"]
    document = {"annotations": [people[k] for k in (2, 0, 3, 1)] + [dict(people[0], image_id=8)], "images": document["images"],
                "categories": [{"id": 1, "name": "person", "x": "Łódź"}]}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    for a, b in zip(create().data, expected):
        assert [one.tolist() for one in a.joints] == [one.tolist() for one in b.joints] and a.im_path == b.im_path
    path.write_text(json.dumps(dict(document, images=document["images"] * 2)))
    with pytest.raises(DatasetError, match="several images of the id 7"):
        create()


def test_a_file_that_changes_meanwhile(create, coco_root, monkeypatch):
    monkeypatch.setattr(indexed, "LARGE", 1)
    dataset = create()
    path = coco_root / "annotations" / "person_keypoints_val.json"
    path.write_text(path.read_text()[50:])
    with pytest.raises(ValueError, match="person_keypoints_val.json"):
        dataset.data[0]


def test_of_very_many_pictures_a_sample_is_checked(create, monkeypatch, coco_root, caplog):
    caplog.set_level("INFO")
    looked_at = []
    monkeypatch.setattr(validation, "check_items", lambda items, *_: looked_at.append([item.image_id for item in items]))
    dataset = create()
    dataset.data = dataset.data * 50
    validate(dataset)
    monkeypatch.setattr(validation, "MOST", 20)
    validate(dataset)
    assert [len(ids) for ids in looked_at] == [100, 20]
    assert "20 of the 100 pictures" in caplog.text
