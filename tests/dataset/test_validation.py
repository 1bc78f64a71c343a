import logging
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dataset import factory
from dataset.dataset_mat import DatasetError, write_dataset_mat
from dataset.validation import validate
from util.config import cfg_from_file


def validated(dots, write_config, change):
    folder, items = dots
    items = list(items)
    items[2] = change(items[2])
    write_dataset_mat(str(folder / "dataset.mat"), items)
    validate(factory.create(cfg_from_file(write_config(folder))))


def with_joint(joint, x, y):
    return lambda item: replace(item, joints=[np.array([[0, 10.0, 10.0], [joint, x, y]])])


@pytest.mark.parametrize("change, message", [
    (lambda item: replace(item, im_path="nowhere.png"), "there is no image .*nowhere.png"),
    (with_joint(4, 10, 10), "im2.png: joint id 4 is none of 0 to 3"),
    (with_joint(-1, 10, 10), "im2.png: joint id -1"),
    (with_joint(1.5, 10, 10), "im2.png: joint id 1.5"),
    (with_joint(1, np.nan, 10), "im2.png: a joint's position is not a number"),
])
def test_errors_name_the_picture(dots, write_config, change, message):
    with pytest.raises(DatasetError, match=message):
        validated(dots, write_config, change)


@pytest.mark.parametrize("change, message", [
    (with_joint(1, 5000, 10), "im2.png: a joint lies far outside"),
    (lambda item: replace(item, im_size=[3, 77, 77]), "im2.png: the data set says 77 x 77 px, the file has 128 x 128"),
])
def test_warnings_name_the_picture(dots, write_config, caplog, change, message):
    with caplog.at_level(logging.WARNING):
        validated(dots, write_config, change)
    assert message in caplog.text


def test_an_unreadable_picture(dots, write_config):
    (dots[0] / "im2.png").write_text("not a picture")
    with pytest.raises(DatasetError, match="im2.png"):
        validated(dots, write_config, lambda item: item)


def test_other_kinds_of_pictures_pass(dots, write_config):
    path = str(dots[0] / "im2.png")
    for mode in ("L", "RGBA", "P"):
        Image.open(path).convert(mode).save(path)
        validated(dots, write_config, lambda item: item)


def test_a_data_set_without_joints(dots, write_config):
    folder, items = dots
    write_dataset_mat(str(folder / "dataset.mat"), [replace(item, joints=None) for item in items])
    with pytest.raises(DatasetError, match="no joints"):
        validate(factory.create(cfg_from_file(write_config(folder))))
