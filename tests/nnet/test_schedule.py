import pytest

from nnet.schedule import last_iteration, learning_rate
from util.config import default_config


def config(**keys):
    cfg = default_config()
    cfg.update(keys)
    return cfg


def test_multi_step():
    cfg = config(multi_step=[[0.005, 10], [0.02, 20]])
    assert last_iteration(cfg) == 20
    assert [learning_rate(cfg, k) for k in (0, 10, 11, 20)] == [0.005, 0.005, 0.02, 0.02]


def test_adam_keeps_its_rate():
    cfg = config(multi_step=[[0.005, 10], [0.02, 20]], optimizer="adam", adam_lr=0.001)
    assert learning_rate(cfg, 0) == learning_rate(cfg, 20) == 0.001


def test_cosine():
    cfg = config(cosine=[0.02, 0.0, 110], warmup_iters=10)
    assert last_iteration(cfg) == 110
    assert learning_rate(cfg, 0) == pytest.approx(0.002) and learning_rate(cfg, 9) == pytest.approx(0.02)
    assert learning_rate(cfg, 60) == pytest.approx(0.01) and learning_rate(cfg, 110) == pytest.approx(0)
