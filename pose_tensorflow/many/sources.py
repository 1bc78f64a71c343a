"""What pictures there are, cut into shards: by the source alone, so that whoever works on them cuts alike."""
import glob
import hashlib
import json
import os
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import numpy as np
from tqdm import tqdm

from util.command import UserError
from util.image import ImageError, read_image
from util.indexed import indexed, read_at, tar_members
from util.video import PICTURES

SHARD = 1000  # pictures
IMAGE_COLUMNS = ("image", "bytes", "jpg", "png")  # of Parquet: those looked at first
NAME_COLUMNS = ("name", "path", "file_name", "__key__", "key")
PIECE = 64  # rows of Parquet that are read at once


class Shard(NamedTuple):
    """Pictures that become one file of the table. All of it can be written as JSON.

    number: from 0; kind: "files", "tar" or "parquet"; path: of the folder, or of the tar or Parquet file
    prefix: what the names of the pictures get before them in the table
    names: of the pictures, in the folder or in the tar; of Parquet none
    places: of a tar, (offset, size) of each; of Parquet, (first row, number of rows)
    """

    number: int
    kind: str
    path: str
    prefix: str
    names: List[str]
    places: List[Tuple[int, int]]

    @property
    def size(self) -> int:
        """Number of pictures."""
        return self.places[0][1] if self.kind == "parquet" else len(self.names)

    @property
    def described(self) -> str:
        """Which pictures these are, in words."""
        first, last = (self.names[0], self.names[-1]) if self.names else (self.places[0][0], sum(self.places[0]) - 1)
        return "%s, %s to %s" % (self.path, first, last)


def find_shards(source: str) -> List[Shard]:
    """The shards of a folder of pictures (with those below it), a .txt with a path a line, or of tar archives or Parquet
    files: one, or a pattern such as "data/*.tar". Raises UserError."""
    if os.path.isdir(source):
        return _of_files(source, _pictures_below(source), source)
    if source.endswith(".txt"):
        return _of_files(os.path.dirname(os.path.abspath(source)), _listed(source), source)
    paths = [source] if os.path.exists(source) else sorted(glob.glob(source))
    if not paths:
        raise UserError("there is no %s" % source)
    endings = {os.path.splitext(path)[1].lower() for path in paths}
    if len(endings) > 1 or not endings <= set(CONTAINERS):
        raise UserError("%s is none of: a folder of pictures, a .txt with a path a line, tar archives, Parquet files"
                        % source)
    root = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in paths])
    cut = CONTAINERS[endings.pop()]
    shards = [shard for path in tqdm(paths, "looking into the source", disable=len(paths) < 20)
              for shard in cut(os.path.abspath(path), os.path.relpath(path, root).replace(os.sep, "/"))]
    if not shards:
        raise UserError("%s holds no pictures (%s)" % (source, " ".join(PICTURES)))
    return [shard._replace(number=number) for number, shard in enumerate(shards)]


def _pictures_below(folder):
    names = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        names += [os.path.relpath(os.path.join(place, name), folder) for name in sorted(files)
                  if name.lower().endswith(PICTURES)]
    return names


def _listed(path):
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as stream:
            return [line.strip() for line in stream if line.strip()]
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None


def _of_files(folder, names, source):
    if not names:
        raise UserError("%s names no pictures (%s)" % (source, " ".join(PICTURES)))
    folder = os.path.abspath(folder)
    return [Shard(number, "files", folder, "", names[first:first + SHARD], [])
            for number, first in enumerate(range(0, len(names), SHARD))]


def _of_tar(path, name):
    members = indexed(path, tar_members)
    names = [one.decode("utf-8", "surrogateescape") for one in members["names"].tolist()]
    wanted = [place for place, one in enumerate(names) if one.lower().endswith(PICTURES)]
    places = np.column_stack([members["offsets"], members["sizes"]])
    return [Shard(0, "tar", path, name + "/", [names[place] for place in wanted[first:first + SHARD]],
                  places[wanted[first:first + SHARD]].tolist()) for first in range(0, len(wanted), SHARD)]


def _of_parquet(path, name):
    rows = _parquet_file(path).metadata.num_rows
    return [Shard(0, "parquet", path, name + "/", [], [(first, min(SHARD, rows - first))])
            for first in range(0, rows, SHARD)]


CONTAINERS = {".tar": _of_tar, ".parquet": _of_parquet}


def source_digest(shards: List[Shard]) -> str:
    """What tells one source from another: the names of its pictures, their order, and their places in archives."""
    found = hashlib.sha256()
    for shard in shards:
        found.update(json.dumps(shard._replace(path="")).encode())
    return found.hexdigest()[:32]


def pictures(shard: Shard) -> Iterator[Tuple[str, Callable[[], np.ndarray]]]:
    """(name, function that reads it: uint8 RGB [h, w, 3], or raises ImageError) of each picture of a shard.

    Raises UserError where a tar or Parquet file cannot be read at all.
    """
    return READERS[shard.kind](shard)


def _from_files(shard):
    for name in shard.names:
        yield name, lambda name=name: _read_file(shard.path, name)


def _read_file(folder, name):
    path = os.path.join(folder, name)
    try:
        return read_image(path)
    except ImageError as error:
        raise ImageError(str(error).replace(path, name)) from None  # the table is the same, wherever the folder is


def _from_tar(shard):
    for name, place in zip(shard.names, shard.places):
        content, = read_at(shard.path, [place])
        yield shard.prefix + name, _reader_of(shard.prefix + name, content)


def _from_parquet(shard):
    (first, count), = shard.places
    file = _parquet_file(shard.path)
    image, name = _columns(file.schema_arrow, shard.path)
    for number, row in enumerate(_rows(file, first, count, [image] + [name] * (name is not None), shard.path), first):
        content, own = row[image], row.get(name)
        if isinstance(content, dict):  # as Hugging Face's data sets have it
            content, own = content["bytes"], own or content.get("path")
        own = shard.prefix + str(own or number)
        yield own, _reader_of(own, content or b"")


def _reader_of(name, content):
    return lambda: read_image(name, content=content)


def _rows(file, first, count, columns, path):
    """The rows of a Parquet file from the first one on, as dicts; of its row groups only those that hold some."""
    import pyarrow
    ends = np.cumsum([0] + [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)])
    groups = [number for number in range(file.num_row_groups) if ends[number + 1] > first and ends[number] < first + count]
    place = int(ends[groups[0]])
    try:
        for piece in file.iter_batches(PIECE, row_groups=groups, columns=columns):
            begin, end = max(first - place, 0), min(first + count - place, len(piece))
            place += len(piece)
            if begin < end:
                yield from piece.slice(begin, end - begin).to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError("cannot read %s: it is damaged (%s)" % (path, " ".join(str(error).split()))) from None


def _columns(schema, path):
    """(the column that holds pictures, the one that names them or None)"""
    import pyarrow.types as types

    def holds_bytes(kind):
        if types.is_struct(kind):
            return any(field.name == "bytes" and holds_bytes(field.type) for field in kind)
        return types.is_binary(kind) or types.is_large_binary(kind)

    there = [field.name for field in schema if holds_bytes(field.type)]
    wanted = [name for name in IMAGE_COLUMNS if name in there] or there
    if not wanted or len(there) > 1 and wanted == there:
        raise UserError("%s: a column `image` with the bytes of picture files is needed; its columns are %s"
                        % (path, ", ".join(schema.names)))
    texts = [field.name for field in schema if types.is_string(field.type) or types.is_large_string(field.type)]
    return wanted[0], next((name for name in NAME_COLUMNS if name in texts), None)


def _parquet_file(path):
    import pyarrow
    import pyarrow.parquet
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError("%s is no Parquet file, or it is cut off or damaged (%s)"
                        % (path, " ".join(str(error).split()))) from None


READERS: Dict[str, Callable[[Shard], Any]] = {"files": _from_files, "tar": _from_tar, "parquet": _from_parquet}
