"""This project's docstrings as Markdown, for mkdocstrings: doctests become code, `name: what it is` an entry of a list."""
import re

import griffe


class Docstrings(griffe.Extension):
    def on_object(self, *, obj, **_):
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text):
    blocks = [_block(block) for block in re.split(r"\n\s*\n", text)]
    return "\n\n".join(blocks)


def _block(block):
    if block.lstrip().startswith(">>>"):
        return "```pycon\n%s\n```" % block
    lines = []
    for line in block.split("\n"):
        if re.match(r"\w+(, \w+)*: ", line):
            names, meaning = line.split(": ", 1)
            start = [""] if lines and not lines[-1].startswith(("- ", "    ")) else []
            lines += start + ["- `%s`: %s" % (names, meaning)]
        elif line.startswith("Raises ") and lines and lines[-1].startswith(("- ", "    ")):
            lines += ["", line]
        else:
            lines.append(line)
    return "\n".join(lines)
