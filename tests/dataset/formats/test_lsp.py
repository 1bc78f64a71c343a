import numpy as np
import scipy.io

from conftest import save_pictures
from dataset.formats.lsp import read_lsp


def test_lsp(tmp_path):
    save_pictures(tmp_path / "images", ["im00001.jpg", "im00002.jpg"])
    joints = np.arange(14 * 3 * 2, dtype=float).reshape(14, 3, 2)
    joints[:, 2] = 1
    joints[3, 2, 1] = 0
    scipy.io.savemat(str(tmp_path / "joints.mat"), {"joints": joints})
    items, skeleton = read_lsp(str(tmp_path / "joints.mat"))
    assert skeleton.joint_names[0] == "right_ankle"
    assert items[1].im_path.endswith("im00002.jpg") and items[1].im_size == [3, 40, 50]
    assert items[0].joints[0].shape == (14, 3) and items[1].joints[0].shape == (13, 3)
    np.testing.assert_array_equal(items[1].joints[0][3], [4, joints[4, 0, 1], joints[4, 1, 1]])


def test_the_first_releases_third_number_says_occluded(tmp_path):
    save_pictures(tmp_path / "images", ["im0001.jpg"])
    scipy.io.savemat(str(tmp_path / "joints.mat"), {"joints": np.zeros((3, 14, 1))})
    items, _ = read_lsp(str(tmp_path / "joints.mat"))
    assert items[0].joints[0].shape == (14, 3)
