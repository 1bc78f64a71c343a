import json
import os

import numpy as np
import pytest
import yaml
from PIL import Image

from ai_challenger_people import HEIGHT, WIDTH, make_records, write_records
from dataset import factory
from dataset.formats.ai_challenger import convert_to_coco, read_ai_challenger, read_predictions, write_predictions
from dataset.mscoco import load_coco
from dataset.pose_dataset import Batch
from nnet.training import train
from util.command import UserError
from util.config import cfg_from_file
from util.skeleton import AI_CHALLENGER, COCO, Skeleton


def convert(tmp_path, records, layout="coco17", **keys):
    """What the COCO file of these records holds."""
    path, images = write_records(tmp_path, records, **keys)
    out = str(tmp_path / "coco.json")
    convert_to_coco(path, images, out, layout)
    with open(out) as stream:
        return json.load(stream)


def record(image_id="a", people=1, box=(10, 20, 40, 80)):
    """A picture whose people have their joints j at (j + 1, 2 j + 1)."""
    joints = [value for j in range(14) for value in (j + 1, 2 * j + 1, 1)]
    names = ["human%d" % number for number in range(1, people + 1)]
    return {"image_id": image_id, "url": "http://a/b", "keypoint_annotations": {name: list(joints) for name in names},
            "human_annotations": {name: list(box) for name in names}}


def test_every_field_by_hand(tmp_path):
    one = record()
    joints = one["keypoint_annotations"]["human1"]
    joints[3 * 1 + 2] = 2  # the right elbow is occluded
    joints[3 * 12:3 * 13] = [7, 7, 3]  # the head top is not labelled
    write_records(tmp_path, [one])
    path, images = write_records(tmp_path, [record("gone"), one], pictures=False)
    out = str(tmp_path / "coco.json")
    assert convert_to_coco(path, images, out) == (1, 1, ["there is no image %s" % os.path.join(images, "gone.jpg")])
    with open(out) as stream:
        coco = json.load(stream)
    assert coco["images"] == [{"license": 0, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT, "data_captured": 0,
                               "coco_url": "http://a/b", "flickr_url": "http://a/b", "id": 1}]
    nose, left_eye, nothing = [14, 27, 2], [0, 0, 0], [0, 0, 0]
    assert coco["annotations"] == [{
        "num_keypoints": 13, "image_id": 1, "id": 1, "category_id": 1, "iscrowd": 0, "bbox": [10, 20, 30, 60],
        "area": 1800, "segmentation": [[10, 20, 40, 20, 40, 80, 10, 80]],
        "keypoints": nose + left_eye + nothing * 3
        + [4, 7, 2] + [1, 1, 2]  # shoulders, the left one first
        + [5, 9, 2] + [2, 3, 1] + [6, 11, 2] + [3, 5, 2]  # elbows, wrists
        + [10, 19, 2] + [7, 13, 2] + [11, 21, 2] + [8, 15, 2] + [12, 23, 2] + [9, 17, 2]}]  # hips, knees, ankles
    category, = coco["categories"]
    assert category["id"] == 1 and category["keypoints"] == COCO.joint_names and [1, 2] in category["skeleton"]


def test_fourteen_joints_by_hand(tmp_path):
    one = record()
    one["keypoint_annotations"]["human1"][3 * 13:] = [9, 9, 3]
    coco = convert(tmp_path, [one], "aic14")
    person, = coco["annotations"]
    assert person["keypoints"] == [value for j in range(13) for value in (j + 1, 2 * j + 1, 2)] + [0, 0, 0]
    assert person["num_keypoints"] == 13
    category, = coco["categories"]
    assert category["keypoints"][:3] == ["right_shoulder", "right_elbow", "right_wrist"]
    assert category["keypoints"][12:] == ["head_top", "neck"] and [13, 14] in category["skeleton"]


def test_boxes_without_area_or_turned_around(tmp_path):
    coco = convert(tmp_path, [record("a", box=(5, 5, 5, 9)), record("b", box=(40, 80, 10, 20))])
    flat, turned = coco["annotations"]
    assert flat["bbox"] == [5, 5, 0, 4] and flat["area"] == 0
    assert turned["bbox"] == [10, 20, 30, 60] and turned["area"] == 1800


def test_nobody_labelled_and_nobody_there(tmp_path):
    hidden = record("a")
    hidden["keypoint_annotations"]["human1"] = [0, 0, 3] * 14
    coco = convert(tmp_path, [hidden, record("b", people=0)])
    person, = coco["annotations"]
    assert person["num_keypoints"] == 0 and not any(person["keypoints"]) and len(coco["images"]) == 2


@pytest.mark.parametrize("layout, joints", [("coco17", 17), ("aic14", 14)])
def test_three_hundred_people(tmp_path, layout, joints):
    records = make_records(120)
    coco = convert(tmp_path, records, layout)
    people = [person for one in records for person in one["keypoint_annotations"].values()]
    assert len(coco["annotations"]) == len(people) > 280
    assert [one["id"] for one in coco["annotations"]] == list(range(1, len(people) + 1))
    for annotation, person in zip(coco["annotations"], people):
        labelled = {(x, y) for x, y, v in zip(person[::3], person[1::3], person[2::3]) if v != 3}
        keypoints = np.reshape(annotation["keypoints"], (joints, 3))
        assert {(x, y) for x, y, v in keypoints.tolist() if v} == labelled and not keypoints[keypoints[:, 2] == 0].any()
        assert annotation["num_keypoints"] == sum(v != 3 for v in person[2::3])
        assert (keypoints[:, 2] == 1).sum() == person[2::3].count(2)
    loaded = load_coco(str(tmp_path / "coco.json"))
    assert len(loaded.getImgIds(catIds=[1])) == 120 and len(loaded.getAnnIds()) == len(people)
    assert loaded.annToMask(loaded.loadAnns([1])[0]).shape == (HEIGHT, WIDTH)


def test_sizes_are_those_of_upright_pictures(tmp_path):
    path, images = write_records(tmp_path, [record()], pictures=False)
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (30, 20)).save(os.path.join(images, "a.jpg"), exif=exif)
    convert_to_coco(path, images, str(tmp_path / "coco.json"))
    image, = load_coco(str(tmp_path / "coco.json")).dataset["images"]
    assert (image["width"], image["height"]) == (20, 30)


def test_broken_and_missing_pictures(tmp_path):
    path, images = write_records(tmp_path, [record("a"), record("b"), record("c")])
    os.remove(os.path.join(images, "a.jpg"))
    with open(os.path.join(images, "b.jpg"), "w") as stream:
        stream.write("not a picture")
    pictures, people, left_out = convert_to_coco(path, images, str(tmp_path / "new" / "coco.json"))
    assert (pictures, people) == (1, 1) and "no image" in left_out[0] and "b.jpg" in left_out[1]
    os.remove(os.path.join(images, "c.jpg"))
    with pytest.raises(UserError, match="none of the 3 pictures"):
        convert_to_coco(path, images, str(tmp_path / "other.json"))
    assert not os.path.exists(str(tmp_path / "other.json")) and not os.path.exists(str(tmp_path / "other.json.tmp"))
    with pytest.raises(UserError, match="no folder of pictures"):
        convert_to_coco(path, str(tmp_path / "nowhere"), str(tmp_path / "other.json"))
    with pytest.raises(UserError, match="name another one"):
        convert_to_coco(path, images, path)


def changed(**keys):
    return [dict(record(), **keys)]


HUMAN = record()["keypoint_annotations"]["human1"]


@pytest.mark.parametrize("content, message", [
    (b'[{"image_id": "a", "keyp', "broken or cut off"),
    (b"\xff\xfe\x00[", "broken or cut off"),
    (b"[" * 100000, "broken or cut off"),
    (b"", "broken or cut off"),
    (b"[]", "no records"),
    (b'{"a": 1}', "must hold a list"),
    ([7], "record 0 cannot be read"),
    ([record(), {"image_id": "b"}], "record 1 has no 'keypoint_annotations'"),
    (changed(image_id=7), "image_id 7"),
    (changed(image_id="../a"), "'../a' is not the name of a file"),
    (changed(image_id="b\\a"), "is not the name of a file"),
    (changed(image_id=""), "is not the name of a file"),
    (changed(image_id="a\0"), "is not the name of a file"),
    (changed(image_id="\ud800"), "is not the name of a file"),
    ([record(), record()], "records 0 and 1 are both of the picture a"),
    (changed(keypoint_annotations=[1]), "keypoint_annotations must be of the form"),
    (changed(human_annotations=None), "human_annotations must be of the form"),
    (changed(keypoint_annotations={"human1": HUMAN[:-1]}), "human1 must have 42 numbers"),
    (changed(keypoint_annotations={"human1": HUMAN[:-1] + ["1"]}), "human1 must have 42 numbers"),
    (changed(keypoint_annotations={"human1": HUMAN[:-1] + [True]}), "human1 must have 42 numbers"),
    (changed(keypoint_annotations={"human1": HUMAN[:-1] + [0]}), "must be 1, 2 or 3"),
    (changed(keypoint_annotations={"human1": [float("nan")] + HUMAN[1:]}), "not finite"),
    (changed(keypoint_annotations={"human1": [10 ** 30] + HUMAN[1:]}), "not finite"),
    (changed(human_annotations={}), "no box of human1"),
    (changed(human_annotations={"human1": [1, 2, 3]}), "human1 must have 4 numbers"),
])
def test_malformed_files(tmp_path, content, message):
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    (tmp_path / "images").mkdir()
    with pytest.raises(UserError, match="bad.json.*" + message.replace("\\", "\\\\")):
        convert_to_coco(str(path), str(tmp_path / "images"), str(tmp_path / "coco.json"))
    assert not (tmp_path / "coco.json").exists()


@pytest.mark.parametrize("layout, skeleton", [("coco17", COCO), ("aic14", AI_CHALLENGER)])
def test_training_starts(tmp_path, monkeypatch, random_weights, layout, skeleton):
    monkeypatch.chdir(tmp_path)
    path, images = write_records(tmp_path, make_records(4), images="images/train")
    convert_to_coco(path, images, "annotations/person_keypoints_train.json", layout)
    keys = {"dataset": ".", "dataset_type": "coco", "dataset_phase": "train", "dataset_ann": "person_keypoints",
            "net_type": "efficientnet_lite0", "skip_connections": True, "init_weights": random_weights,
            "location_refinement": True, "pos_dist_thresh": 10, "mirror": True, "multi_step": [[0.001, 1]]}
    (tmp_path / "pose_cfg.yaml").write_text(yaml.safe_dump(keys))
    cfg = cfg_from_file("pose_cfg.yaml")
    batch = factory.create(cfg).next_batch()
    assert batch[Batch.part_score_targets].shape[3] == skeleton.num_joints == cfg.num_joints
    assert Skeleton.from_config(cfg) == skeleton
    train(cfg)
    with open("snapshot-1.json") as stream:
        assert json.load(stream)["skeleton"]["joint_names"] == skeleton.joint_names


@pytest.mark.parametrize("layout", ["coco17", "aic14"])
def test_predictions_of_either_layout(tmp_path, layout):
    """What is annotated, as COCO results and from there in the challenge's form, is what was annotated."""
    records = make_records(5)
    coco = convert(tmp_path, records, layout)
    results = [{"image_id": one["image_id"], "category_id": 1, "keypoints": one["keypoints"], "score": 0.5}
               for one in coco["annotations"]]
    (tmp_path / "results.json").write_text(json.dumps(results))
    annotated = read_ai_challenger(str(tmp_path / "keypoints.json"))
    predictions = read_predictions(str(tmp_path / "results.json"), annotated)
    write_predictions(str(tmp_path / "theirs.json"), predictions)
    again = read_predictions(str(tmp_path / "theirs.json"), annotated)
    for one in annotated:
        expected = one.keypoints.astype(float)
        expected[..., 2][expected[..., 2] == 2] = 1  # a prediction knows no occlusion
        np.testing.assert_array_equal(predictions[one.image_id], expected)
        np.testing.assert_array_equal(again[one.image_id], expected)


@pytest.mark.parametrize("entry, message", [
    ({"image_id": 1, "keypoints": [0] * 42}, "image_id 1 is no place among the 1 annotations"),
    ({"image_id": "a", "keypoints": [0] * 42}, "image_id 'a' is no place"),
    ({"image_id": 0, "keypoints": [0] * 39}, "13 keypoints, neither 17 nor 14"),
    ({"image_id": 0, "keypoints": ["0"] * 42}, "must have 42 numbers"),
    ({"image_id": 0}, "no 'keypoints'"),
    ({"image_id": "a", "keypoint_annotations": {"human1": [1]}}, "human1 must have 42 numbers"),
    ("a", "record 0"),
])
def test_malformed_predictions(tmp_path, entry, message):
    path, _ = write_records(tmp_path, [record()], pictures=False)
    (tmp_path / "bad.json").write_text(json.dumps([entry]))
    with pytest.raises(UserError, match="bad.json.*" + message):
        read_predictions(str(tmp_path / "bad.json"), read_ai_challenger(path))
