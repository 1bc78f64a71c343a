import pytest
import scipy.io

from dataset.dataset_mat import DatasetError
from dataset.formats.mpii_release import read_mpii_release
from mpii_release import EMPTY, person, save_release, struct
from util.command import UserError


def test_what_a_release_may_hold(tmp_path):
    without_points = struct({"scale": 1.0, "objpos": struct({"x": 1, "y": 2})})  # as in the test pictures
    save_release(tmp_path / "r.mat", [
        ("a.jpg", struct(person([(0, 5, 6), (9, 7.5, 8), (6, 1, 1), (15, 2, 2)]), person([(3, 50, 60)])), 1, [2]),
        ("b.jpg", without_points, 0, [1]),
        ("c.jpg", EMPTY, 1, []),
        ("d.jpg", struct(person([]), person([(0, 1, 2)], (EMPTY,) * 4)), 1, [1, 2])])
    a, b, c, d = read_mpii_release(str(tmp_path / "r.mat"))
    assert (a.name, a.train, a.single) == ("a.jpg", True, {1}) and (b.train, d.single) == (False, {0, 1})
    assert a.people[0].joints.tolist() == [[0, 5, 6], [9, 7.5, 8], [6, 1, 1], [15, 2, 2]]
    assert a.people[0].head_size == pytest.approx(0.6 * 50)
    assert b.people[0].joints.shape == (0, 3) and b.people[0].head_size is None
    assert c.people == [] and c.single == set()
    assert len(d.people[0].joints) == 0 and d.people[1].head_size is None


def test_one_picture(tmp_path):
    save_release(tmp_path / "r.mat", [("a.jpg", struct(person([(0, 5, 6)])), 1, [1])])
    picture, = read_mpii_release(str(tmp_path / "r.mat"))
    assert picture.single == {0} and len(picture.people) == 1


def test_bad_releases(tmp_path):
    path = str(tmp_path / "r.mat")
    scipy.io.savemat(path, {"x": 1})
    with pytest.raises(DatasetError, match="r.mat is not MPII's annotations: it has no RELEASE.annolist"):
        read_mpii_release(path)
    scipy.io.savemat(path, {"RELEASE": struct({"annolist": struct({"image": 1}), "img_train": 1, "single_person": [1, 2]})})
    with pytest.raises(DatasetError, match="1, 1 and 2 entries"):
        read_mpii_release(path)
    scipy.io.savemat(path, {"RELEASE": struct({"annolist": struct({"image": 1}), "img_train": 1, "single_person": 1})})
    with pytest.raises(DatasetError, match=r"annolist\(1\) cannot be read"):
        read_mpii_release(path)
    (tmp_path / "r.mat").write_text("hello")
    with pytest.raises(UserError, match="r.mat is damaged, or no MATLAB"):
        read_mpii_release(path)
