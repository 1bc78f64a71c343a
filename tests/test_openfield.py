"""benchmarks/openfield.py on a made project of a few pictures, with next to no training."""
import csv

import numpy as np
import pytest

from benchmarks import openfield
from dataset import convert
from nnet.predict import Found
from test_self_training import JOINTS, SIZE, make_pictures, write_deeplabcut_project
from tutorials import shorten


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder `mouse` of the working directory, 6 labelled pictures, and a training of two steps in out/seed-4."""
    monkeypatch.chdir(tmp_path)
    write_deeplabcut_project(tmp_path / "mouse", make_pictures(tmp_path / "mouse/pictures", 6))
    convert.write("out/seed-4/mouse.mat", *convert.read_all(["mouse"]))
    shorten("out/seed-4/pose_cfg.yaml")
    return tmp_path / "mouse"


def make_video(path, frames):
    av = pytest.importorskip("av")
    path.parent.mkdir()
    with av.open(str(path), "w") as video:
        stream = video.add_stream("mpeg4", rate=20, width=SIZE, height=SIZE)
        for _ in range(frames):
            video.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((SIZE, SIZE, 3), np.uint8))))
        video.mux(stream.encode())


def test_from_project_to_video(project, monkeypatch, capsys):
    make_video(project / "videos/cage.mp4", 25)
    monkeypatch.setattr("sys.argv", ["openfield.py", "mouse", "--seeds", "4", "--out", "out"])
    openfield.main()
    said = capsys.readouterr().out
    assert "mouse.mat: 3 pictures" in said and "seed 4: mean error" in said and "all seeds: mean error" in said
    with open("out/cage.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["frame"] for row in rows] == ["0", "10", "20"]
    assert all(np.isfinite(float(row[name + "_x"])) for row in rows for name in JOINTS)
    import av
    with av.open("out/cage.mp4") as video:
        assert [frame.to_ndarray(format="rgb24").shape for frame in video.decode(video=0)] == [(SIZE, SIZE, 3)] * 3


def test_halves(project):
    items, _ = convert.read_all(["mouse"])
    drawn = [openfield.halves(items, seed) for seed in range(5)]
    for to_train, to_measure in drawn:
        assert len(to_train) == len(to_measure) == 3
        assert {item.im_path for item in to_train + to_measure} == {item.im_path for item in items}
    assert len({frozenset(item.im_path for item in to_train) for to_train, _ in drawn}) > 1


def test_errors_are_px_of_the_picture(project, capsys):
    items, skeleton = convert.read_all(["mouse"])
    items[0].joints[0] = items[0].joints[0][:2]  # neither right ear nor tail is labelled

    class Predictor(object):
        def __init__(self):
            self._poses = iter([np.zeros((4, 3))] + [item.joints[0][:, 1:] for item in items[1:]])

        def find(self, image):
            pose = next(self._poses)
            return Found(np.column_stack([pose[:, :2] + [3, 4], np.ones(4)]), 1.0, None, None)

    distances = openfield.errors(Predictor(), items, skeleton)
    assert np.isnan(distances[0, 2:]).all()
    np.testing.assert_allclose(distances[1:], 5)
    openfield.print_errors("x", distances[1:], skeleton)
    assert "x: mean error 5.00 px, root mean square 5.00 px; nose 5.00, left_ear 5.00" in capsys.readouterr().out
