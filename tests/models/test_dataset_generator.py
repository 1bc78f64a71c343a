import os

import numpy as np
import pytest
import scipy.io

from conftest import ROOT, save_pictures
from dataset.dataset_mat import read_dataset_mat
from dataset.validation import check_items
from models.dataset_generator import dataset_generator, mat_generator

ONE = [[0, 300.5, 20], [2, 30, 400]]


def test_what_is_written_is_read(tmp_path):
    save_pictures(tmp_path, ["a.png", "b.png", "c.png"], (640, 480))
    mat = mat_generator(["a.png", "b.png", "c.png"], [[3, 480, 640], (3, 480, 640), np.array([[3, 480, 640]], np.int16)],
                        [ONE, [], [np.array(ONE), [[1, 5, 6]]]])
    scipy.io.savemat(str(tmp_path / "d.mat"), mat)
    items = read_dataset_mat(str(tmp_path / "d.mat"))
    assert [item.im_path for item in items] == [str(tmp_path / name) for name in ("a.png", "b.png", "c.png")]
    assert all(item.im_size == [3, 480, 640] for item in items)  # more than a byte holds
    assert [[person.tolist() for person in item.joints] for item in items] == [[ONE], [], [ONE, [[1, 5, 6]]]]


def test_one_picture():
    record, = dataset_generator("a.png", [3, 480, 640], ONE)[0]
    assert record["image"] == "a.png" and record["size"].tolist() == [[3, 480, 640]]
    np.testing.assert_array_equal(record["joints"][0, 0], ONE)


@pytest.mark.parametrize("size, keypoints, message", [
    ([480, 640], ONE, "a.png: its size"), ([3, 480, 640], [[0, 1]], "a.png: keypoints are n x 3")])
def test_mistakes(size, keypoints, message):
    with pytest.raises(ValueError, match=message):
        dataset_generator("a.png", size, keypoints)
    with pytest.raises(ValueError, match="1 paths, 2 sizes and 1 lists"):
        mat_generator(["a.png"], [size, size], [keypoints])


def test_the_example_is_good():
    items = read_dataset_mat(os.path.join(ROOT, "models/dataset_example.mat"))
    check_items(items, 14, "the example")
    assert len(items) == 1 and len(items[0].joints) == 1
