import json

import numpy as np
import pytest

from conftest import save_pictures
from dataset.convert import read
from dataset.dataset_mat import DatasetError


def keypoint(label, x, y, **keys):
    return dict({"original_width": 50, "original_height": 40, "image_rotation": 0, "type": "keypointlabels",
                 "value": {"x": x, "y": y, "width": 0.5, "keypointlabels": [label]}}, **keys)


def task(image, *regions, **keys):
    return dict({"id": 1, "data": {"image": image}, "annotations": [
        {"was_cancelled": True, "result": [keypoint("tail", 99, 99)]}, {"result": list(regions)}]}, **keys)


def write(folder, document):
    save_pictures(folder, ["a.png", "sub/b.png"])
    (folder / "export.json").write_text(json.dumps(document))
    return str(folder / "export.json")


def test_json(tmp_path):
    box = {"id": "r1", "type": "rectanglelabels", "value": {"x": 1, "y": 1, "rectanglelabels": ["mouse"]}}
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    path = write(tmp_path, [
        task("/data/upload/1/0a1b2c3d-a.png", keypoint("nose", 10, 25), keypoint("tail", 50, 100), box, relation),
        task("/data/local-files/?d=sub/b.png", keypoint("nose", 10, 25, parentID="r1"),
             keypoint("nose", 20, 25, parentID="r2")),
        task("https://host/x/a.png?token=1")])
    items, skeleton = read(path)
    assert skeleton.joint_names == ["nose", "tail"]
    assert [item.im_path[len(str(tmp_path)):] for item in items] == ["/a.png", "/sub/b.png", "/a.png"]
    assert [[person.tolist() for person in item.joints] for item in items] == [
        [[[0, 5, 10], [1, 25, 40]]], [[[0, 5, 10]], [[0, 10, 10]]], []]
    assert items[2].im_size == [3, 40, 50]


def test_json_min(tmp_path):
    flat = [dict(keypoint(label, 10, 50)["value"], original_width=50, original_height=40) for label in ("nose", "tail")]
    path = write(tmp_path, [{"image": "/data/upload/1/0a1b2c3d-a.png", "id": 1, "kp-1": flat, "annotator": 1}])
    items, _ = read(path)
    np.testing.assert_array_equal(items[0].joints, [[[0, 5, 20], [1, 5, 20]]])


@pytest.mark.parametrize("document, message", [
    ([task("a.png", keypoint("nose", 1, 1), keypoint("nose", 2, 2))], "a.png has the joint nose twice"),
    ([task("a.png", keypoint("nose", 1, 1, image_rotation=90))], "was turned"),
    ([task("video", keypoint("nose", 1, 1))], "task 1 names no picture"),
    ([task("a.png")], "labels no joints"),
    ([task("a.png", keypoint("nose", "left", 1))], "left"),
    ([], "labels no pictures"),
    ([{"image_id": 1}], "neither COCO's JSON"),
])
def test_bad_exports(tmp_path, document, message):
    with pytest.raises(DatasetError, match="export.json.*" + message):
        read(write(tmp_path, document))
