"""Running the root scripts and the demos, as a user does."""
import contextlib
import io
import logging
import os
import runpy
import sys
import traceback
from typing import NamedTuple

from conftest import ROOT


class Done(NamedTuple):
    """A script that ended: its exit status, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run(script, *args):
    """Run a script of the project to its end, in this process: a new one would import TensorFlow again."""
    argv, root = sys.argv, logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers[:] = []  # a new process has none, so that scripts set up their own
    sys.argv = [script] + [str(arg) for arg in args]
    status = 0
    with contextlib.redirect_stdout(io.StringIO()) as stdout, contextlib.redirect_stderr(io.StringIO()) as stderr:
        try:
            runpy.run_path(os.path.join(ROOT, script), run_name="__main__")
        except SystemExit as ended:
            if isinstance(ended.code, str):
                print(ended.code, file=sys.stderr)
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except Exception:
            traceback.print_exc()
            status = 1
        finally:
            sys.argv = argv
            root.handlers[:] = handlers
            root.setLevel(level)
    done = Done(status, stdout.getvalue(), stderr.getvalue())
    assert "Traceback" not in done.stderr, done.stderr
    return done
