"""One kill of a training; `make faults` makes a hundred of each program. tests/test_video.py has that of demo/video.py,
and tests/pose_tensorflow/test_many.py what predict_many.py does when processes die."""
from faults.killed import Kills
from faults.programs import difference


def test_a_training_is_killed_and_started_again(tmp_path):
    kills = Kills("train", tmp_path)
    kills.kill(0, earliest=0.6)
    assert kills.lost == []


def test_what_is_not_the_same_is_told():
    same = {"a": b"1", "b": b"2"}
    assert difference(same, dict(same)) == ""
    assert difference({"a": b"9", "c": b""}, same) == "lacking: b; too many: c; different: a"
