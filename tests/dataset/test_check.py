import csv
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from conftest import ROOT, coco_annotation
from dataset import check
from dataset.dataset_mat import DataItem, write_dataset_mat
from dataset.maps import map_size
from dataset.problems import same_pictures, small_grey
from dataset.targets import encode
from demo.samples import sample_images
from nnet import doubts
from nnet.predict import Found
from util.command import UserError
from util.config import cfg_from_file
from util.image import read_image
from util.skeleton import COCO, MPII, Skeleton


def run(monkeypatch, *args):
    """The exit status of the command, which writes to `out` in the working directory."""
    monkeypatch.setattr("sys.argv", ["check", "--out", "out"] + [str(arg) for arg in args])
    try:
        check.main()
    except SystemExit as stop:
        return stop.code
    return 0


def rows(kind):
    with open("out/check.csv", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["kind"] == kind]


@pytest.fixture
def folder(dots, write_config, monkeypatch):
    """The folder of the data set `dots` with its config, also the working directory."""
    monkeypatch.chdir(dots[0])
    write_config(dots[0])
    return dots[0]


def change(folder, items, number, **changes):
    """Write the data set anew, with one picture's record changed."""
    items = [replace(item, **changes) if item.image_id == number else item for item in items]
    write_dataset_mat(str(folder / "dataset.mat"), items)


def test_nothing_wrong(folder, monkeypatch, capsys):
    assert run(monkeypatch, "pose_cfg.yaml", "--strict") == 0
    out = capsys.readouterr().out
    assert "6 pictures with sides of 112 to 152 px, 0 of them without people, 0 under 100 px" in out
    assert ["a_1", "6", "0"] in [line.split() for line in out.splitlines()] and "0 errors, 0 warnings" in out
    assert os.listdir("out") == ["check.csv"]


@pytest.mark.parametrize("joints, message", [
    ([[0, 10, 10], [3, -2, 10.5]], "outside the picture: c (-2, 10.5)"),
    ([[0, 10, 10], [3, 10, 128.5]], "outside the picture: c (10, 128.5)"),
    ([[0, 10, 10], [1, 10, 10], [2, 9, 9]], "at one place: a_1, a_2"),
    ([[0, 10, 10], [0, 11, 10]], "labelled several times: a_1"),
    ([[0, 10, 10], [1, 9000, 10]], "a joint lies far outside"),
])
def test_warnings(folder, dots, monkeypatch, capsys, joints, message):
    change(folder, dots[1], 2, joints=[np.array(joints, float)])
    assert run(monkeypatch, "pose_cfg.yaml") == 0 and "warning  im2.png: " + message in capsys.readouterr().out
    assert run(monkeypatch, "pose_cfg.yaml", "--strict") == 1
    assert rows("warning")[0]["image"].endswith("im2.png") and Image.open("out/problems.png").width > 200


def test_errors_come_first(folder, dots, monkeypatch, capsys):
    change(folder, dots[1], 1, joints=[np.array([[0, -5, 5.0]])])
    os.remove("im5.png")
    with open("im3.png", "r+b") as stream:
        stream.truncate(400)  # its header is whole
    assert run(monkeypatch, "pose_cfg.yaml") == 1
    assert [row["image"][-7:] for row in rows("error") + rows("warning")] == ["im3.png", "im5.png", "im1.png"]
    out = capsys.readouterr().out
    assert "2 errors, 1 warning;" in out and "error    im3.png: cannot read the image" in out
    assert out.index("im5.png: there is no image") < out.index("im1.png: outside the picture")


def test_the_same_labels(folder, dots, monkeypatch):
    shutil.copy("im1.png", "im5.png")
    change(folder, dots[1], 5, joints=[dots[1][1].joints[0][::-1]] * 2, im_size=dots[1][1].im_size)
    run(monkeypatch, "pose_cfg.yaml")
    found = [(row["image"][-7:], row["person"], row["text"]) for row in rows("warning")]
    assert found == [("im5.png", "", "the same picture as im1.png"), ("im5.png", "1", "the same labels as person 1 in im1.png"),
                     ("im5.png", "2", "the same labels as person 1 in im1.png")]


def test_validation_pictures_that_are_trained_on(folder, dots, write_config, monkeypatch, capsys):
    mirrored = Image.open("im1.png").transpose(Image.FLIP_LEFT_RIGHT)
    for name, image in (("mirrored", mirrored), ("copy", Image.open("im3.png"))):
        image.save(name + ".png")
    write_dataset_mat("val.mat", [replace(dots[1][1], im_path=str(folder / "mirrored.png"), joints=[]),
                                  replace(dots[1][3], im_path=str(folder / "copy.png"))])
    write_config(folder, val_dataset="val.mat")
    assert run(monkeypatch, "pose_cfg.yaml") == 0
    assert [(os.path.basename(row["image"]), row["text"]) for row in rows("warning")] == [
        ("copy.png", "the same picture as im3.png, which is trained on"),
        ("copy.png", "the same labels as person 1 in im3.png, which is trained on"),
        ("mirrored.png", "the same picture, mirrored, as im1.png, which is trained on")]
    assert "val.mat: 2 pictures" in capsys.readouterr().out
    os.remove("copy.png")
    assert run(monkeypatch, "pose_cfg.yaml") == 1
    write_config(folder, val_dataset="nowhere.mat")
    with pytest.raises(UserError, match="there is no .*nowhere.mat"):
        run(monkeypatch, "pose_cfg.yaml")


def test_the_same_pictures(tmp_path):
    """Copies that were compressed again, resized or mirrored are found; other pictures are not."""
    greys, count = [], 0
    for _, image in sample_images():
        copy = Image.fromarray(image)
        copy.save(str(tmp_path / "again.jpg"), quality=70)
        copy.resize((image.shape[1] // 2, image.shape[0] // 2), Image.LANCZOS).save(str(tmp_path / "half.png"))
        greys += [small_grey(one) for one in (image, read_image(tmp_path / "again.jpg"), read_image(tmp_path / "half.png"),
                                              image[:, ::-1])]
        count += 1
    found = same_pictures([DataItem()] * len(greys), greys)
    assert found == [(4 * k + copy, 4 * k, copy == 3) for k in range(count) for copy in (1, 2, 3)] and count >= 4


def test_frames_of_one_sequence_may_be_alike():
    grey = small_grey(np.random.RandomState(0).randint(0, 255, (40, 40, 3)).astype(np.uint8))
    items = [DataItem(number, sequence=sequence) for number, sequence in enumerate([0, 0, 1, None])]
    assert same_pictures(items, [grey] * 4) == [(2, 0, False), (3, 0, False)] and same_pictures(items, [None] * 4) == []


PERSON = np.array([[40, 118], [42, 98], [44, 76], [60, 76], [64, 98], [66, 118], [26, 74], [30, 58], [38, 42], [66, 42],
                   [76, 56], [80, 72], [52, 36], [52, 18]], float)  # MPII's joints


class Seer(object):
    """A network whose maps show PERSON, moved as each picture's first pixel says."""

    def __init__(self, cfg, with_maps):
        self.cfg = cfg

    def window_around(self, image, points):
        return (0, 0, image.shape[1], image.shape[0]), 1.0

    def find_at(self, image, scale):
        people = [(np.arange(14), PERSON + image[0, 0, 0])]
        targets = encode(people, map_size(*image.shape[:2], stride=4), 14, 6, 4, locref_stdev=1)
        return Found(None, scale, 0.9 * targets.scores, targets.locref.reshape(targets.scores.shape + (2,)))


@pytest.fixture
def judge(monkeypatch):
    monkeypatch.setattr(doubts, "PosePredictor", Seer)
    return doubts.Judge(cfg_from_file(check.SHIPPED), MPII)


def labelled(shift, swapped=False, moved=None):
    """A picture 128 x 128 of PERSON, and its labels; moved: {joint: (x, y) further}"""
    person = np.column_stack([MPII.mirror_map if swapped else np.arange(14), PERSON + shift])
    for joint, by in (moved or {}).items():
        person[joint, 1:] += by
    return np.full((128, 128, 3), shift, np.uint8), [person]


def test_doubts_of_swapped_people_come_first(judge):
    """5 % are swapped; the others' labels are as inexact as people's are."""
    rng = np.random.RandomState(3)
    swapped = set(rng.choice(100, 5, replace=False))
    found = [judge.doubts(*labelled(rng.randint(6), number in swapped, {j: rng.normal(0, 3, 2) for j in range(14)}))[0]
             for number in range(100)]
    assert set(np.argsort([-one.score for one in found])[:5]) == swapped
    assert all(("left and right exchanged" in one.reason) == (number in swapped) for number, one in enumerate(found))


def test_what_a_doubt_says(judge):
    one, = judge.doubts(*labelled(3, moved={11: (25, 10)}))
    assert one.reason == "elsewhere: left_wrist 27 px"
    assert one.score == pytest.approx(0.9 / 14, abs=1e-4)
    np.testing.assert_allclose(one.pose[:, :2], PERSON + 3, atol=0.01)
    one, = judge.doubts(*labelled(3))
    assert one.reason == "nothing certain" and one.score == pytest.approx(0, abs=1e-4)


def test_what_cannot_be_judged(judge):
    image, (person,) = labelled(0)
    assert judge.doubts(image, [person[:2], person + [0, 500, 0], person * [np.nan, 1, 1], person[:0]]) == [None] * 4
    assert judge.doubts(image, []) == []


def test_a_neighbour_is_no_better_place(judge):
    image, (person,) = labelled(0)
    misplaced = person + [0, 24, -14]
    _, alone = judge.doubts(image, [person[:0], misplaced])
    _, beside = judge.doubts(image, [person, misplaced])
    assert alone.score > 0.8 and beside.score == pytest.approx(0, abs=1e-4)


def test_a_network_that_knows_other_joints(monkeypatch):
    monkeypatch.setattr(doubts, "PosePredictor", Seer)
    with pytest.raises(UserError, match="single.* knows none of the joints nose, tail: another one is needed, --model"):
        doubts.Judge(cfg_from_file(check.SHIPPED), Skeleton.from_names(["nose", "tail"]))
    assert len(doubts.Judge(cfg_from_file(check.SHIPPED), COCO).known) == 12


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """COCO's form of the demos' photographs, whose second person has left and right exchanged; the working directory."""
    monkeypatch.chdir(tmp_path)
    with open(os.path.join(ROOT, "tests/data/demo_people.json")) as stream:
        people = json.load(stream)
    images, annotations = [], []
    for number, (name, image) in enumerate(one for one in sample_images() if one[0] in people):
        images.append({"id": number, "file_name": os.path.join(ROOT, "demo/images", name + ".jpg"),
                       "width": image.shape[1], "height": image.shape[0]})
        joints = np.reshape(people[name], (17, 3))[COCO.mirror_map if number == 1 else slice(None)]
        keypoints = [(joint,) + tuple(values) for joint, values in enumerate(joints) if values[2]]
        annotations.append(coco_annotation(number, number, keypoints))
    os.mkdir("annotations")
    category = {"id": 1, "name": "person", "keypoints": COCO.joint_names}
    with open("annotations/people_val.json", "w") as stream:
        json.dump({"images": images, "annotations": annotations, "categories": [category]}, stream)
    with open("pose_cfg.yaml", "w") as stream:
        stream.write("dataset: .\ndataset_type: coco\ndataset_phase: val\ndataset_ann: people\n")
    return [os.path.basename(image["file_name"]) for image in images]


def test_coco_and_the_shipped_weights(photographs, monkeypatch, capsys):
    assert run(monkeypatch, "pose_cfg.yaml", "--model", "--strict") == 0
    first, second = rows("doubt")[:2]
    assert os.path.basename(first["image"]) == photographs[1] and float(first["score"]) > 2 * float(second["score"])
    assert "left and right exchanged" in first["text"] and "which know 12 of the 17 joints" in capsys.readouterr().out
    assert Image.open("out/doubts.png").width > 1000  # pairs of thumbnails


def test_the_newest_snapshot_judges(folder, random_weights, monkeypatch, capsys):
    for iteration in (9, 10):
        for part in (".index", ".data-00000-of-00001"):
            shutil.copy(random_weights + part, "snapshot-%d%s" % (iteration, part))
        with open("snapshot-%d.json" % iteration, "w") as stream:
            json.dump({}, stream)
    assert run(monkeypatch, folder / "pose_cfg.yaml", "--model") == 0
    assert "snapshot-10, which know 4 of the 4 joints" in capsys.readouterr().out and len(rows("doubt")) == 6
    os.mkdir("other")
    shutil.copy("pose_cfg.yaml", "other")
    with pytest.raises(UserError, match="there are no weights random"):
        run(monkeypatch, "pose_cfg.yaml", "--model", "other/pose_cfg.yaml")


def test_a_data_set_that_is_not_there(folder, dots, write_config, monkeypatch):
    write_config(folder, dataset="nowhere.mat")
    with pytest.raises(UserError, match="there is no .*nowhere.mat"):
        run(monkeypatch, "pose_cfg.yaml")
    write_config(folder, dataset="")
    with pytest.raises(UserError, match="pose_cfg.yaml names no data set"):
        run(monkeypatch, "pose_cfg.yaml")


def damaged(whole, rng):
    """Bytes, cut off or some of them changed."""
    if rng.uniform() < 0.4:
        return whole[:rng.randint(len(whole))]
    changed = bytearray(whole)
    for place in rng.randint(len(whole), size=4):
        changed[place] = rng.randint(256)
    return bytes(changed)


@pytest.mark.parametrize("name", ["dataset.mat", "im1.png", "pose_cfg.yaml"])
def test_damaged_files(folder, monkeypatch, name):
    """What comes out is a report, or a UserError."""
    whole, rng, failed = (folder / name).read_bytes(), np.random.RandomState(0), 0
    for _ in range(40):
        (folder / name).write_bytes(damaged(whole, rng))
        try:
            failed += run(monkeypatch, "pose_cfg.yaml")
        except UserError:
            failed += 1
    assert failed > 20


@pytest.mark.parametrize("value", [None, "", -1, 10 ** 30, float("nan"), "x\0y", "\ud800", [], {"a": 1},
                                   "../../../etc/passwd"])
def test_strange_values(coco_root, monkeypatch, value):
    """In each place of COCO's annotations in turn."""
    monkeypatch.chdir(coco_root)
    (coco_root / "pose_cfg.yaml").write_text(
        "dataset: .\ndataset_type: coco\ndataset_phase: val\ndataset_ann: person_keypoints\n")
    path = coco_root / "annotations" / "person_keypoints_val.json"
    whole = path.read_text()
    places = [("images", 0, key) for key in ("id", "file_name", "width", "height")] + [("images",), ("images", 0)]
    places += [("annotations", 0, key) for key in ("image_id", "iscrowd", "keypoints", "num_keypoints", "segmentation")]
    places += [("annotations", 0, "keypoints", 1), ("annotations",), ("categories",), ("categories", 0)]
    for place in places:
        document = json.loads(whole)
        inner = document
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        path.write_text(json.dumps(document))
        try:
            run(monkeypatch, "pose_cfg.yaml")
        except UserError:
            pass


def test_names_that_could_deceive_a_terminal(folder, dots, monkeypatch, capsys):
    change(folder, dots[1], 1, im_path=str(folder / "a\nerror\x1b[2Jb.png"))
    assert run(monkeypatch, "pose_cfg.yaml") == 1
    assert "there is no image a\\nerror\\x1b[2Jb.png" in capsys.readouterr().out.replace(str(folder) + "/", "")


def test_bad_arguments(folder, monkeypatch):
    with pytest.raises(UserError, match="--count: -1 pictures"):
        run(monkeypatch, "pose_cfg.yaml", "--count", "-1")
    (folder / "out").write_text("")
    with pytest.raises(UserError, match="cannot write to out .*exists"):
        run(monkeypatch, "pose_cfg.yaml")
