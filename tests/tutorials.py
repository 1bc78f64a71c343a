"""Running the commands of a page in docs/, as somebody who reads it would, but with less training."""
import glob
import logging
import os
import re
import runpy
import shlex
import subprocess
import sys

import yaml

from conftest import ROOT

SHORT = {"batch_size": 2, "input_size": 96, "cosine": [0.001, 0.0001, 2], "warmup_iters": 1, "save_iters": 2,
         "display_iters": 2, "mixed_precision": False}


def read(page):
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as stream:
        return stream.read()


def blocks(page, language):
    return re.findall("^```%s\n(.*?)^```" % language, read(page), re.M | re.S)


def commands(page):
    """The lines of a page's ```sh blocks."""
    return "".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()


def shorten(path):
    """Rewrite a config for a few steps, of the heads alone, on small pictures; keys that it has not stay away."""
    with open(path) as stream:
        keys = yaml.safe_load(stream)
    keys.update({key: value for key, value in SHORT.items() if key in keys}, freeze="backbone")
    with open(path, "w") as stream:
        yaml.safe_dump(keys, stream, default_flow_style=None)


class Reader(object):
    """Somebody at the keyboard, in a folder with this project's scripts.

    replaced: {regular expression: text}, changes of the commands
    """

    def __init__(self, folder, monkeypatch, replaced):
        self._monkeypatch, self._replaced = monkeypatch, replaced
        project = folder / "pose-tensorflow"
        project.mkdir()
        for name in os.listdir(ROOT):
            if name.endswith(".py") or name == "demo":
                os.symlink(os.path.join(ROOT, name), str(project / name))
        monkeypatch.chdir(project)
        monkeypatch.setenv("HOME", str(folder))

    def save_configs(self, page):
        """Write the page's ```yaml blocks to the files that their first lines name."""
        for block in blocks(page, "yaml"):
            path = block.split("\n")[0].lstrip("# ")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as stream:
                stream.write(block)

    def run(self, line):
        for pattern, text in self._replaced.items():
            line = re.sub(pattern, text, line)
        words = shlex.split(line, comments=True)
        if words[:1] == ["cd"]:
            self._monkeypatch.chdir(os.path.expanduser(words[1]))
        elif words and words[0].startswith("python"):
            paths = [os.path.expanduser(word) for word in words[1:]]
            self._python([path for word in paths for path in (sorted(glob.glob(word)) if "*" in word else [word])])
        elif words:
            subprocess.check_call(["sh", "-ec", line])

    def _python(self, words):
        """In this process: TensorFlow is slow to import."""
        if os.path.basename(words[0]) == "train.py":
            shorten("pose_cfg.yaml")
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        try:
            if words[0] == "-m":
                self._monkeypatch.setattr(sys, "argv", words[1:])
                sys.modules.pop(words[1], None)  # runpy warns of modules that are there already
                runpy.run_module(words[1], run_name="__main__", alter_sys=True)
            else:
                self._monkeypatch.setattr(sys, "argv", words)
                runpy.run_path(words[0], run_name="__main__")
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
