import json
import os

import pytest

from dataset.convert import read
from dataset.dataset_mat import DatasetError
from dataset.formats.coco import write_coco
from dataset.mscoco import load_coco
from util.skeleton import COCO, Skeleton


def annotations(coco_root):
    return coco_root / "annotations" / "person_keypoints_val.json"


def test_people_in_the_layout_of_coco(coco_root):
    items, skeleton = read(str(annotations(coco_root)))
    assert skeleton == COCO and [item.coco_id for item in items] == [7, 9]
    assert os.path.samefile(items[0].im_path, str(coco_root / "images" / "val" / "7.png"))
    assert items[0].im_size == [3, 120, 160]
    assert [person.tolist() for person in items[0].joints] == [[[0, 20, 20], [5, 30, 40]], [[16, 90, 60]]]
    assert items[1].joints == []


def test_there_and_back(coco_root):
    items, skeleton = read(str(annotations(coco_root)))
    items[0].joints[0][0, 1:] = 20.1, 1 / 3
    path = str(coco_root / "new" / "labels.json")
    folder = write_coco(path, items, skeleton)
    again, same = read(path, images=folder)
    assert same == skeleton
    for item, other in zip(items, again):
        assert (item.coco_id, item.im_size) == (other.coco_id, other.im_size)
        assert os.path.samefile(item.im_path, other.im_path)
        assert [person.tolist() for person in item.joints] == [person.tolist() for person in other.joints]
    written = load_coco(path)  # pycocotools reads it
    assert written.anns[1]["bbox"] == [20.1, 1 / 3, 30 - 20.1, 40 - 1 / 3] and written.anns[1]["num_keypoints"] == 2


def test_a_category_of_its_own(coco_root):
    document = json.loads(annotations(coco_root).read_text())
    document["categories"] = [{"id": 1, "name": "fly", "keypoints": ["head", "tail"], "skeleton": [[2, 1]]}]
    for number, annotation in enumerate(document["annotations"]):
        annotation["keypoints"] = [1, 2, 2, 3, 4, number]
    annotations(coco_root).write_text(json.dumps(document))
    items, skeleton = read(str(annotations(coco_root)))
    assert skeleton == Skeleton(["head", "tail"], [[0], [1]], ["head", "tail"], [[1, 0]], None)
    assert [person.tolist() for person in items[0].joints][:2] == [[[0, 1, 2]], [[0, 1, 2], [1, 3, 4]]]


def two_categories(document):
    document["categories"] = [{"id": number, "name": "c%d" % number, "keypoints": ["a"]} for number in (1, 2)]
    document["annotations"][0]["category_id"] = 2


@pytest.mark.parametrize("change, message", [
    (two_categories, "several categories"),
    (lambda document: document["annotations"][1].update(keypoints=[1, 2, 2]), "annotation 2 has 1 joints instead of 17"),
    (lambda document: document["annotations"][1].update(image_id=8), "annotation 2 is of image 8"),
    (lambda document: document["categories"][0].update(keypoints=["a"], skeleton=[[0, 1]]), "from 1"),
    (lambda document: document["images"][0].update(width=0), "cannot have 0 x 120 px"),
    (lambda document: document.pop("images"), "neither COCO.s JSON"),
])
def test_bad_files(coco_root, change, message):
    document = json.loads(annotations(coco_root).read_text())
    change(document)
    annotations(coco_root).write_text(json.dumps(document))
    with pytest.raises(DatasetError, match=message):
        read(str(annotations(coco_root)))
