"""Reading JSON with errors that say what is wrong, and writing files whole or not at all."""
import contextlib
import json
import os

from util.command import UserError


def read_json_list(path, what):
    """The list in a JSON file; `what` says of what. Raises UserError, naming the file, where there is none."""
    try:
        with open(path, encoding="utf-8") as stream:
            entries = json.load(stream)
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (path, error.strerror)) from None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise UserError("%s is no JSON file: it is broken or cut off (%s)" % (path, error)) from None
    if not isinstance(entries, list):
        raise UserError("%s must hold a list of %s" % (path, what))
    return entries


@contextlib.contextmanager
def replacing(path):
    """A text file to write to, which becomes `path` when it is complete. Raises UserError where it cannot be written."""
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path + ".tmp", "w") as stream:
            yield stream
        os.replace(path + ".tmp", path)
    except OSError as error:
        raise UserError("cannot write %s (%s)" % (path, error.strerror)) from None
    finally:
        if os.path.exists(path + ".tmp"):
            os.remove(path + ".tmp")
