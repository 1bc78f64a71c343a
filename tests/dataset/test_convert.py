import os

import numpy as np
import pytest
import scipy.io
import yaml
from PIL import Image

from dataset import convert, factory
from dataset.convert import read
from dataset.dataset_mat import DatasetError
from util.config import cfg_from_file


def save_pictures(folder, names):
    os.makedirs(str(folder), exist_ok=True)
    for name in names:
        Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(str(folder / name))


def test_lsp(tmp_path):
    save_pictures(tmp_path / "images", ["im00001.jpg", "im00002.jpg"])
    joints = np.arange(14 * 3 * 2, dtype=float).reshape(14, 3, 2)
    joints[:, 2] = 1
    joints[3, 2, 1] = 0
    scipy.io.savemat(str(tmp_path / "joints.mat"), {"joints": joints})
    items, skeleton = read(str(tmp_path / "joints.mat"))
    assert skeleton.joint_names[0] == "right_ankle"
    assert items[1].im_path.endswith("im00002.jpg") and items[1].im_size == [3, 40, 50]
    assert items[0].joints[0].shape == (14, 3) and items[1].joints[0].shape == (13, 3)
    np.testing.assert_array_equal(items[1].joints[0][3], [4, joints[4, 0, 1], joints[4, 1, 1]])


@pytest.fixture(params=["one column", "three columns"])
def project(request, tmp_path):
    save_pictures(tmp_path / "labeled-data" / "video", ["img0.png", "img1.png"])
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(
        {"bodyparts": ["nose", "left_ear", "right_ear"], "skeleton": [["nose", "left_ear"]]}))
    more = 2 if request.param == "three columns" else 0
    separator = "," if more else "/"
    rows = [["scorer"] + [""] * more + ["me"] * 6,
            ["bodyparts"] + [""] * more + ["nose"] * 2 + ["left_ear"] * 2 + ["right_ear"] * 2,
            ["coords"] + [""] * more + ["x", "y"] * 3,
            [separator.join(["labeled-data", "video", "img0.png"])] + ["1", "2", "3", "4", "5", "6.5"],
            [separator.join(["labeled-data", "video", "img1.png"])] + ["1", "2", "", "", "5", "6.5"]]
    (tmp_path / "labeled-data" / "video" / "CollectedData_me.csv").write_text("\n".join(map(",".join, rows)))
    return tmp_path


def test_deeplabcut(project):
    items, skeleton = read(str(project))
    assert skeleton.all_joints == [[0], [1, 2]] and skeleton.all_joints_names == ["nose", "ear"]
    assert skeleton.limbs == [[0, 1]]
    assert [item.im_path.split(os.sep)[-1] for item in items] == ["img0.png", "img1.png"]
    np.testing.assert_array_equal(items[0].joints[0], [[0, 1, 2], [1, 3, 4], [2, 5, 6.5]])
    np.testing.assert_array_equal(items[1].joints[0], [[0, 1, 2], [2, 5, 6.5]])


def test_a_config_to_start_with(project, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["convert", str(project), str(project / "new" / "mice.mat")])
    convert.main()
    cfg = cfg_from_file(str(project / "new" / "pose_cfg.yaml"))
    assert cfg.dataset == "mice.mat" and cfg.all_joints == [[0], [1, 2]] and cfg.limbs == [[0, 1]]
    assert cfg.global_scale == 2.0  # the joints span 4.5 px
    assert factory.create(cfg).num_images == 2
    (project / "new" / "pose_cfg.yaml").write_text("mine")
    convert.main()
    assert (project / "new" / "pose_cfg.yaml").read_text() == "mine"
    assert "left alone" in capsys.readouterr().out


def test_bad_sources(project):
    with pytest.raises(DatasetError, match="neither"):
        read(str(project / "labeled-data"))
    table = project / "labeled-data" / "video" / "CollectedData_me.csv"
    text = table.read_text()
    table.write_text(text.replace("right_ear", "tail"))
    with pytest.raises(DatasetError, match="tail"):
        read(str(project))
    table.write_text(text.replace("6.5", "six"))
    with pytest.raises(DatasetError, match="six"):
        read(str(project))
    table.write_text("hello\n")
    with pytest.raises(DatasetError, match="header rows"):
        read(str(project))
