import contextlib
import faulthandler
import os
import sys

import numpy as np
import pandas
import pytest
import yaml

from conftest import save_pictures
from dataset.convert import read
from dataset.dataset_mat import DatasetError

PARTS = ["nose", "left_ear", "right_ear"]
ROWS = [[1, 2, 3, 4, 5, 6.5], [1, 2, np.nan, np.nan, 5, 6.5]]


def header(individuals=("",), unique=()):
    """The columns of a CollectedData file."""
    columns = [("me", individual, part, coord) for individual in individuals for part in PARTS for coord in "xy"]
    columns += [("me", "single", part, coord) for part in unique for coord in "xy"]
    if individuals == ("",):
        return pandas.MultiIndex.from_tuples([one[:1] + one[2:] for one in columns], names=["scorer", "bodyparts", "coords"])
    return pandas.MultiIndex.from_tuples(columns, names=["scorer", "individuals", "bodyparts", "coords"])


def save(folder, values, columns, in_three=False, ending=".csv", **config):
    """A project of two pictures."""
    save_pictures(folder / "labeled-data" / "video", ["img0.png", "img1.png"])
    paths = [("labeled-data", "video", "img%d.png" % number) for number in range(len(values))]
    index = pandas.MultiIndex.from_tuples(paths) if in_three else ["/".join(path) for path in paths]
    frame = pandas.DataFrame(values, index, columns)
    path = str(folder / "labeled-data" / "video" / ("CollectedData_me" + ending))
    frame.to_csv(path) if ending == ".csv" else frame.to_hdf(path, key="df_with_missing", mode="w")
    (folder / "config.yaml").write_text(yaml.safe_dump(dict({"scorer": "me", "bodyparts": PARTS}, **config)))
    return path


@pytest.fixture(params=[False, True])
def project(request, tmp_path):
    save(tmp_path, ROWS, header(), in_three=request.param, skeleton=[["nose", "left_ear"]])
    return tmp_path


def check_one_animal(items, skeleton):
    assert skeleton.all_joints == [[0], [1, 2]] and skeleton.all_joints_names == ["nose", "ear"]
    assert [item.im_path.split(os.sep)[-1] for item in items] == ["img0.png", "img1.png"]
    np.testing.assert_array_equal(items[0].joints[0], [[0, 1, 2], [1, 3, 4], [2, 5, 6.5]])
    np.testing.assert_array_equal(items[1].joints[0], [[0, 1, 2], [2, 5, 6.5]])


def test_one_animal(project):
    items, skeleton = read(str(project))
    check_one_animal(items, skeleton)
    assert skeleton.limbs == [[0, 1]]
    (project / "config.yaml").unlink()  # a table by itself
    table = project / "labeled-data" / "video" / "CollectedData_me.csv"
    check_one_animal(*read(str(table)))
    table.write_text(table.read_text(), encoding="utf-8-sig")  # as spreadsheets save it
    check_one_animal(*read(str(table)))


@pytest.mark.parametrize("in_three", [False, True])
def test_h5(tmp_path, in_three):
    pytest.importorskip("tables")
    path = save(tmp_path, ROWS, header(), in_three, ".h5")
    check_one_animal(*read(str(tmp_path)))
    check_one_animal(*read(path))


@pytest.fixture
def quiet_crashes():
    faulthandler.disable()
    yield
    faulthandler.enable(sys.__stderr__)


def test_a_damaged_h5(tmp_path, quiet_crashes):
    """Some of these crash the HDF5 library."""
    pytest.importorskip("tables")
    path = save(tmp_path, ROWS, header(), False, ".h5")
    with open(path, "rb") as stream:
        whole = np.frombuffer(stream.read(), np.uint8)
    rng, told = np.random.RandomState(0), []
    for _ in range(30):
        damaged = whole.copy()
        damaged[rng.randint(0, 2000, 20)] = rng.randint(256, size=20)
        damaged.tofile(path)
        with pytest.raises(DatasetError, match="h5 cannot be read") as error:
            read(path)
        told.append(str(error.value))
    assert any("BrokenProcessPool" in one for one in told)


class Code(object):
    """Unpickled, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.skipif(not hasattr(sys, "addaudithook"), reason="Python 3.7 reads trusted files only")
def test_code_in_an_h5_is_not_run(tmp_path):
    tables = pytest.importorskip("tables")
    path = save(tmp_path, ROWS, header(), False, ".h5")
    trap = str(tmp_path / "made")
    with tables.open_file(path, "a") as file:
        file.root.df_with_missing._v_attrs.encoding = Code(trap)
    with pytest.raises(DatasetError, match="h5 cannot be read"):
        read(path)
    assert not os.path.exists(trap)
    with contextlib.suppress(Exception):
        pandas.read_hdf(path)
    assert os.path.exists(trap)  # so it is a trap


def test_several_animals(tmp_path):
    row = [1, 2, 3, 4, 5, 6, 11, 12, np.nan, np.nan, 15, 16, 30, 31]
    save(tmp_path, [row, [np.nan] * 14], header(("a", "b"), ["lever"]), bodyparts="MULTI!", multianimalproject=True,
         multianimalbodyparts=PARTS, uniquebodyparts=["lever"], individuals=["a", "b"])
    items, skeleton = read(str(tmp_path))
    assert skeleton.joint_names == PARTS + ["lever"]
    assert [person.tolist() for person in items[0].joints] == [
        [[0, 1, 2], [1, 3, 4], [2, 5, 6]], [[0, 11, 12], [2, 15, 16]], [[3, 30, 31]]]
    assert items[1].joints == []


@pytest.mark.parametrize("old, new, message", [
    ("right_ear", "tail", "tail"),
    ("6.5", "six", "CollectedData_me.csv.*six"),
    ("bodyparts", "parts", "header rows"),
])
def test_bad_tables(project, old, new, message):
    table = project / "labeled-data" / "video" / "CollectedData_me.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(DatasetError, match=message):
        read(str(project))
    with pytest.raises(DatasetError, match="is none of"):
        read(str(project / "labeled-data"))
