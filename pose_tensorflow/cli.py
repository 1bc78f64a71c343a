"""The command ``pose``. Each of its commands is a module whose main() reads sys.argv, imported when it is needed: TensorFlow
takes seconds."""
import argparse
import difflib
import importlib
import itertools
import os
import sys
from typing import List, NamedTuple, Optional

from pose_tensorflow import __version__
from util.command import run_command


class Command(NamedTuple):
    """module: whose main() it is; summary: one line; spelling: how the module's help spells the command"""

    module: str
    summary: str
    spelling: Optional[str] = None


COMMANDS = {
    "predict": Command("pose_tensorflow.commands.predict", "find people in pictures, folders of pictures and videos"),
    "many": Command("pose_tensorflow.commands.many", "find people in millions of pictures, on one machine or a cluster",
                    "python predict_many.py"),
    "video": Command("demo.video", "find people in a video, with more options", "python demo/video.py"),
    "convert": Command("dataset.convert", "turn labels of other programs into a data set", "python -m dataset.convert"),
    "check": Command("dataset.check", "look for what is wrong with a data set", "python -m dataset.check"),
    "train": Command("pose_tensorflow.commands.train", "train a network on a data set"),
    "eval": Command("pose_tensorflow.commands.evaluate", "measure how good a network is on a data set"),
    "export": Command("pose_tensorflow.commands.export", "write a network for ONNX, OpenVINO, TensorFlow Lite"),
    "serve": Command("pose_tensorflow.commands.serve", "show a page on which people are found, and corrected"),
    "bench": Command("benchmarks.bench", "measure how fast it is on this machine", "make bench"),
    "download": Command("pose_tensorflow.commands.download", "get weights that others published"),
}
EXAMPLES = """\
commands:
%s

examples:
    pose predict us.jpg                     # draws everybody, and writes their joints as JSON
    pose predict me.jpg --single            # one person
    pose convert labels.csv mice/mice.mat && cd mice && pose train

pose COMMAND --help says more, with examples. Exit status: 0, 1 = it failed, 2 = the command line is wrong.
Completion in bash, with the package argcomplete: eval "$(register-python-argcomplete pose)"
""" % "\n".join("    %-10s%s" % (name, command.summary) for name, command in COMMANDS.items())


def main() -> None:
    """Run the command that sys.argv names."""
    if "_ARGCOMPLETE" in os.environ:
        _complete(os.environ.get("COMP_LINE", "").split())
    words = sys.argv[1:]
    options = list(itertools.takewhile(lambda word: word.startswith("-"), words))
    parser = _parser()
    parser.parse_args(options)
    if len(words) == len(options):
        parser.print_help(sys.stderr)
        sys.exit(2)
    name = words[len(options)]
    if name not in COMMANDS:
        nearest = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0)
        parser.error("there is no command '%s'; the nearest is '%s'" % (name, nearest[0]))
    verbose = "--verbose" in words
    run(name, [word for word in words[len(options) + 1:] if word != "--verbose"], verbose)


def run(name: str, words: List[str], verbose: bool = False) -> None:
    """Run a command as if it were a program of its own, called `pose NAME`. Errors become one line, unless verbose."""
    sys.argv = ["pose " + name] + words
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")  # bars of progress are for somebody who looks at them
    if verbose:
        _main_of(name)()
        return
    try:
        run_command(lambda: _main_of(name)())
    except Exception as error:  # whatever it is, a user's or our own mistake
        sys.exit("pose %s: %s: %s (--verbose shows where)" % (name, type(error).__name__, error))


def _main_of(name):
    command = COMMANDS[name]
    module = importlib.import_module(command.module)
    if command.spelling and module.__doc__:
        module.__doc__ = module.__doc__.replace(command.spelling, "pose " + name)
    return module.main


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pose", usage="pose [--verbose] COMMAND ...", epilog=EXAMPLES,
                                     description="Human poses in pictures and videos, of one person or several.",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version="pose-tensorflow %s" % __version__)
    parser.add_argument("--verbose", action="store_true", help="with any command: show where an error came from")
    return parser


def _complete(words: List[str]) -> None:
    """Answer a shell that asks how its line goes on: with a command, or with the options of the one that it has."""
    import argcomplete
    parser = _parser()
    if words[1:2] and words[1] in COMMANDS:
        os.environ["_ARGCOMPLETE"] = "2"  # the place of what takes the words that follow
        argparse.ArgumentParser.parse_args = lambda self, *_: argcomplete.autocomplete(self)
        _main_of(words[1])()
    parser.add_argument("command", choices=list(COMMANDS))
    argcomplete.autocomplete(parser)
