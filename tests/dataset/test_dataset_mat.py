import numpy as np
import pytest
import scipy.io

from dataset.dataset_mat import DataItem, DatasetError, read_dataset_mat, read_sequences, write_dataset_mat
from util.command import UserError


def test_round_trip(tmp_path):
    people = [np.array([[0, 1.5, 2.5], [3, 300.0, 4.0]]), np.array([[1, 5.0, 6.0]])]
    items = [DataItem(0, str(tmp_path / "a.png"), [3, 300, 400], people),
             DataItem(1, str(tmp_path / "b" / "c.png"), [3, 10, 20], [])]
    path = str(tmp_path / "dataset.mat")
    write_dataset_mat(path, items)
    read = read_dataset_mat(path)
    assert [item.im_size for item in read] == [[3, 300, 400], [3, 10, 20]]
    assert [len(item.joints) for item in read] == [2, 0]
    for person, expected in zip(read[0].joints, people):
        np.testing.assert_array_equal(person, expected)
    assert read[1].im_path.endswith("b/c.png")


def test_the_scipy_form_of_old_scripts(tmp_path):
    path = str(tmp_path / "dataset.mat")
    write_dataset_mat(path, [DataItem(0, str(tmp_path / "a.png"), [3, 300, 400], [np.array([[0, 1.0, 2.0]])])])
    item = scipy.io.loadmat(path)["dataset"][0, 0]
    assert item["image"][0] == "a.png"
    assert item["size"][0].tolist() == [3, 300, 400]
    assert item["joints"][0][0].tolist() == [[0, 1.0, 2.0]]


def save_records(path, **fields):
    records = np.empty((1, 1), [(name, object) for name in fields])
    for name, value in fields.items():
        records[0, 0][name] = value
    scipy.io.savemat(str(path), {"dataset": records})


def test_fields_are_read_by_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cell = np.empty((1, 1), object)
    cell[0, 0] = np.array([[0, 1, 2]], np.int32)
    save_records(tmp_path / "d.mat", image="x.png", size=np.array([[3, 200, 250]], np.uint8), joints=cell,
                 bbox=np.array([[1, 2, 30, 40]], np.uint8))
    item, = read_dataset_mat("d.mat")
    assert item.im_size == [3, 200, 250] and item.crop == (0, 1, 29, 39)


def test_sequences_by_place(tmp_path):
    """The six fields of 2017's Penn Action, whatever they are called."""
    records = np.empty((1, 3), [(name, object) for name in "abcdef"])
    records.dtype.names = ("image", "size", "joints", "box", "s", "f")
    for number, (sequence, frame) in enumerate([(1, 0), (0, 1), (0, 0)]):
        records[0, number] = ("x.png", np.array([[3, 200, 250]]), np.array([[0, 1, 2]]), np.array([[1, 2, 3, 4]]), sequence,
                              frame)
    path = str(tmp_path / "d.mat")
    scipy.io.savemat(path, {"dataset": records})
    items = read_dataset_mat(path)
    assert [(item.sequence, item.frame, item.crop) for item in items] == [(1, 0, None), (0, 1, None), (0, 0, None)]
    assert [frames.tolist() for frames in read_sequences(path, items)] == [[2, 1], [0]]
    write_dataset_mat(path, items)
    assert scipy.io.loadmat(path)["sequences"][0, 0].tolist() == [[2, 1]]
    again = read_dataset_mat(path)
    assert [(item.sequence, item.frame) for item in again] == [(1, 0), (0, 1), (0, 0)]


@pytest.mark.parametrize("sequences", [None, [5], [-1]])
def test_bad_sequences(tmp_path, sequences):
    path = str(tmp_path / "d.mat")
    write_dataset_mat(path, [DataItem(0, "a.png", [3, 9, 9], [])])
    if sequences:
        scipy.io.savemat(path, {"sequences": np.array([sequences])})
    with pytest.raises(DatasetError, match="d.mat has no sequences"):
        read_sequences(path, [DataItem()])


def test_without_ground_truth(tmp_path):
    save_records(tmp_path / "d.mat", image="x.png", size=np.array([[3, 20, 30]]))
    assert read_dataset_mat(str(tmp_path / "d.mat"))[0].joints is None


def test_bad_files(tmp_path):
    with pytest.raises(UserError, match="nowhere.mat"):
        read_dataset_mat("nowhere.mat")
    (tmp_path / "text.mat").write_text("hello")
    with pytest.raises(UserError, match="text.mat is damaged, or no MATLAB"):
        read_dataset_mat(str(tmp_path / "text.mat"))
    scipy.io.savemat(str(tmp_path / "other.mat"), {"x": 1})
    with pytest.raises(DatasetError, match="no variable `dataset`"):
        read_dataset_mat(str(tmp_path / "other.mat"))
    save_records(tmp_path / "size.mat", image="x.png", size=np.array([[20, 30]]))
    with pytest.raises(DatasetError, match="record 0.*size must be"):
        read_dataset_mat(str(tmp_path / "size.mat"))
    save_records(tmp_path / "joints.mat", image="x.png", size=np.array([[3, 20, 30]]), joints=np.zeros((2, 2)))
    with pytest.raises(DatasetError, match="record 0"):
        read_dataset_mat(str(tmp_path / "joints.mat"))
