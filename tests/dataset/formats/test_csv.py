import numpy as np
import pytest

from conftest import save_pictures
from dataset.convert import read
from dataset.dataset_mat import DatasetError

WIDE = """\
image,nose_x,nose_y,tail_x,tail_y,tail_visible
a.png,1,2,3,4,1
a.png,11,12,13,14,0
b.png,,,23.5,24,2
c.png,,,,,
"""
LONG = """\
Image, Person, Joint, X, Y
a.png, Tom, nose, 1, 2
b.png, Tom, tail, 23.5, 24
a.png, Ann, nose, 11, 12
a.png, Tom, tail, 3, 4
c.png,,,,
"""


@pytest.mark.parametrize("text", [WIDE, LONG, "\ufeff" + WIDE, WIDE.replace("_", ".").replace("image", "FileName")])
def test_both_forms(tmp_path, text):
    save_pictures(tmp_path, ["a.png", "b.png", "c.png"])
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    items, skeleton = read(str(tmp_path / "labels.csv"))
    assert skeleton.joint_names == ["nose", "tail"]
    assert [item.im_path.rsplit("/", 1)[-1] for item in items] == ["a.png", "b.png", "c.png"]
    assert [[person.tolist() for person in item.joints] for item in items] == [
        [[[0, 1, 2], [1, 3, 4]], [[0, 11, 12]]], [[[1, 23.5, 24]]], []]
    assert items[0].im_size == [3, 40, 50]


def test_pictures_in_another_folder(tmp_path):
    save_pictures(tmp_path / "photos", ["a.png", "b.png", "c.png"])
    (tmp_path / "labels.csv").write_text(WIDE.replace("a.png", "C:\\me\\a.png"))
    items, _ = read(str(tmp_path / "labels.csv"), images=str(tmp_path / "photos"))
    assert items[0].im_path == str(tmp_path / "photos" / "a.png")
    with pytest.raises(ValueError, match="there is no image .*a.png"):
        read(str(tmp_path / "labels.csv"))


def test_two_names_for_one_file(tmp_path, caplog):
    save_pictures(tmp_path, ["one/a.png", "two/a.png"])
    (tmp_path / "labels.csv").write_text("image,nose_x,nose_y\none/a.png,1,2\ntwo/a.png,3,4\n")
    read(str(tmp_path / "labels.csv"))
    assert not caplog.text
    read(str(tmp_path / "labels.csv"), images=str(tmp_path / "one"))
    assert "several of its pictures are the same file" in caplog.text


def test_names_of_a_known_skeleton_take_its_order(tmp_path):
    from util.skeleton import MPII
    save_pictures(tmp_path, ["a.png"])
    names = MPII.joint_names[::-1]
    lines = ["image,joint,x,y"] + ["a.png,%s,%d,0" % (name, number) for number, name in enumerate(names)]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    items, skeleton = read(str(tmp_path / "labels.csv"))
    assert skeleton == MPII
    np.testing.assert_array_equal(items[0].joints[0][:, 1], np.arange(14)[::-1])


@pytest.mark.parametrize("text, message", [
    ("photo,nose_x,nose_y\n", "none of the columns photo, nose_x, nose_y is called image"),
    ("image,a,b\na.png,1,2\n", "expected columns image, nose_x"),
    ("image,joint,x\na.png,nose,2\n", "needs the columns x and y"),
    ("image,nose_x,nose_y\na.png,1,2\na.png,one,2\n", "line 3: x is one, which is no number"),
    ("image,nose_x,nose_y\na.png,1,\n", "line 2: one of x and y is missing"),
    ("image,nose_x,nose_y\n,1,1\n", "line 2: no image"),
    ("image,joint,x,y\na.png,nose,1,1\na.png,nose,2,2\n", "a.png has the joint nose twice"),
    ("image,nose_x,nose_y\n", "labels no pictures"),
    ("", "cannot be read"),
])
def test_bad_tables(tmp_path, text, message):
    save_pictures(tmp_path, ["a.png"])
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match="labels.csv.*" + message):
        read(str(tmp_path / "labels.csv"))


def test_columns_that_are_no_joints_are_named(tmp_path, caplog):
    save_pictures(tmp_path, ["a.png"])
    (tmp_path / "labels.csv").write_text("image,nose_x,nose_y,weather\na.png,1,1,rain\n")
    read(str(tmp_path / "labels.csv"))
    assert "weather" in caplog.text
