import io
import os
import struct
import zlib

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from dataset.dataset_mat import DataItem, mat_variables
from util.command import UserError
from util.mat import read_mat, write_mat


def saved(variables, compressed=False):
    """The bytes of a MATLAB file."""
    stream = io.BytesIO()
    scipy.io.savemat(stream, variables, do_compression=compressed)
    return stream.getvalue()


def compressed(whole):
    packed = zlib.compress(whole[128:])
    return whole[:128] + struct.pack("<2I", 15, len(packed)) + packed


PICTURES = saved(mat_variables([DataItem(number, "%d.png" % number, [3, 40, 50], [np.ones((3, 3))] * 2, sequence=number // 2,
                                         frame=number % 2) for number in range(4)]))
KINDS = {"numbers": np.arange(24.0).reshape(2, 3, 4), "complex": np.array([[1 + 2j]]), "nothing": np.zeros((0, 5)),
         "bytes": np.array([[1, 2]], np.uint8), "text": "joint", "no_text": "", "true": np.array([[True]]),
         "sparse": scipy.sparse.csc_matrix([[0.0, 1.0], [0.0, 0.0]]), "struct": {"a": {"b": [1, 2]}, "c": []},
         "cells": np.array([["a", None], [np.ones(2), "b"]], object)}


@pytest.mark.parametrize("is_compressed", [False, True])
def test_all_kinds_of_arrays(tmp_path, is_compressed):
    path = tmp_path / "a.mat"
    path.write_bytes(saved({name: value for name, value in KINDS.items() if name != "cells"}, is_compressed))
    read = read_mat(str(path))
    assert str(read) == str(scipy.io.loadmat(str(path))) and read["sparse"][0, 1] == 1 and read["text"] == ["joint"]


def test_written_whole_or_not_at_all(tmp_path):
    path = str(tmp_path / "new" / "a.mat")
    write_mat(path, {"a": 1})
    with pytest.raises(TypeError):
        write_mat(path, {"a": object()})
    assert read_mat(path)["a"] == 1 and os.listdir(str(tmp_path / "new")) == ["a.mat"]


@pytest.mark.parametrize("pack", [bytes, compressed])
@pytest.mark.parametrize("says, instead", [
    (struct.pack("<2i", 1, 4), struct.pack("<2i", 1, 2 ** 31 - 1)),  # the number of pictures
    (struct.pack("<2i", 1, 2), struct.pack("<2i", 2 ** 31 - 1, 2 ** 31 - 1)),  # of people
    (struct.pack("<2i", 3, 3), struct.pack("<2i", -3, -3)),  # of joints
    (struct.pack("<2I", 9, 72), struct.pack("<2I", 99, 72)),  # the type of their positions
    (struct.pack("<2I", 5, 8), struct.pack("<2I", 5, 0)),  # no size at all
])
def test_impossible_sizes(tmp_path, pack, says, instead):
    assert says in PICTURES
    path = tmp_path / "a.mat"
    path.write_bytes(pack(PICTURES.replace(says, instead, 1)))
    with pytest.raises(UserError, match="a.mat is damaged, or no MATLAB v5 file"):
        read_mat(str(path))


def test_damaged_files(tmp_path):
    """scipy alone would crash, or take all memory, many times."""
    path, rng, failed = tmp_path / "a.mat", np.random.RandomState(0), 0
    for number in range(600):
        damaged = bytearray(PICTURES)
        for place in rng.randint(128, len(damaged), 3):
            damaged[place] = rng.choice([0, 1, 3, 5, 14, 15, 127, 255])
        path.write_bytes((compressed if number % 2 else bytes)(damaged))
        try:
            read_mat(str(path))
        except UserError:
            failed += 1
    assert 300 < failed < 600


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="there is no .*nowhere.mat"):
        read_mat("nowhere.mat")
    with pytest.raises(UserError, match="damaged.*directory"):
        read_mat(str(tmp_path))
