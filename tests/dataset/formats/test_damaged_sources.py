"""Whatever a source holds, convert writes a data set, or says in one sentence what is wrong with which file, and writes
nothing but what it was asked to."""
import copy
import json
import os
import shutil

import numpy as np
import pytest
import scipy.io
import yaml

import test_csv
import test_cvat
import test_label_studio
from conftest import coco_annotation, save_pictures
from dataset.convert import read_all, write
from dataset.dataset_mat import DataItem, write_dataset_mat
from util.command import UserError

DLC = "scorer,me,me,me,me\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\nlabeled-data/v/a.png,1,2,3,4\n"


def make_sources(folder):
    """A good source of each form -> {form: its file}."""
    save_pictures(folder, ["a.png", "b.png", "c.png", "sub/b.png", "images/im00001.jpg", "labeled-data/v/a.png"])
    coco = {"images": [{"id": 1, "file_name": "a.png", "width": 50, "height": 40}],
            "annotations": [coco_annotation(1, 1, [(0, 20, 20, 2), (5, 30, 40, 1)])],
            "categories": [{"id": 1, "name": "person", "keypoints": ["j%d" % j for j in range(17)], "skeleton": [[1, 2]]}]}
    tasks = [test_label_studio.task("a.png", test_label_studio.keypoint("nose", 1, 1))]
    texts = {"wide.csv": test_csv.WIDE, "long.csv": test_csv.LONG, "coco.json": json.dumps(coco),
             "label_studio.json": json.dumps(tasks), "cvat.xml": test_cvat.XML,
             "labeled-data/v/CollectedData_me.csv": DLC,
             "config.yaml": yaml.safe_dump({"scorer": "me", "bodyparts": ["nose", "tail"], "skeleton": [["nose", "tail"]]})}
    for name, text in texts.items():
        (folder / name).write_text(text)
    scipy.io.savemat(str(folder / "joints.mat"), {"joints": np.ones((14, 3, 1))})
    write_dataset_mat(str(folder / "dataset.mat"), [DataItem(0, str(folder / "a.png"), [3, 40, 50], [np.ones((1, 3))])])
    (folder / "pose_cfg.yaml").write_text("num_joints: 2")
    return {name: folder / name for name in list(texts) + ["joints.mat", "dataset.mat"]}


FORMS = ["wide.csv", "long.csv", "coco.json", "label_studio.json", "cvat.xml", "labeled-data/v/CollectedData_me.csv",
         "config.yaml", "joints.mat", "dataset.mat"]


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "in").mkdir()
    return make_sources(tmp_path / "in")


def convert(tmp_path, path):
    """Convert to both forms; returns what the user is told, None where all is well. Files must stay where they belong."""
    before = sorted(str(one) for one in tmp_path.rglob("*"))
    source = os.path.dirname(str(path)) if path.name == "config.yaml" else str(path)
    said = None
    try:
        with np.errstate(all="ignore"):
            items, skeleton = read_all([source])
            write(str(tmp_path / "out" / "d.mat"), items, skeleton)
            write(str(tmp_path / "out" / "d.json"), items, skeleton)
    except UserError as error:
        said = str(error)
        assert str(tmp_path) in said or path.name in said
    shutil.rmtree(str(tmp_path / "out"), ignore_errors=True)
    assert sorted(str(one) for one in tmp_path.rglob("*")) == before
    return said


@pytest.mark.parametrize("form", FORMS)
def test_good(tmp_path, sources, form):
    assert convert(tmp_path, sources[form]) is None


@pytest.mark.parametrize("form", FORMS)
def test_truncated_and_overwritten(tmp_path, sources, form):
    whole = sources[form].read_bytes()
    rng = np.random.RandomState(0)
    for trial in range(60):
        damaged = bytearray(whole[:rng.randint(len(whole) + 1)] if trial % 2 else whole)
        for place in rng.randint(0, max(len(damaged), 1), rng.randint(0, 4)):
            damaged[place:place + 1] = rng.choice([b"\xff\xfe", b"0", b"\x00", b"-", b"e99", b",", b'"'])
        sources[form].write_bytes(bytes(damaged))
        convert(tmp_path, sources[form])
    sources[form].write_bytes(b"")
    assert convert(tmp_path, sources[form])
    sources[form].write_bytes(b"\xff\xfe\xfd" + whole)
    if not form.endswith(".mat"):
        assert convert(tmp_path, sources[form])


ODD = [None, True, -1, 1e999, -10 ** 40, float("nan"), "", "x", "../../../../etc/passwd", "/dev/null", "a\0b", [], {}, [[]]]


def places(document):
    """The path to each value of a JSON document."""
    pairs = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in pairs:
        yield [key]
        for path in places(value):
            yield [key] + path


@pytest.mark.parametrize("form", ["coco.json", "label_studio.json"])
def test_wrong_values(tmp_path, sources, form):
    good = json.loads(sources[form].read_text())
    for number, path in enumerate(list(places(good))[::2]):
        for odd in ODD[number % 2::2]:
            document = copy.deepcopy(good)
            parent = document
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = odd
            sources[form].write_text(json.dumps(document))
            convert(tmp_path, sources[form])


@pytest.mark.parametrize("form, old", [
    ("wide.csv", "a.png"), ("wide.csv", "11"), ("long.csv", "nose"), ("cvat.xml", "a.png"), ("cvat.xml", "7,8"),
    ("cvat.xml", 'width="50'), ("labeled-data/v/CollectedData_me.csv", "labeled-data/v/a.png"),
    ("labeled-data/v/CollectedData_me.csv", "nose"), ("config.yaml", "me"), ("config.yaml", "nose"),
])
def test_odd_texts(tmp_path, sources, form, old):
    good = sources[form].read_text()
    for odd in ("", "1e999", "-1e308", "9" * 50, "nan", "../../../../etc/passwd", "/etc/passwd", "x" * 5000, "*", "%s", "0"):
        sources[form].write_text(good.replace(old, odd))
        convert(tmp_path, sources[form])


@pytest.mark.parametrize("variable", ["joints", "dataset"])
@pytest.mark.parametrize("value", [1.0, "text", np.zeros((0, 0)), np.full((14, 3, 1), np.inf), np.zeros((14, 3, 0)),
                                   np.full((14, 3, 1), 1e308), {"image": "a.png", "size": [3, 1e300, 5]},
                                   {"image": [], "size": []}, {"image": "a.png", "size": [3, 40, 50], "joints": [[9, 1, 1]]}])
def test_odd_matlab_variables(tmp_path, sources, variable, value):
    path = sources["joints.mat" if variable == "joints" else "dataset.mat"]
    scipy.io.savemat(str(path), {variable: value})
    convert(tmp_path, path)
