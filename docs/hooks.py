"""What mkdocs does beside building pages: the table of a config's keys, and files of the project that pages link to."""
import os
import re

from mkdocs.structure.files import File

from util.default_config import KEYS, UNSET

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Outside docs/, and on the site at the same place: the model cards, and what pages refer to.
SHOWN = ("models/README.md", "models/single/README.md", "models/multi/README.md", "models/single/reliability.png",
         "models/ai_challenger/train/pose_cfg.yaml", "demo/images/ATTRIBUTION.md", "CITATION.cff",
         "SECURITY.md")
KEY_TABLES = "<!-- tables of all keys -->"


def on_files(files, config):
    for path in SHOWN:
        files.append(File.generated(config, path, abs_src_path=os.path.join(ROOT, path)))
    return files


def on_page_markdown(markdown, page, **_):
    """Links out of docs/ lead to the copies on the site; links of SHOWN pages into docs/ lead to its pages."""
    path = page.file.src_uri
    if path in SHOWN:
        return re.sub(r"\]\(((?:\.\./)*)docs/", r"](\1", markdown)
    return re.sub(r"\]\(\.\./", "](", markdown).replace(KEY_TABLES, key_tables())


def key_tables():
    """All keys of util/default_config.py in Markdown, under the headings that its comments give them."""
    parts = []
    with open(os.path.join(ROOT, "util/default_config.py"), encoding="utf-8") as stream:
        for heading, name in re.findall(r'^    # (.+)$|^    "(\w+)": Key\(', stream.read(), re.M):
            if heading:
                parts.append("\n## %s\n\n| key | type | default | meaning |\n|---|---|---|---|" % heading.capitalize())
            else:
                parts.append("| `%s` | %s | %s | %s |" % ((name,) + _cells(KEYS[name])))
    return "\n".join(parts) + "\n"


def _cells(key):
    """Type, default and meaning of a Key."""
    types = key.types if isinstance(key.types, tuple) else (key.types,)
    limits = [limit[0] for limit in (key.numbers, key.form) if limit]
    words = {bool: "true or false", int: "whole number", float: "number", str: "text", list: "list", type(None): "null"}
    kind = " or ".join(words[one] for one in types if not (one is int and float in types))
    default = "–" if key.default is UNSET else "`%s`" % _yaml(key.default)
    meaning = re.sub(r"(<\w+>[^\s,;]*|\[+[^\]]*\]+)", r"`\1`", key.meaning)  # what Markdown would take for HTML, or for a link
    return ", ".join([kind] + limits), default, meaning


def _yaml(value):
    """A value as it is written in a pose_cfg.yaml."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) and value else repr(value).replace("'", '"')
