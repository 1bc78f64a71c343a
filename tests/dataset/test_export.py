import json
import os

import numpy as np
import pandas
import pytest
import scipy.io

from conftest import save_pictures
from dataset import export
from dataset.convert import read
from dataset.dataset_mat import read_dataset_mat
from util.command import UserError
from util.config import cfg_from_file
from util.mscoco_util import coco_result
from util.pose_json import person_entry, write_poses
from util.skeleton import skeleton_for

SKELETON = skeleton_for(["nose", "left_ear", "right_ear"], [("nose", "left_ear")])
TOM = [[1, 2, 0.9], [3.25, 4, 0.1], [np.nan] * 3]
ANN = [[11, 12, 0.8], [13, 14, 0.7], [15, 16, 0.6]]


@pytest.fixture
def poses(tmp_path, monkeypatch):
    """A folder with poses.json, also the working directory: a picture with two people, one with one, one with nobody."""
    monkeypatch.chdir(tmp_path)
    save_pictures(tmp_path, ["a.png", "sub/b.png", "c.png"])
    people = [[(TOM, 0.5), (ANN, 0.75)], [(ANN, 0.25)], []]
    write_poses("poses.json", SKELETON, [
        {"image": name, "width": 50, "height": 40, "people": [person_entry(np.array(pose), score) for pose, score in found]}
        for name, found in zip(["a.png", "sub/b.png", "c.png"], people)])
    return tmp_path


def run(monkeypatch, *args):
    monkeypatch.setattr("sys.argv", ["export"] + list(args))
    export.main()


def test_coco_results(poses, monkeypatch):
    run(monkeypatch, "poses.json", "new/results.json")
    with open("new/results.json") as stream:
        first, _, third = json.load(stream)
    assert first == {"image_id": 1, "category_id": 1, "keypoints": [1, 2, 1, 3.25, 4, 1, 0, 0, 0], "score": 0.5}
    assert third["image_id"] == 2
    with open("labels.json", "w") as stream:
        json.dump({"images": [{"id": 7, "file_name": "x/b.png"}, {"id": 8, "file_name": "a.png"}]}, stream)
    with pytest.raises(UserError, match="labels.json has no picture c.png"):
        run(monkeypatch, "poses.json", "results.json", "--annotations", "labels.json")


def number_images(folder, paths, file_names):
    """The ids that pictures get from annotations of these file names, whose ids are 1, 2, ..."""
    labels = folder / "labels.json"
    labels.write_text(json.dumps({"images": [{"id": number, "file_name": name} for number, name in enumerate(file_names, 1)]}))
    images = [{"image": path} for path in paths]
    export.number_images(images, str(labels))
    return [image["id"] for image in images]


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path, monkeypatch):
    files = ["s1/1.jpg", "s2/1.jpg", "s2/2.jpg"]
    assert number_images(tmp_path, ["data/s2/1.jpg", "data/s1/1.jpg", "elsewhere/2.jpg"], files) == [2, 1, 3]
    assert number_images(tmp_path, ["x/a/s2/1.jpg", "x/b/s2/1.jpg"], ["b\\s2\\1.jpg", "a/s2/1.jpg"]) == [2, 1]
    (tmp_path / "s2").mkdir()
    monkeypatch.chdir(tmp_path / "s2")
    assert number_images(tmp_path, ["1.jpg"], files) == [2]
    with pytest.raises(UserError, match="labels.json: s3/1.jpg may be each of the pictures with the ids 1, 2; their folders"):
        number_images(tmp_path, ["s3/1.jpg"], files)
    with pytest.raises(UserError, match="labels.json has one picture for both s1/2.jpg and s2/2.jpg"):
        number_images(tmp_path, ["s1/2.jpg", "s2/2.jpg"], files)


def test_csv_which_convert_reads(poses, monkeypatch, caplog):
    run(monkeypatch, "poses.json", "new/poses.csv")
    table = pandas.read_csv("new/poses.csv")
    assert list(table.columns[:6]) == ["image", "person", "score", "nose_x", "nose_y", "nose_score"]
    assert table["score"].tolist()[:3] == [0.5, 0.75, 0.25] and table["nose_score"].tolist()[0] == 0.9
    items, skeleton = read("new/poses.csv")
    assert skeleton.joint_names == SKELETON.joint_names and not caplog.text
    check_people(items, [2, 3, 3])


def test_long_csv_which_convert_reads(poses, monkeypatch):
    run(monkeypatch, "poses.json", "new/poses.csv", "--long")
    table = pandas.read_csv("new/poses.csv")
    assert list(table.columns) == ["image", "person", "joint", "x", "y", "score"] and len(table) == 3 * 3 + 1
    assert table.iloc[1].tolist()[1:] == [1, "left_ear", 3.25, 4, 0.1]
    items, skeleton = read("new/poses.csv")
    assert skeleton.joint_names == SKELETON.joint_names
    check_people(items, [2, 3, 3])


def check_people(items, joints):
    """The three pictures, and how many joints each person has."""
    for item, name in zip(items, ["a.png", "sub/b.png", "c.png"]):
        assert os.path.samefile(item.im_path, name) and item.im_size == [3, 40, 50]
    people = [person for item in items for person in item.joints]
    assert [len(person) for person in people] == joints and items[2].joints == []
    np.testing.assert_array_equal(people[0], np.column_stack([np.arange(3), np.array(TOM)[:, :2]])[:joints[0]])
    np.testing.assert_array_equal(people[1], people[2])


def test_dataset_mat(poses, monkeypatch):
    run(monkeypatch, "poses.json", "again/dataset.mat")
    check_people(read_dataset_mat("again/dataset.mat"), [1, 3, 3])  # of Tom only the nose is sure
    assert cfg_from_file("again/pose_cfg.yaml").joint_names == SKELETON.joint_names
    run(monkeypatch, "poses.json", "again/dataset.mat", "--threshold", "0")
    check_people(read_dataset_mat("again/dataset.mat"), [2, 3, 3])


def test_deeplabcut(poses, monkeypatch):
    pytest.importorskip("tables")
    run(monkeypatch, "poses.json", "new/poses.h5")
    for path in ("new/poses.h5", "new/poses.csv"):
        items, skeleton = read(path)
        assert skeleton.joint_names == SKELETON.joint_names
        check_people(items, [2, 3, 3])
    frame = pandas.read_hdf("new/poses.h5")
    assert frame.columns.names == ["scorer", "individuals", "bodyparts", "coords"] and frame.index[1] == "../sub/b.png"
    assert frame.loc["../a.png", ("pose-tensorflow", "individual1", "left_ear", "likelihood")] == 0.1


def test_deeplabcut_one_animal(poses):
    pytest.importorskip("tables")
    images, skeleton = export.read("poses.json", None)
    export.export(images[1:], skeleton, "poses.h5")
    assert pandas.read_hdf("poses.h5").columns.names == ["scorer", "bodyparts", "coords"]


def test_predictions_mat(dots, write_config, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    write_config(tmp_path)
    joints = np.empty((1, len(dots[1])), object)
    for number, item in enumerate(dots[1]):
        joints[0, number] = np.column_stack([item.joints[0][:, 1:], [0.9, 0.8, 0.7, 0.1]])
    scipy.io.savemat("predictions.mat", {"joints": joints})
    run(monkeypatch, "predictions.mat", "new/dataset.mat", "--threshold", "0.05")
    for item, other in zip(dots[1], read_dataset_mat("new/dataset.mat")):
        assert item.im_size == other.im_size and os.path.samefile(item.im_path, other.im_path)
        np.testing.assert_allclose(item.joints[0], other.joints[0], atol=1e-4)
    scipy.io.savemat("predictions.mat", {"joints": joints[:, :2]})
    with pytest.raises(UserError, match="predictions.mat holds 2 predictions for the 6 pictures of dataset.mat"):
        run(monkeypatch, "predictions.mat", "new/dataset.mat")
    joints[0, 3] = joints[0, 3][:2]
    scipy.io.savemat("predictions.mat", {"joints": joints})
    with pytest.raises(UserError, match="predictions.mat holds a prediction of the size .2, 3., where the config's 4 joints"):
        run(monkeypatch, "predictions.mat", "new/dataset.mat")
    scipy.io.savemat("predictions.mat", {"poses": joints})
    with pytest.raises(UserError, match="predictions.mat holds no `joints`; test.py"):
        run(monkeypatch, "predictions.mat", "new/dataset.mat")


def test_coco_results_of_any_program(coco_root, monkeypatch):
    monkeypatch.chdir(coco_root)
    (coco_root / "pose_cfg.yaml").write_text(
        "{dataset: ., dataset_type: coco, dataset_phase: val, dataset_ann: person_keypoints}")
    people = [coco_result(7, np.random.RandomState(seed).rand(17, 3) * 50, seed / 8) for seed in (2, 1)]
    people[0]["keypoints"][:3] = 0, 0, 0
    (coco_root / "results.json").write_text(json.dumps(people))
    run(monkeypatch, "results.json", "again.json")
    assert json.loads((coco_root / "again.json").read_text()) == people
    run(monkeypatch, "results.json", "again.mat")
    first, second = read_dataset_mat("again.mat")
    assert [len(person) for person in first.joints] == [16, 17] and second.joints == []
    (coco_root / "results.json").write_text(json.dumps([dict(people[0], image_id=8)]))
    with pytest.raises(UserError, match="results.json: the data set . has no image 8"):
        run(monkeypatch, "results.json", "again.json")


@pytest.mark.parametrize("text, message", [
    ("{}", "poses.json cannot be read"), ("[1", "poses.json is no JSON"), ("", "poses.json is no JSON"),
    ('{"joint_names": ["a", "b"], "limbs": [], "images": [{"image": "a.png", "width": 1, "height": 1, "people": '
     '[{"keypoints": [null], "score": 1}]}]}', "poses.json: a person in a.png has not 2 keypoints")])
def test_bad_predictions(poses, monkeypatch, text, message):
    (poses / "poses.json").write_text(text)
    with pytest.raises(UserError, match=message):
        run(monkeypatch, "poses.json", "out.csv")
    assert not os.path.exists("out.csv")


def test_names_that_are_no_text(poses, monkeypatch):
    """Files' names may be any bytes."""
    (poses / "poses.json").write_text((poses / "poses.json").read_text().replace("c.png", "\\udc80.png"))
    run(monkeypatch, "poses.json", "out.csv")
    assert pandas.read_csv("out.csv")["image"].tolist()[-1] == "\\udc80.png"


def test_impossible_sizes(poses, monkeypatch):
    (poses / "poses.json").write_text((poses / "poses.json").read_text().replace('"width": 50', '"width": 1e30'))
    with pytest.raises(UserError, match="a.png cannot have 1e\\+30 x 40 px"):
        run(monkeypatch, "poses.json", "out.mat")


@pytest.mark.parametrize("source, out, message", [
    ("nowhere.json", "out.csv", "nowhere.json"), ("nowhere.mat", "out.csv", "nowhere.mat|pose_cfg"),
    ("poses.json", "out.txt", "out.txt: the result is")])
def test_bad_arguments(poses, monkeypatch, source, out, message):
    with pytest.raises(UserError, match=message):
        run(monkeypatch, source, out)
