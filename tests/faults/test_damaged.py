"""Snapshots that are cut short or have a bit flipped, and a clock that is set back."""
import logging
import os
import random
import shutil
import time

import numpy as np
import pytest

from faults.programs import PROGRAMS
from nnet import checkpoint, training
from nnet.predict import PosePredictor
from nnet.replica import Alone
from nnet.tf import tf
from util.command import UserError
from util.config import cfg_from_file

TIMES = 100 if os.environ.get("POSE_FAULTS") else 5
PARTS = (".data-00000-of-00001", ".index")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a training that has made the snapshots 1 and 2."""
    folder = tmp_path_factory.mktemp("trained")
    PROGRAMS["train"].make(folder)
    before = os.getcwd()
    os.chdir(str(folder))
    try:
        training.train(config())
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """A copy of it, the working directory."""
    shutil.copytree(str(trained), str(tmp_path / "run"))
    monkeypatch.chdir(tmp_path / "run")
    return tmp_path / "run"


def config(**changes):
    cfg = cfg_from_file("pose_cfg.yaml")
    cfg.update(save_iters=1, cosine=[0.002, 0.0001, 2], **changes)
    return cfg


def damage(path, rng):
    """Flip a bit, or cut the file short."""
    whole = bytearray(path.read_bytes())
    place = rng.randrange(len(whole))
    if rng.random() < 0.5:
        whole[place] ^= 1 << rng.randrange(8)
    else:
        whole = whole[:place]
    path.write_bytes(bytes(whole))


def variables(prefix):
    reader = tf.train.NewCheckpointReader(prefix)
    return {name: np.asarray(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()}


def same(found, expected):
    return set(found) == set(expected) and all(np.array_equal(found[name], expected[name]) for name in expected)


def test_every_damage_is_noticed(trained, tmp_path):
    """Or it is none: there are bits in an index that nothing reads."""
    rng, whole = random.Random(0), variables(str(trained / "snapshot-2"))
    noticed = 0
    for time in range(TIMES):
        for part in PARTS:
            shutil.copy(str(trained / ("snapshot-2" + part)), str(tmp_path))
        damage(tmp_path / ("snapshot-2" + PARTS[time % 2]), rng)
        try:
            with checkpoint.reading(str(tmp_path / "snapshot-2")):
                found = variables(str(tmp_path / "snapshot-2"))
        except checkpoint.DamagedError as error:
            assert "snapshot-2 are damaged (" in str(error)
            noticed += 1
        else:
            assert same(found, whole)
    assert noticed >= 0.9 * TIMES


def test_a_damaged_snapshot_is_named_and_the_one_before_is_taken(folder, monkeypatch, caplog):
    """With a clock, besides, that goes back by a day at each look at it; the older snapshot seems to be the newer one."""
    now = iter(range(2 * 10 ** 9, 0, -86400))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    for name in os.listdir("."):
        os.utime(name, (0, 0) if name.startswith("snapshot-2") else None)
    whole = variables("snapshot-2")
    cut_short(folder / ("snapshot-2" + PARTS[0]))
    with caplog.at_level(logging.INFO):
        training.train(config())
    said = [record.getMessage() for record in caplog.records]
    assert any("snapshot-2 are damaged (" in line and "the snapshot before is taken" in line for line in said)
    assert "going on from snapshot-1 (--restart begins anew)" in said
    again = variables("snapshot-2")
    assert set(again) == set(whole) and again["global_step"] == 3


def cut_short(path):
    path.write_bytes(path.read_bytes()[:1000])


def test_where_all_snapshots_are_damaged_nothing_begins_anew_unasked(folder):
    for number in (1, 2):
        cut_short(folder / ("snapshot-%d.index" % number))
    trainer = training.Trainer.__new__(training.Trainer)
    trainer.cfg, trainer.replica, trainer.session, trainer.network, trainer.everything = config(), Alone(), None, [], []
    with pytest.raises(checkpoint.DamagedError, match="no snapshot snapshot-... is whole: --restart begins anew"):
        trainer.start(restart=False)


def test_predicting_with_damaged_weights(folder):
    cut_short(folder / ("snapshot-2" + PARTS[0]))
    with pytest.raises(UserError, match="snapshot-2 are damaged"):
        PosePredictor(config(init_weights="snapshot-2"))
