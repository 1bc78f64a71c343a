import gzip
import io
import os
import tarfile

import numpy as np
import pytest

from util import indexed
from util.command import UserError
from util.indexed import read_at, tar_members


def write_tar(path, contents, **keys):
    with tarfile.open(str(path), "w", **keys) as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_of_archives(tmp_path, form):
    contents = {"a.jpg": b"one", "../../up.jpg": b"", "/etc/passwd.jpg": b"x" * 5000, "folder/b.json": b"{}"}
    if form != tarfile.USTAR_FORMAT:
        contents["ü" + "long" * 60] = b"y"
    write_tar(tmp_path / "a.tar", contents, format=form)
    with tarfile.open(str(tmp_path / "a.tar"), "a") as tar:  # what is no file is not taken for one
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE):
            member = tarfile.TarInfo("other%s" % kind.decode())
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    path = str(tmp_path / "a.tar")
    found = tar_members(path)
    assert [name.decode() for name in found["names"].tolist()] == list(contents)
    assert read_at(path, zip(found["offsets"], found["sizes"])) == list(contents.values())


def test_broken_archives(tmp_path):
    path = tmp_path / "a.tar"
    write_tar(path, {"%d.jpg" % number: b"x" * 600 for number in range(20)})
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[1536 * 3:1536 * 3 + 300] = b"?" * 300
    for content in (whole[:5000], whole[:1536 + 600], bytes(damaged), gzip.compress(whole), b"", b"no archive" * 100):
        path.write_bytes(content)
        with pytest.raises(UserError, match="a.tar is no uncompressed tar archive"):
            tar_members(str(path))
    with pytest.raises(UserError, match="cannot read .*nowhere.tar"):
        tar_members(str(tmp_path / "nowhere.tar"))
    with pytest.raises(UserError, match="ends too early"):
        read_at(str(path), [(500, 1000)])


def test_what_is_found_in_large_files_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    calls = []

    def find(_):
        calls.append(1)
        return {"places": np.array([len(calls)])}

    def found():
        return indexed.indexed(str(path), find)["places"][0]

    assert (found(), found()) == (1, 2) and os.listdir(str(tmp_path)) == ["file"]
    monkeypatch.setattr(indexed, "LARGE", 100)
    assert (found(), found(), found()) == (3, 3, 3)
    path.write_bytes(b"x" * 101)
    assert (found(), found()) == (4, 4)
    (tmp_path / "file.index").write_bytes(b"damaged")
    assert (found(), found()) == (5, 5)
    monkeypatch.setattr(indexed, "replacing", nowhere)
    path.write_bytes(b"x" * 102)
    assert (found(), found()) == (6, 7)


def nowhere(path, mode):
    raise UserError("cannot write")
