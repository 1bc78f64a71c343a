"""A few damaged inputs for each target of fuzz.py, and what is small and means much."""
import json
import logging
import os
import random
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

from conftest import ROOT
from faults.fuzz import TARGETS, mutated, quietly

TIMES = 20
MOST = 1400  # MB more than what a process needs that reads none of these
BOMBS = """
import json, logging, resource, sys
from dataset.convert import read_all
from pose_tensorflow.serve.limits import Limits
from pose_tensorflow.serve.picture import decode
from util.command import UserError
from util.config import cfg_from_file
from util.image import read_image
from util.mat import read_mat

def file(path):
    with open(path, "rb") as stream:
        return stream.read()

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before, said = memory(), {}
for name, call in [
        ("bomb.yaml", cfg_from_file), ("endless.yaml", cfg_from_file), ("large.mat", read_mat), ("zeros.mat", read_mat),
        ("deep.json", lambda path: read_all([path])), ("digits.json", lambda path: read_all([path])),
        ("2500.png", read_image), ("100.png", read_image), ("100.png for the page", lambda path: decode(file(path.split()[0]), Limits()))]:
    try:
        call(name)
        said[name] = "read"
    except UserError as error:
        said[name] = "refused: %s" % error
    except Exception as error:
        said[name] = "%s: %s" % (type(error).__name__, error)
print(json.dumps([said, memory() - before]))
"""


@pytest.fixture
def as_before():
    """quietly() silences the log, and NumPy: not for the tests that follow."""
    with np.errstate():
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {"h5", "page"}))  # test_deeplabcut.py and test_strangers.py have these
def test_a_few_of_each(tmp_path, name, as_before):
    if name in ("jpeg", "png", "webp"):
        pytest.importorskip("starlette")
    rng, target = random.Random(0), quietly(name, tmp_path)
    for _ in range(TIMES):
        target.run(mutated(rng.choice(target.seeds), rng))


def png(width, height):
    """A PNG of one bit a pixel, all black."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" * (1 + (width + 7) // 8)
    data = zlib.compress(row * min(height, 10000), 1)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def mat(shape, size, zeros=0):
    """A .mat with an array of doubles that claims a shape, and `size` bytes; with `zeros` compressed, so many of them."""
    def element(kind, data):
        return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)
    inner = element(6, struct.pack("<II", 6, 0)) + element(5, struct.pack("<%di" % len(shape), *shape)) + element(1, b"dataset")
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    if not zeros:
        return head + struct.pack("<II", 14, len(inner) + 8 + size) + inner + struct.pack("<II", 9, size) + b"\0" * size
    packing = zlib.compressobj(1)
    data = packing.compress(struct.pack("<II", 14, (len(inner) + 8 + zeros) % 2 ** 32) + inner + struct.pack("<II", 9, zeros))
    data += packing.flush(zlib.Z_FULL_FLUSH)
    data += (packing.compress(b"\0" * 10 ** 7) + packing.flush(zlib.Z_FULL_FLUSH)) * (zeros // 10 ** 7)
    return head + struct.pack("<II", 15, len(data)) + data


def test_what_is_small_and_means_much(tmp_path):
    """Refused in a sentence, or read within bounds."""
    pytest.importorskip("starlette")
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        "%s: &%s [%s]\n" % (b, b, ", ".join(["*" + a] * 10)) for a, b in zip("abcdefgh", "bcdefghi"))
    files = {"bomb.yaml": (bomb + "all_joints: *i\n").encode(), "endless.yaml": b"all_joints: &a [*a]\n",
             "large.mat": mat((2 ** 20, 2 ** 20), 64), "zeros.mat": mat((1, 10 ** 8), 0, 8 * 10 ** 8),
             "deep.json": b"[" * 10 ** 6, "digits.json": b"[" + b"9" * 10 ** 6 + b"]", "100.png": png(10000, 10000),
             "2500.png": png(50000, 50000)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    answer = subprocess.check_output([sys.executable, "-W", "ignore", "-c", BOMBS], cwd=str(tmp_path),
                                     env=dict(os.environ, PYTHONPATH=ROOT))
    said, memory = json.loads(answer.decode())
    assert {name: line.split(":")[0] for name, line in said.items()} == {
        "bomb.yaml": "refused", "endless.yaml": "refused", "large.mat": "refused", "zeros.mat": "refused",
        "deep.json": "refused", "digits.json": "refused", "2500.png": "refused", "100.png": "read",
        "100.png for the page": "HTTPException"}, said
    assert "413" in said["100.png for the page"] and "more than 100000 values" in said["bomb.yaml"]
    assert memory < MOST, "%d MB" % memory
