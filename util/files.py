"""What files hold in a few digits; reading JSON and YAML with errors that say what is wrong; writing files whole or not at
all."""
import contextlib
import hashlib
import json
import os

import yaml

from util.command import UserError

MOST_VALUES = 100000  # in a YAML file, with all that aliases repeat

try:
    import fcntl
except ImportError:  # not on Windows, where nobody is kept out
    fcntl = None


def digest(paths):
    """SHA-256 of what files hold, one after the other, as 64 hexadecimal digits."""
    found = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as stream:
            found.update(stream.read())
    return found.hexdigest()


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


def read_yaml(path):
    """The dict in a YAML file, {} where it is empty. Raises UserError, naming the file."""
    try:
        with open(path, encoding="utf-8") as stream:
            loader = yaml.SafeLoader(stream)
            node = loader.get_single_node()
            if node is None:
                return {}
            if _count(node, {}) > MOST_VALUES:
                raise ValueError("it holds more than %d values" % MOST_VALUES)
            settings = loader.construct_document(node)
    except OSError as error:
        raise UserError("cannot read %s (%s)" % (os.path.abspath(path), error.strerror)) from None
    except Exception as error:  # dates, numbers and tags that are none have each their own
        raise UserError("%s is not valid YAML: %s" % (path, error)) from None
    if not isinstance(settings, dict):
        raise UserError("%s: expected lines of the form `key: value`" % path)
    return settings


def _count(node, known):
    """Values in a node, counted as often as they are meant: ten lists, each of ten times the one before, are ten billion."""
    if id(node) not in known:
        known[id(node)] = float("inf")  # what holds itself
        inner = node.value if isinstance(node, yaml.CollectionNode) else []
        pairs = [part for one in inner for part in (one if isinstance(one, tuple) else (one,))]
        known[id(node)] = 1 + sum(_count(part, known) for part in pairs)
    return known[id(node)]


@contextlib.contextmanager
def replacing(path, mode="w"):
    """A file to write to, which becomes `path` when it is complete; folders are made. mode: "w" for text, "wb" for bytes.

    Raises UserError where it cannot be written, or another process is writing it.
    """
    temporary = path + ".tmp"  # one name, so that what a killed process left is used up
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        text = {} if "b" in mode else {"encoding": "utf-8", "errors": "backslashreplace"}  # files' names may be any bytes
        with open(temporary, mode, opener=_locked, **text) as stream:
            try:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())  # else a power failure may leave the new name without what it names
                os.replace(temporary, path)
            except BaseException:
                os.remove(temporary)
                raise
    except OSError as error:
        raise UserError("cannot write %s (%s)" % (path, error.strerror)) from None


@contextlib.contextmanager
def alone(path):
    """While it lasts no other process gets past it with the same path, in whose folder is then a file <path>.lock; that of a
    killed process keeps nobody out. Raises UserError."""
    lock = path + ".lock"
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        stream = open(lock, "w", opener=_locked)
    except OSError as error:
        raise UserError("cannot write %s (%s)" % (lock, error.strerror)) from None
    with stream:
        try:
            yield
        finally:
            os.remove(lock)


def _locked(path, flags):
    """An opener (see open) of a file for writing, which nobody else opens so until it is closed. Raises UserError."""
    while True:
        number = os.open(path, flags & ~os.O_TRUNC, 0o666)
        try:
            if fcntl:
                fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(number)
            raise UserError("another process is at work here, and has locked %s: wait until it ends, or stop it"
                            % os.path.abspath(path)) from None
        except OSError:  # a file system without locks
            pass
        if os.path.exists(path) and os.path.samestat(os.fstat(number), os.stat(path)):
            os.ftruncate(number, 0)
            return number
        os.close(number)  # who had it has removed or renamed it meanwhile
