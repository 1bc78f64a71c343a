"""The pages in docs/ and both READMEs: links, pictures, and the site that mkdocs makes of them."""
import html
import os
import re
import runpy
import subprocess
import sys
from glob import glob

import pytest

from conftest import ROOT
from util.default_config import KEYS

READMES = ["README.md", "README.zh.md"]
PAGES = READMES + sorted(os.path.relpath(path, ROOT) for path in glob(os.path.join(ROOT, "docs/*.md"))) + [
    "models/README.md", "models/single/README.md", "models/multi/README.md"]
LARGEST = 200000  # bytes, of a picture that docs/make_pictures.py draws


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
        return stream.read()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", re.sub("(?ms)^```.*?^```", "", read(page)))
    missing = [link for link in links if not link.startswith("http")
               and not os.path.exists(os.path.join(ROOT, os.path.dirname(page), link))]
    assert missing == []


def test_readmes_hold_the_same_code():
    code = [re.findall("(?m)^    .*$", re.sub("(?m) +# .*$", "", read(page).split("## Citations")[0])) for page in READMES]
    assert code[0] == code[1] and {"    make demo", "    make test"} < set(code[0])


def test_speeds_are_figures_with_units():
    """Of what somebody has to know before installing; `make bench` prints rows that can be pasted."""
    page = read("docs/speed.md")
    rows = re.findall(r"(?m)^\| (.+?) \| (.+?) \|", page.split("## Measured")[1].split("##")[0])[1:]
    assert {"`single_224_ms`", "`multi_416_ms`"} <= set(re.findall("`.+?`", " ".join(what for what, _ in rows)))
    assert [figures for _, figures in rows if not re.match(r"[\d.]+ (ms|s|frames a second)(, [\d.]+ s)?$", figures)] == []


def test_pictures_are_small():
    pictures = glob(os.path.join(ROOT, "docs/images/how_*.jpg"))
    assert len(pictures) == 5 and max(map(os.path.getsize, pictures)) <= LARGEST


def test_pictures_are_drawn(tmp_path, capsys, monkeypatch):
    draw = runpy.run_path(os.path.join(ROOT, "docs/make_pictures.py"))["main"]
    draw.__globals__["OUT"] = str(tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_pictures.py", "--help"])
    with pytest.raises(SystemExit):
        draw()
    assert os.listdir(str(tmp_path)) == []
    monkeypatch.setattr(sys, "argv", ["make_pictures.py"])
    draw()
    assert "2 people" in capsys.readouterr().out
    assert sorted(os.listdir(str(tmp_path))) == sorted(map(os.path.basename, glob(os.path.join(ROOT, "docs/images/how_*"))))
    assert max(os.path.getsize(str(path)) for path in tmp_path.iterdir()) <= LARGEST


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site, built with warnings as errors."""
    for package in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        pytest.importorskip(package)
    folder = str(tmp_path_factory.mktemp("site"))
    built = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder], cwd=ROOT,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    assert built.returncode == 0, built.stdout
    return folder


def test_site_has_every_key_as_it_is_checked(site):
    with open(os.path.join(site, "configuration.html"), encoding="utf-8") as stream:
        text = re.sub("<[^>]+>", "", re.sub(r"</td>\s*<td>", "|", stream.read()))
    rows = dict(re.findall(r"(?m)^(\w+)\|(.*)$", html.unescape(text)))
    assert sorted(rows) == sorted(KEYS)
    assert rows["fg_fraction"] == "number|0.25|none: accepted for old files"
    assert rows["cosine"].startswith("list, at least 0, three numbers|–|[highest rate")
    assert rows["dataset_phase"].endswith("|coco: <root>/annotations/<ann>_<phase>.json, <root>/images/<phase>")


def test_site_has_cards_and_api(site):
    for page, text in (("models/multi/index.html", "from MoveNet MultiPose"), ("api.html", "assembled again; these people")):
        with open(os.path.join(site, page), encoding="utf-8") as stream:
            assert text in stream.read()
    assert not glob(os.path.join(site, "*.py"))


def test_site_fetches_nothing(site):
    for path in glob(os.path.join(site, "**/*.html"), recursive=True):
        with open(path, encoding="utf-8") as stream:
            page = stream.read()
        assert re.findall('<(?:script|img|iframe)[^>]+src="?(?:https?:)?//[^>]+', page) == []
        assert re.findall('<link[^>]+stylesheet[^>]+//[^>]+', page) == []
