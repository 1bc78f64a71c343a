"""What SECURITY.md promises of the sources: no call that runs what a file holds, or that a file's name can turn against us."""
import ast
import os
import re
import subprocess

import pytest

from conftest import ROOT

FORBIDDEN = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp", "yaml.load", "yaml.load_all",
             "yaml.unsafe_load", "yaml.full_load", "pandas.read_pickle", "subprocess.getoutput", "subprocess.getstatusoutput",
             "ssl._create_unverified_context"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "xmlrpc", "telnetlib"}
METHODS = {"extractall", "extract"}  # of tarfile and zipfile: paths in an archive may lead out of the folder
NEEDED = {"np.load": ("allow_pickle", False), "numpy.load": ("allow_pickle", False), "torch.load": ("weights_only", True)}
WRONG = {("shell", True), ("verify", False), ("allow_pickle", True)}
EXCEPTIONS = {("dataset/formats/deeplabcut.py", "read_hdf")}  # where unpickling is limited, see there
IN_PAGES = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bon[a-z]+=\"")
IN_SCRIPTS = re.compile(r"\beval\b|--no-check-certificate|--insecure|\bcurl -k\b|\| *sh\b|--absolute-names|tar \S*P")


def sources(*endings):
    """Paths of the sources, but for tests."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, universal_newlines=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    return [path for path in listed.stdout.splitlines()
            if path.endswith(endings) and not path.startswith("tests/") and os.path.isfile(os.path.join(ROOT, path))]


def dotted(node):
    """yaml.load of the expression yaml.load; .load of anything else's."""
    if isinstance(node, ast.Attribute):
        return dotted(node.value) + "." + node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dangers(text):
    """What is dangerous in Python code: names, each with its line."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [(name, node.lineno) for name in names if name.split(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name, keys = dotted(node.func), {one.arg: getattr(one.value, "value", None) for one in node.keywords}
        needed, value = NEEDED.get(name, (None, None))
        if name in FORBIDDEN or name.split(".")[-1] in METHODS | {"read_hdf"} or WRONG & set(keys.items()) or (
                needed and keys.get(needed) is not value):
            found.append((name.split(".")[-1], node.lineno))
    # Names that are passed on, and called elsewhere.
    return found + [("read_hdf", node.lineno) for node in ast.walk(ast.parse(text))
                    if isinstance(node, ast.Attribute) and node.attr == "read_hdf"]


def test_sources():
    found = []
    for path in sources(".py"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
            found += ["%s, line %d: %s" % (path, line, name) for name, line in dangers(stream.read())
                      if (path, name) not in EXCEPTIONS]
    assert found == []


@pytest.mark.parametrize("endings, pattern", [((".js", ".html"), IN_PAGES), ((".sh", "Makefile"), IN_SCRIPTS)])
def test_pages_and_scripts(endings, pattern):
    paths = sources(*endings)
    assert paths
    for path in paths:
        with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
            lines = [line for line in stream if pattern.search(line)]
        assert lines == [], path


@pytest.mark.parametrize("text", [
    "import pickle", "from pickle import loads", "yaml.load(a)", "eval('1')", "os.system('ls')", "tempfile.mktemp()",
    "subprocess.run('ls', shell=True)", "np.load(a)", "np.load(a, allow_pickle=True)", "torch.load(a)", "pandas.read_hdf(a)",
    "tarfile.open(a).extractall()", "pool.submit(pandas.read_hdf, a)"])
def test_dangers_are_seen(text):
    assert dangers(text)


@pytest.mark.parametrize("text", [
    "yaml.safe_load(a)", "session.eval(a)", "re.compile(a)", "np.load(a, allow_pickle=False)", "subprocess.run(['ls'])",
    "torch.load(a, weights_only=True)", "json.load(a)", "os.path.exists(a)"])
def test_what_is_none(text):
    assert not dangers(text)
