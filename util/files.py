"""Reading JSON with errors that say what is wrong, and writing files whole or not at all."""
import contextlib
import json
import os

from util.command import UserError


def read_json(path):
    """What a JSON file holds. Raises UserError, naming the file."""
    try:
        with open(path, encoding="utf-8-sig") as stream:
            return json.load(stream)
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise UserError("%s is no JSON file: it is broken or cut off (%s)" % (path, error)) from None


def read_json_list(path, what):
    """The list in a JSON file; `what` says of what. Raises UserError, naming the file, where there is none."""
    entries = read_json(path)
    if not isinstance(entries, list):
        raise UserError("%s must hold a list of %s" % (path, what))
    return entries


@contextlib.contextmanager
def replacing(path, mode="w"):
    """A file to write to, which becomes `path` when it is complete; folders are made. mode: "w" for text, "wb" for bytes.

    Raises UserError where it cannot be written.
    """
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        text = {} if "b" in mode else {"encoding": "utf-8", "errors": "backslashreplace"}  # files' names may be any bytes
        with open(path + ".tmp", mode, **text) as stream:
            yield stream
        os.replace(path + ".tmp", path)
    except OSError as error:
        raise UserError("cannot write %s (%s)" % (path, error.strerror)) from None
    finally:
        if os.path.exists(path + ".tmp"):
            os.remove(path + ".tmp")
