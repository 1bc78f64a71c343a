"""Where things lie in large files, so that each can be read when its turn comes: found once, and kept beside the file."""
import contextlib
import os
import tarfile

import numpy as np

from util.command import UserError
from util.files import replacing

LARGE = 2 ** 26  # bytes of a file, from which on what was found is kept
FORM = 1  # of what is kept


def indexed(path, find):
    """{name: array} that find(path) returns; of a large file kept as <path>.index, and found anew when the file changes.

    Raises what find raises.
    """
    if not is_large(path):
        return find(path)
    state = os.stat(path)
    state = np.array([FORM, state.st_size, state.st_mtime_ns])
    found = _kept(path + ".index", state)
    if found is None:
        found = find(path)
        with contextlib.suppress(UserError), replacing(path + ".index", "wb") as stream:  # where nothing can be written
            np.savez(stream, state=state, **found)  # it is found again each time
    return found


def _kept(path, state):
    """What a file of this state was found to hold; None where that is not known."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if np.array_equal(kept["state"], state):
                return {name: kept[name] for name in kept.files if name != "state"}
    except Exception:  # it is not there, or damaged in whatever way
        pass
    return None


def is_large(path):
    """Whether what was found in a file is kept."""
    return os.path.exists(path) and os.path.getsize(path) >= LARGE


def read_at(path, places):
    """The bytes at each place, (offset, size), of a file. Raises UserError where it is shorter, or cannot be read."""
    contents = []
    try:
        with open(path, "rb") as stream:  # each time: threads and processes share nothing
            for offset, size in places:
                stream.seek(int(offset))
                contents.append(stream.read(int(size)))
                if len(contents[-1]) < size:
                    raise UserError("%s ends too early: it is cut off, or was changed in the meantime" % path)
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None
    return contents


def tar_members(path):
    """The files in an uncompressed tar archive, as they come: names, bytes, UTF-8; offsets, sizes, int64, of their content.

    Nothing is unpacked, so that names may be any. Raises UserError where it is damaged.
    """
    names, places = [], []
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as tar:
            for member in tar:
                tar.members = []  # it would remember all of them
                if member.isreg() and not member.issparse():
                    names.append(member.name.encode("utf-8", "surrogateescape"))
                    places.append((member.offset_data, member.size))
            tar.fileobj.seek(tar.offset)  # at a damaged header tarfile stops as if it were the end
            if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
                raise tarfile.ReadError("damaged at byte %d" % tar.offset)
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise UserError("%s is no uncompressed tar archive, or it is cut off or damaged (%s)" % (path, error)) from None
    offsets, sizes = np.array(places, np.int64).reshape(-1, 2).T
    return {"names": np.array(names, bytes), "offsets": offsets, "sizes": sizes}
