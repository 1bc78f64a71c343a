"""Where a run goes on that was stopped: how a file of poses tells, and is cut off. See tests/test_video.py as well."""
import pytest

from util.pose_lines import PoseLines, read_pose_lines

HEADER = {"joint_names": ["nose"], "settings": {"every": 1}}


@pytest.fixture
def path(tmp_path):
    """Of a file with frames 0, 1, 3 and 4."""
    name = str(tmp_path / "poses.jsonl")
    with PoseLines(name, HEADER) as poses:
        for number in (0, 1, 3, 4):
            poses.append({"frame": number, "people": []})
    return name


def frames(path):
    return [entry["frame"] for entry in read_pose_lines(path)]


def test_which_frames_it_holds(path):
    """From where it is on; asking changes nothing."""
    with PoseLines(path, HEADER) as poses:
        assert [poses.holds(number) for number in range(6)] == [True, True, False, True, True, False]
        assert poses.finished(0)["frame"] == 0 and poses.finished(1)["frame"] == 1
        assert [poses.holds(number) for number in range(6)] == [False, False, False, True, True, False]
        assert poses.finished(3)["frame"] == 3
    assert frames(path) == [0, 1, 3, 4]


def test_a_line_that_breaks_off_is_not_held(path):
    with open(path, "r+b") as stream:
        stream.truncate(stream.seek(0, 2) - 1)
    with PoseLines(path, HEADER) as poses:
        assert poses.holds(3) and not poses.holds(4)


def test_cut_off_after_what_was_asked_for(path):
    with PoseLines(path, HEADER) as poses:
        poses.finished(0)
        poses.cut()
        assert not poses.holds(1)
        poses.append({"frame": 2, "people": []})
    assert frames(path) == [0, 2]


def test_cut_off_before_the_first(path):
    with PoseLines(path, HEADER) as poses:
        poses.cut()
    assert frames(path) == []
    with PoseLines(path, HEADER) as poses:
        assert not poses.holds(0)


def test_cut_where_all_was_asked_for(path):
    with PoseLines(path, HEADER) as poses:
        assert all(poses.finished(number) for number in (0, 1, 3, 4))
        poses.cut()
    assert frames(path) == [0, 1, 3, 4]
