"""Training from tar archives."""
import io
import json
import os
import tarfile

import numpy as np
import pytest
from PIL import Image

from dataset import convert, factory, webdataset
from dataset.batch import Batch
from dataset.dataset_mat import DatasetError
from dataset.validation import validate
from util.config import Config, cfg_from_file


@pytest.fixture
def archives(dots, write_config, monkeypatch):
    """The data set `dots` as archives of four pictures, with its config in the same folder: both configs."""
    folder, _ = dots
    mat = cfg_from_file(write_config(folder, shuffle=True, mirror=True))
    monkeypatch.setattr(webdataset, "SHARD", 4)
    monkeypatch.setattr("sys.argv", ["convert", str(folder / "dataset.mat"), str(folder / "tars" / "train.tar")])
    convert.main()
    assert sorted(os.listdir(str(folder / "tars"))) == ["pose_cfg.yaml", "train-000000.tar", "train-000001.tar"]
    return mat, Config(mat, dataset=str(folder / "tars" / "train-*.tar"), dataset_type="webdataset")


def test_they_give_the_batches_of_a_dataset_mat(archives):
    mat, tars = (factory.create(cfg) for cfg in archives)
    validate(tars)
    assert tars.num_images == mat.num_images == 6
    for number in (0, 1, 7, 4):  # of several epochs, in any order, as a training that goes on has them
        expected, found = mat.training_batch(number), tars.training_batch(number)
        assert set(found) == set(expected)
        for key in set(expected) - {Batch.data_item}:
            assert np.array_equal(found[key], expected[key])
    assert tars.data[5].im_path.endswith("tars/train-000001.tar/000000005.png")


def test_the_config_that_is_written(archives, monkeypatch):
    folder = os.path.dirname(archives[1].dataset)
    cfg = cfg_from_file(os.path.join(folder, "pose_cfg.yaml"))
    assert cfg.dataset_type == "webdataset" and cfg.dataset == "train-%s.tar" % ("[0-9]" * 6) and cfg.num_joints == 4
    assert factory.create(cfg).num_images == 6
    monkeypatch.chdir(folder)
    assert factory.create(Config(cfg, dataset=["train-000001.tar", "train-000000.tar"])).data[0].coco_id == 4


def test_writing_again_leaves_no_archives_of_before(archives, tmp_path):
    data = factory.create(archives[0])
    out = tmp_path / "x[1]" / "a.tar"
    for name, items in (("a.tar", data.data), ("a-other.tar", data.data), ("a.tar", data.data[:3])):
        pattern = webdataset.write_archives(str(out.with_name(name)), items, data.skeleton)
    assert sorted(os.listdir(str(out.parent))) == ["a-000000.tar", "a-other-000000.tar", "a-other-000001.tar"]
    cfg = Config(archives[1], dataset=os.path.basename(pattern), config_file=str(out.with_name("pose_cfg.yaml")))
    assert factory.create(cfg).num_images == 3


def picture(width=120, height=110):
    stream = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def create(tmp_path, write_config):
    """{name: content} -> the data set of one archive that holds them."""
    def create(members, **keys):
        with tarfile.open(str(tmp_path / "a.tar"), "w") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return factory.create(cfg_from_file(write_config(tmp_path, dataset="a.tar", dataset_type="webdataset", **keys)))
    return create


def test_forms_of_labels(create):
    person = {"keypoints": [1, 2, 2, 0, 0, 0, 5, 6, 1, 0, 0, 0]}
    crowd = {"iscrowd": 1, "segmentation": {"size": [110, 120], "counts": [0, 110 * 120]}}
    dataset = create({"x/a.png": picture(), "x/a.json": [person], "b.json": {"annotations": [person, {}, crowd], "id": 9},
                      "b.png": picture(), "none.png": picture(), "x/c.JPG": picture(), "readme.txt": b"",
                      "x/c.json": {"width": 50, "height": 60, "annotations": []}}, weigh_part_predictions=True)
    a, b, none, c = dataset.data
    assert a.joints[0].tolist() == b.joints[0].tolist() == [[0, 1, 2], [2, 5, 6]]
    assert [item.im_size for item in dataset.data] == [[3, 110, 120]] * 3 + [[3, 60, 50]]
    assert none.joints is None and c.joints == [] and b.coco_id == 9 and len(b.ignored) == 1 and not a.ignored
    seen = [batch[Batch.part_score_weights].min() for batch in (
        dataset.make_batch(item, 1.0, False) for item in (a, b))]
    assert seen == [1, 0]


def test_names_that_lead_elsewhere_lead_nowhere(create, tmp_path):
    names = ["../../outside", "/tmp/outside-of-everything", "a/../../outside", "../a"]
    before = sorted(os.listdir(str(tmp_path.parent))), os.path.exists("/tmp/outside-of-everything.png")
    dataset = create(dict([(name + ".png", picture()) for name in names] + [
        (name + ".json", [{"keypoints": [1, 2, 2] * 4}]) for name in names]))
    validate(dataset)
    dataset.training_batch(0)
    assert dataset.num_images == 4
    assert (sorted(os.listdir(str(tmp_path.parent))), os.path.exists("/tmp/outside-of-everything.png")) == before
    assert sorted(os.listdir(str(tmp_path))) == ["a.tar", "pose_cfg.yaml"]


@pytest.mark.parametrize("members, message", [
    ({"a.json": []}, "a.tar: there is no picture .* for a.json"), ({"a.txt": b""}, "a.tar: there is no picture"),
    ({"a.png": b"x", "a.jpg": b"x"}, "a.tar holds a.jpg twice"),
    ({"a.png": b"x", "a.json": b"{"}, "the labels of .*a.tar/a.png cannot be read"),
    ({"a.png": b"x", "a.json": {}}, "the labels of .*a.tar/a.png"),
    ({"a.png": b"x", "a.json": {"width": 5, "height": 5, "annotations": [{"keypoints": [1, 2, 2, 3]}]}},
     "the labels of .*a.png"),
    ({"a.png": b"x", "a.json": {"width": 5, "height": 5, "annotations": [{"keypoints": [1, 2, 2] * 4}]}},
     "cannot read the image .*a.tar/a.png"),
    ({"a.png": picture(), "a.json": [{"keypoints": [1, 2, 2] * 5}]}, "joint id 4 is none of 0 to 3"),
])
def test_what_is_wrong_is_said(create, members, message):
    with pytest.raises(DatasetError, match=message):
        validate(create(members))


def test_missing_and_broken_archives(create, tmp_path):
    with pytest.raises(DatasetError, match="there are no tar archives .*b-"):
        factory.create(Config(create({"a.png": picture()}).cfg, dataset="b-*.tar"))
    (tmp_path / "c.tar").write_bytes(b"x" * 1000)
    with pytest.raises(ValueError, match="c.tar is no uncompressed tar archive"):
        factory.create(Config(create({"a.png": picture()}).cfg, dataset="c.tar"))
