"""Files that are whole or not there, and work that one process does alone."""
import os
import subprocess
import sys

import pytest

from conftest import ROOT
from util.command import UserError
from util.files import alone, replacing

pytest.importorskip("fcntl")
HOLD = """
import sys
from util.files import alone, replacing
with %s:
    print("there", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def elsewhere(tmp_path):
    """function(expression of a context) -> a process in tmp_path that is in it, and leaves it at a line of input."""
    started = []

    def start(context):
        process = subprocess.Popen([sys.executable, "-c", HOLD % context], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   cwd=str(tmp_path), env=dict(os.environ, PYTHONPATH=ROOT))
        started.append(process)
        assert process.stdout.readline() == b"there\n"
        return process
    yield start
    for process in started:
        process.kill()
        process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "new" / "file"
    with replacing(str(path)) as stream:
        stream.write("whole")
    with pytest.raises(ZeroDivisionError):
        with replacing(str(path)) as stream:
            stream.write("half" * 100000)
            1 / 0
    assert path.read_text() == "whole" and names(path.parent) == ["file"]


def test_one_process_at_a_time_writes_a_file(tmp_path, elsewhere):
    other = elsewhere("replacing('file') as stream")
    with pytest.raises(UserError, match="another process is at work here, and has locked .*file.tmp: wait until it ends"):
        with replacing(str(tmp_path / "file")):
            pass
    other.communicate(b"\n")
    assert names(tmp_path) == ["file"]
    with replacing(str(tmp_path / "file")) as stream:
        stream.write("mine")
    assert (tmp_path / "file").read_text() == "mine" and names(tmp_path) == ["file"]


def test_a_killed_process_keeps_nobody_out(tmp_path, elsewhere):
    other = elsewhere("alone('work')")
    with pytest.raises(UserError, match="another process is at work here, and has locked .*work.lock"):
        with alone(str(tmp_path / "work")):
            pass
    other.kill()
    other.wait()
    assert names(tmp_path) == ["work.lock"]
    with alone(str(tmp_path / "work")):
        pass
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for context in (alone, replacing):
        with pytest.raises(UserError, match="cannot write .*file.x"):
            with context(str(tmp_path / "file" / "x")):
                pass
