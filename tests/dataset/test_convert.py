import os

import numpy as np
import pytest

from conftest import save_pictures
from dataset import convert, factory
from dataset.convert import read_all
from dataset.dataset_mat import DataItem, DatasetError, read_dataset_mat
from util.command import UserError
from util.config import Config, cfg_from_file
from util.skeleton import MPII


@pytest.fixture
def labels(tmp_path, monkeypatch):
    """A folder with labels.csv, two pictures of a mouse; also the working directory."""
    monkeypatch.chdir(tmp_path)
    save_pictures(tmp_path, ["a.png", "b.png"])
    (tmp_path / "labels.csv").write_text("image,nose_x,nose_y,left_ear_x,left_ear_y,right_ear_x,right_ear_y\n"
                                         "a.png,1,2,3,4,5,6.5\nb.png,1,2,,,5,6.5\n")
    return tmp_path


def run(monkeypatch, *args):
    monkeypatch.setattr("sys.argv", ["convert"] + list(args))
    convert.main()


def test_a_config_to_start_with(labels, monkeypatch, capsys):
    run(monkeypatch, "labels.csv", "new/mice.mat")
    cfg = cfg_from_file("new/pose_cfg.yaml")
    assert cfg.dataset == "mice.mat" and cfg.all_joints == [[0], [1, 2]] and cfg.all_joints_names == ["nose", "ear"]
    assert cfg.global_scale == 2.0  # the joints span 4.5 px
    assert factory.create(cfg).num_images == 2
    (labels / "new" / "pose_cfg.yaml").write_text("mine")
    run(monkeypatch, "labels.csv", "new/mice.mat")
    assert (labels / "new" / "pose_cfg.yaml").read_text() == "mine"
    assert "left alone" in capsys.readouterr().out


def test_pictures_set_aside(labels, monkeypatch, capsys):
    names = ["%02d.png" % number for number in range(10)]
    save_pictures(labels, names)
    (labels / "labels.csv").write_text("image,nose_x,nose_y\n" + "".join("%s,1,2\n" % name for name in names + names[:3]))
    for _ in range(2):
        run(monkeypatch, "labels.csv", "new/mice.mat", "--val", "0.3")
        train, val = ({os.path.basename(item.im_path) for item in factory.create(cfg).data} for cfg in (
            cfg_from_file("new/pose_cfg.yaml"), Config(cfg_from_file("new/pose_cfg.yaml"), dataset="new/mice_val.mat")))
        assert len(val) == 3 and len(train) == 7 and train | val == set(names)
        assert cfg_from_file("new/pose_cfg.yaml").val_dataset == "mice_val.mat"
    assert "it needs the line `val_dataset: mice_val.mat`" in capsys.readouterr().out
    for fraction in ("0.01", "1", "-0.5", "nan"):
        with pytest.raises(UserError, match="of 10 pictures or sequences one at least"):
            run(monkeypatch, "labels.csv", "new/mice.mat", "--val", fraction)
    with pytest.raises(UserError, match="--val does not go with OUT.json"):
        run(monkeypatch, "labels.csv", "mice.json", "--val", "0.5")


def test_sequences_stay_whole():
    items = [DataItem(number, "%d.jpg" % number, [3, 9, 9], [], sequence=number // 4, frame=number % 4) for number in range(20)]
    train, val = convert.split(items, 0.4)
    assert len(train) == 12 and len(val) == 8
    assert not {item.sequence for item in train} & {item.sequence for item in val}


def test_to_coco_and_back(labels, monkeypatch):
    """A dataset.mat's joints are named by the config beside it, or by --config."""
    run(monkeypatch, "labels.csv", "new/mice.mat")
    run(monkeypatch, "new/mice.mat", "coco/mice.json")
    run(monkeypatch, "coco/mice.json", "--images", ".", "again/mice.mat")
    for item, other in zip(read_dataset_mat("new/mice.mat"), read_dataset_mat("again/mice.mat")):
        assert os.path.samefile(item.im_path, other.im_path) and item.im_size == other.im_size
        np.testing.assert_array_equal(item.joints, other.joints)
    os.rename("new/pose_cfg.yaml", "pose_cfg.yaml")
    with pytest.raises(DatasetError, match="mice.mat does not name its joints.*--config"):
        run(monkeypatch, "new/mice.mat", "mice.json")
    run(monkeypatch, "new/mice.mat", "mice.json", "--config", "pose_cfg.yaml")


def test_several_sources(labels):
    (labels / "more.csv").write_text((labels / "labels.csv").read_text())
    items, skeleton = read_all(["labels.csv", "more.csv"])
    assert len(items) == 4 and skeleton.num_joints == 3
    (labels / "more.csv").write_text("image,tail_x,tail_y\na.png,1,1\n")
    with pytest.raises(DatasetError, match=r"more.csv has other joints \(tail\) than labels.csv"):
        read_all(["labels.csv", "more.csv"])


def test_what_is_wrong_with_a_data_set_is_said(labels, caplog):
    (labels / "far.csv").write_text("image,nose_x,nose_y\na.png,9000,1\n")
    read_all(["far.csv"])
    assert "1 warning about far.csv" in caplog.text and "a.png: a joint lies far outside" in caplog.text


def test_known_skeletons_are_named(tmp_path):
    assert "dataset_type: mpii" in convert.starting_config([], MPII, "x.mat")


@pytest.mark.parametrize("source, out, message", [
    ("nowhere.csv", "out.mat", "there is no .*nowhere.csv"),
    ("a.png", "out.mat", "a.png is none of"),
    ("labels.csv", "out.txt", "out.txt: the result is"),
])
def test_bad_arguments(labels, monkeypatch, source, out, message):
    with pytest.raises(ValueError, match=message):
        run(monkeypatch, source, out)
    assert not os.path.exists(out)
