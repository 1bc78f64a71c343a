"""A disk that is full, a folder that may not be written to, two processes in one folder: one clear sentence, nothing that was
there is lost, and once there is room the same command ends with what an unbroken run gives.

One quick program always, all of them with POSE_FAULTS=1, as `make faults` sets it.
"""
import contextlib
import os
import random
import resource
import subprocess

import pytest

from faults.programs import PROGRAMS, Bench, difference, finish

ALL = bool(os.environ.get("POSE_FAULTS"))
QUICK = ("convert",)
ROOM, PAGE = 2000000000, 4096  # bytes: of a disk, and of what it gives at once
SENTENCE = {"full": ("No space left on device", "File too large"), "read-only": ("Read-only file system",),
            "locked": ("another process is at work here",)}


@pytest.fixture(scope="module", params=[name for name in PROGRAMS if ALL or name in QUICK])
def bench(request, tmp_path_factory):
    if request.param == "video":
        pytest.importorskip("av")
        pytest.importorskip("cv2")
    bench = Bench(request.param, tmp_path_factory.mktemp(request.param))
    whole = bench.fresh("whole")
    code, said = bench.run(whole)
    assert code == 0, said
    bench.expected = bench.results(whole)
    return bench


def mount(*words):
    if subprocess.run(["mount"] + list(words), stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may mount")


@contextlib.contextmanager
def disk(folder):
    """A disk in memory, mounted at the folder."""
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=%d" % ROOM, "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.check_call(["umount", "-l", str(folder)])
        folder.rmdir()


def fill(folder, source):
    """Put what `source` holds on a disk, and nothing else. Returns the bytes that it takes."""
    subprocess.check_call(["sh", "-c", "rm -rf ./* && cp -r \"$0\"/. .", str(source)], cwd=str(folder))
    space = os.statvfs(str(folder))
    return (space.f_blocks - space.f_bfree) * space.f_frsize


def refused(bench, folder, why, **keys):
    """Run it where it cannot work: it must say why, in the words of its own, and leave what was there."""
    before = bench.results(folder)
    code, said = bench.run(folder, **keys)
    assert code == 1 and "Traceback" not in said and "Error" not in said, said
    assert any(sentence in said.splitlines()[-1] for sentence in SENTENCE[why]), said
    after = bench.results(folder)
    assert {name: after.get(name) for name in before} == before


def finished(bench, folder):
    code, said = bench.run(folder)
    assert code == 0 and difference(bench.results(folder), bench.expected) == "", said


@pytest.mark.parametrize("seed", range(10 if ALL else 2))
def test_a_full_disk(bench, tmp_path, seed):
    with disk(tmp_path / "run"):
        needed = [fill(tmp_path / "run", bench.folder / name) for name in ("whole", "inputs")]
        room = random.Random(seed).uniform(0, needed[0] - needed[1] - 2 * PAGE)
        mount("-o", "remount,size=%d" % (needed[1] + room), str(tmp_path / "run"))
        refused(bench, tmp_path / "run", "full")
        mount("-o", "remount,size=%d" % ROOM, str(tmp_path / "run"))
        finished(bench, tmp_path / "run")


def test_files_of_a_limited_size(bench, tmp_path):
    """Which everybody can try."""
    folder = bench.fresh("limited")
    refused(bench, folder, "full", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, ROOM)))
    finished(bench, folder)


def test_a_folder_that_may_only_be_read(bench, tmp_path):
    folder = bench.fresh("read-only")
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,bind,ro", str(folder))
        refused(bench, folder, "read-only")
    finally:
        subprocess.check_call(["umount", "-l", str(folder)])
    finished(bench, folder)


def test_two_at_once(bench):
    """One does the work; the other has done it before or after, or says that it is not alone."""
    folder = bench.fresh("two")
    processes = [bench.start(folder), bench.start(folder)]
    codes, said = zip(*sorted(map(finish, processes)))
    said = "".join(said)
    assert codes in ((0, 0), (0, 1)) and "Traceback" not in said, said
    assert codes == (0, 0) or SENTENCE["locked"][0] in said, said
    assert difference(bench.results(folder), bench.expected) == ""
