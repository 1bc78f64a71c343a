"""docs/self_training.md, command by command, on a few made pictures; and its table of keys."""
import json
import os
import re
import shutil

import numpy as np
import pytest
import yaml
from PIL import Image

from conftest import draw_dots
from dataset.dataset_mat import DataItem, read_dataset_mat
from dataset.formats.coco import write_coco
from tutorials import Reader, commands, read
from util.config import cfg_from_file
from util.default_config import KEYS, UNSET
from util.skeleton import Skeleton

PAGES = ["self_training.md", "self_training.zh.md"]
JOINTS = ["nose", "left_ear", "right_ear", "tail"]
SIZE = 128


def make_pictures(folder, count, animals=1, seed=0):
    """DataItems of pictures in a pathlib folder."""
    folder.mkdir(parents=True)
    rng = np.random.RandomState(seed)
    items = []
    for number in range(count):
        people = [np.column_stack([np.arange(4), rng.uniform(10, SIZE - 10, (4, 2)).round(2)]) for _ in range(animals)]
        path = str(folder / ("im%d.png" % number))
        Image.fromarray(draw_dots(SIZE, SIZE, np.concatenate(people))).save(path)
        items.append(DataItem(number, path, [3, SIZE, SIZE], people))
    return items


def write_table(path, items):
    """A row for each joint."""
    rows = [(os.path.relpath(item.im_path, str(path.parent)), animal, JOINTS[int(joint)], x, y)
            for item in items for animal, person in enumerate(item.joints) for joint, x, y in person]
    path.write_text("image,person,joint,x,y\n" + "".join("%s,%d,%s,%s,%s\n" % row for row in rows))


def write_deeplabcut_project(folder, items):
    shutil.copytree(os.path.dirname(items[0].im_path), str(folder / "labeled-data/video"))
    (folder / "config.yaml").write_text(yaml.safe_dump({"scorer": "me", "bodyparts": JOINTS}))
    header = [[name] + [values(joint, part) for joint in JOINTS for part in "xy"] for name, values in (
        ("scorer", lambda joint, part: "me"), ("bodyparts", lambda joint, part: joint),
        ("coords", lambda joint, part: part))]
    rows = [["labeled-data/video/" + os.path.basename(item.im_path)] + item.joints[0][:, 1:].ravel().tolist()
            for item in items]
    (folder / "labeled-data/video/CollectedData_me.csv").write_text(
        "".join(",".join(map(str, row)) + "\n" for row in header + rows))


def write_label_studio(path, items):
    tasks = [{"data": {"img": os.path.basename(item.im_path)}, "annotations": [{"result": [
        {"original_width": SIZE, "original_height": SIZE, "value": {
            "x": 100 * x / SIZE, "y": 100 * y / SIZE, "keypointlabels": [JOINTS[int(joint)]]}}
        for joint, x, y in item.joints[0]]}]} for item in items]
    path.write_text(json.dumps(tasks))


def write_cvat(path, items):
    images = ['<image name="%s" width="%d" height="%d">%s</image>' % (os.path.basename(item.im_path), SIZE, SIZE, "".join(
        '<points label="%s" points="%s,%s"/>' % (JOINTS[int(joint)], x, y) for joint, x, y in item.joints[0]))
        for item in items]
    path.write_text("<annotations>%s</annotations>" % "".join(images))


@pytest.fixture
def home(tmp_path):
    """The reader's folder, with labelled pictures in every form that the page names."""
    mice, cage = tmp_path / "mice", tmp_path / "cage"
    items = make_pictures(mice / "pictures", 6)
    write_table(mice / "labels.csv", items)
    write_deeplabcut_project(mice / "deeplabcut", items)
    write_label_studio(mice / "label_studio.json", items)
    write_cvat(mice / "annotations.xml", items)
    write_coco(str(mice / "coco.json"), items, Skeleton.from_names(JOINTS))
    write_table(mice / "val.csv", make_pictures(mice / "recordings", 2, seed=1))
    make_pictures(mice / "new", 2, seed=2)
    write_table(cage / "train.csv", make_pictures(cage / "train", 12, animals=2))
    write_table(cage / "val.csv", make_pictures(cage / "val", 2, animals=2, seed=1))
    make_pictures(cage / "new", 1, animals=2, seed=2)
    return tmp_path


def test_commands(home, monkeypatch, capsys):
    # Three steps teach nothing: where detections are needed the annotated joints are given.
    reader = Reader(home, monkeypatch, {
        r"snapshot-\d+": "snapshot-2", "(train_spatial_model|test_multiperson).py": r"\g<0> --gt_parts"})
    reader.save_configs(PAGES[0])
    converted = []
    for line in commands(PAGES[0]):
        reader.run(line)
        if line.endswith(" mice/mice.mat"):
            converted.append(read_dataset_mat("mice/mice.mat"))
    assert len(converted) == 5
    for items in converted:
        np.testing.assert_allclose([item.joints[0] for item in items], [item.joints[0] for item in converted[0]])
    said = capsys.readouterr().out
    assert "validation PCK" in said and "pooled" in said and " AP " in " ".join(said.split())

    # The second training saw old and new pictures, and began with the first one's weights.
    mice = os.path.join("..", "mice")
    assert cfg_from_file(os.path.join(mice, "pose_cfg.yaml")).dataset == ["mice.mat", "again/again.mat"]
    assert os.path.exists(os.path.join(mice, "before-restart/snapshot-2.index"))
    for name in ("found/im0_pose.png", "out/im1_pose.png", "found/mice.csv", "out/dataset"):
        assert os.path.exists(os.path.join(mice, name))
    with open("out/predictions.json") as stream:
        people = json.load(stream)
    assert people and all(len(person["keypoints"]) == 12 for person in people)
    with open("out/cage.csv") as stream:
        assert len(stream.readlines()) == 1 + 4 * len(people)
    assert os.path.exists("found/im0_pose.png")


def test_languages_hold_the_same_commands():
    code = [re.findall("^```.*?^```", re.sub("(?m) +# .*$", "", read(page)), re.M | re.S) for page in PAGES]
    assert code[0] == code[1] and len(code[0]) > 10


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_explained(page):
    rows = re.findall(r"^\| `(\w+)` \| (\S.*?) \| (\S.*) \|$", read(page), re.M)
    assert [key for key, _, _ in rows if key not in KEYS] == []
    assert sorted(key for key, _, _ in rows) == sorted(KEYS)
    for key, default, _ in rows:
        found = UNSET if default == "–" else yaml.safe_load(default.strip("`"))
        assert found == KEYS[key].default, key
