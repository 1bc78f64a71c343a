"""Poses of a video: a file of JSON lines, one a frame, that grows as they are found, and that a run goes on with which was
stopped. What the lines hold is in util/pose_json.py."""
import contextlib
import json
import os

from util.command import UserError
from util.files import replacing


class PoseLines(object):
    """Ask for each frame, in order, whether it is finished; where not, append it: from there on the file is written anew.

    header: the first line; its "settings" say what the rest was made of and how. Where they, or anything in the header, are
    others than those of the file, the file starts anew. As an attribute, it is that line.
    """

    def __init__(self, path, header):
        self._path = path
        self.header = header = _line(header)
        if _first_line(path) != header:
            self._say_why(header)
            with replacing(path, "wb") as stream:
                stream.write(header)
        try:
            self._stream = open(path, "r+b")
        except OSError as error:
            raise UserError("cannot write %s (%s)" % (path, error.strerror)) from None
        self._stream.readline()

    def _say_why(self, header):
        before = _first_line(self._path)
        if not before:
            return
        before, header = _parsed(before), json.loads(header.decode())
        if before is None or "settings" not in before:
            raise UserError("%s is there and holds something else: remove it, or name another file" % self._path)
        old, new = (dict(one, **one["settings"]) for one in (before, header))
        changed = [key for key in new if key != "settings" and old.get(key) != new[key]]
        print("%s was made with other settings (%s): starting anew" % (self._path, ", ".join(changed)))

    def finished(self, number):
        """The entry of a frame, None where the file does not have it: it, and what comes after it, is cut off."""
        place = self._stream.tell()
        entry = _parsed(self._stream.readline())
        if entry is not None and entry.get("frame") == number:
            return entry
        self._stream.seek(place)
        self.cut()
        return None

    def cut(self):
        """Cut off what comes after the entry that was asked for, or added, last."""
        self._stream.truncate(self._stream.tell())

    def holds(self, number):
        """Whether the file has the entry of a frame, from here on."""
        place = self._stream.tell()
        found = any((_parsed(line) or {}).get("frame") == number for line in self._stream)
        self._stream.seek(place)
        return found

    def append(self, entry):
        try:
            self._stream.write(_line(entry))
            self._stream.flush()
        except OSError as error:
            raise UserError("cannot write %s (%s)" % (self._path, error.strerror)) from None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stream.close()


@contextlib.contextmanager
def writing_pose_lines(path, header):
    """A function that takes entries for a file that is complete at the end, and not there before. Raises UserError."""
    with replacing(path, "wb") as stream:
        stream.write(_line(header))
        yield lambda entry: stream.write(_line(entry))


def read_pose_lines(path):
    """Yields the entries of a file, without its header."""
    with open(path, "rb") as stream:
        stream.readline()
        for line in stream:
            yield _parsed(line)


def load_pose_lines(path):
    """(header, entries) of a complete file. Raises UserError, naming the line."""
    header = _parsed(_first_line(path) or b"")
    if header is None or "joint_names" not in header:
        raise UserError("%s is no file of poses as demo/video.py writes it" % path if os.path.isfile(path)
                        else "there is no %s" % path)
    entries = list(read_pose_lines(path))
    for number, entry in enumerate(entries, 2):
        if entry is None or not isinstance(entry.get("people"), list) or not isinstance(entry.get("frame"), int):
            raise UserError("%s: line %d is damaged, or cut off" % (path, number))
    return header, entries


def _line(value):
    return json.dumps(value).encode() + b"\n"


def _parsed(line):
    """The dict in a line; None where it is none, or not complete."""
    try:
        value = json.loads(line.decode()) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _first_line(path):
    """b"" where there is none."""
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb") as stream:
            return stream.readline()
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None
