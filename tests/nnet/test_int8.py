import os
import shutil

import numpy as np
import pytest

from nnet import beside, int8
from nnet.int8 import distances, write_int8
from util.command import UserError
from util.config import cfg_from_file


class Predictor(object):
    def __init__(self, cfg, moved):
        self.cfg, self._moved = cfg, moved

    def find(self, image):
        pose = np.array([[10.0, 20, 0.9], [30, 40, 0.2], [50, 60, 0.8]]) + [image, 0, 0]
        return type("Found", (), {"pose": pose + [self._moved, self._moved * 4 / 3, 0]})


def test_distances_are_of_joints_that_are_drawn():
    cfg = type("Config", (), {"score_threshold": 0.3})
    np.testing.assert_allclose(distances(Predictor(cfg, 0), Predictor(cfg, 3), [0, 1]), [5, 5, 5, 5])


@pytest.fixture
def cfg(dots, write_config, random_weights):
    for ending in (".index", ".data-00000-of-00001"):
        shutil.copy(random_weights + ending, str(dots[0] / "own") + ending)
    return cfg_from_file(write_config(dots[0], init_weights=str(dots[0] / "own"), dataset=str(dots[0] / "dataset.mat"),
                                      score_threshold=0.0))


def test_nothing_is_kept_where_joints_move(cfg, monkeypatch):
    monkeypatch.setattr(pytest.importorskip("nncf"), "quantize", lambda model, *_, **__: model)
    monkeypatch.setattr(int8, "LARGEST_MEDIAN", -1)
    with pytest.raises(UserError, match=r"in 8 bits joints move by .* where -1 and 6 are allowed: nothing was written"):
        write_int8(cfg)
    assert beside.int8_of(cfg, cfg.init_weights) is None and not os.path.exists(cfg.init_weights + "-int8.xml")


def test_kept_where_joints_stay_where_they_are(cfg, monkeypatch):
    pytest.importorskip("nncf")
    monkeypatch.setattr(int8, "LARGEST_MEDIAN", np.inf)
    monkeypatch.setattr(int8, "LARGEST_P99", np.inf)
    median, p99 = write_int8(cfg)
    assert 0 <= median <= p99
    assert beside.int8_of(cfg, cfg.init_weights) == {"median_px": median, "p99_px": p99}


def test_several_people(cfg):
    cfg.pairwise_predict = True
    with pytest.raises(UserError, match="8 bits are for networks of one person"):
        write_int8(cfg)
