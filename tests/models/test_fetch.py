"""The download scripts, against a server on this machine."""
import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import tarfile
import threading

import pytest

from conftest import ROOT

DATA = bytes(range(256)) * 400
NEEDED = "sh awk mv rm sha256sum tr wc".split()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and parts of them as Range asks; what it was asked for is in `server.asked`."""

    def end_headers(self):
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        with open(self.translate_path(self.path), "rb") as stream:
            whole = stream.read()
        start = int(wanted[len("bytes="):-1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(whole) - 1, len(whole)))
        self.send_header("Content-Length", str(len(whole) - start))
        self.end_headers()
        self.wfile.write(whole[start:start + self.server.at_most])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A server of the folder tmp_path/server, which holds weights.bin; at_most bytes an answer."""
    (tmp_path / "server").mkdir()
    (tmp_path / "server/weights.bin").write_bytes(DATA)
    handler = functools.partial(Handler, directory=str(tmp_path / "server"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked, server.at_most = [], len(DATA)
        server.url = "http://127.0.0.1:%d" % server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=["curl", "wget"])
def fetch(request, tmp_path, monkeypatch):
    """(url) -> the finished fetch.sh, run in an empty folder, which has only one of the two programs."""
    if not shutil.which(request.param):
        pytest.skip("%s is not installed" % request.param)
    (tmp_path / "bin").mkdir()
    for name in NEEDED + [request.param]:
        os.symlink(shutil.which(name), str(tmp_path / "bin" / name))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return lambda *urls: call("sh", os.path.join(ROOT, "models/fetch.sh"), *urls)


def call(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def content(name="weights.bin"):
    with open(name, "rb") as stream:
        return stream.read()


def test_fetches_what_is_not_there(server, fetch):
    assert fetch(server.url + "/weights.bin").returncode == 0
    assert content() == DATA and os.listdir(".") == ["weights.bin"]
    assert fetch(server.url + "/weights.bin").returncode == 0 and len(server.asked) == 1


def test_goes_on_where_it_was(server, fetch):
    with open("weights.bin.part", "wb") as stream:
        stream.write(DATA[:1000])
    assert fetch(server.url + "/weights.bin").returncode == 0
    assert content() == DATA and server.asked == ["bytes=1000-"]


def test_an_answer_that_breaks_off_is_noticed(server, fetch):
    if "wget" in os.listdir(os.environ["PATH"]):
        pytest.skip("wget itself tries again")
    server.at_most = 5000
    done = fetch(server.url + "/weights.bin")
    assert done.returncode == 1 and "weights.bin broke off: the same command goes on" in done.stderr
    assert not os.path.exists("weights.bin")
    server.at_most = len(DATA)
    assert fetch(server.url + "/weights.bin").returncode == 0 and content() == DATA and server.asked[1] == "bytes=5000-"


@pytest.mark.parametrize("there, asked", [(DATA, []), (DATA + b"more", [None])], ids=["whole", "too long"])
def test_what_an_earlier_download_left(server, fetch, there, asked):
    """A whole file only gets its name; one that is too long is begun anew."""
    with open("weights.bin.part", "wb") as stream:
        stream.write(there)
    assert fetch(server.url + "/weights.bin").returncode == 0
    assert content() == DATA and server.asked == asked


def test_checksum(server, fetch):
    with open("SHA256SUMS", "w") as stream:
        stream.write("%s  weights.bin\n" % hashlib.sha256(DATA).hexdigest())
    with open("weights.bin.part", "wb") as stream:
        stream.write(b"something else")
    done = fetch(server.url + "/weights.bin")
    assert done.returncode == 1 and "weights.bin has not the checksum" in done.stderr
    assert os.listdir(".") == ["SHA256SUMS"]
    assert fetch(server.url + "/weights.bin").returncode == 0 and content() == DATA


def test_one_message(server, fetch):
    done = fetch("http://127.0.0.1:9/weights.bin")
    assert done.stderr == "fetch.sh: cannot reach http://127.0.0.1:9/weights.bin: is there a network?\n"
    done = fetch(server.url + "/nowhere.bin")
    assert done.returncode == 1 and done.stderr == "fetch.sh: the server refuses %s/nowhere.bin\n" % server.url
    assert os.listdir(".") == []


SCRIPTS = {
    "mpii/download_models.sh": ["mpii-single-resnet-101" + end for end in (".data-00000-of-00001", ".meta", ".index")],
    "coco/download_models.sh": ["coco-resnet-101" + end for end in (".data-00000-of-00001", ".meta", ".index")]
    + ["pairwise/pairwise_stats.mat"],
    "pretrained/download.sh": ["resnet_v1_50.ckpt", "resnet_v1_101.ckpt"],
}
ARCHIVES = {"pairwise_coco.tar.gz": "pairwise/pairwise_stats.mat", "resnet_v1_50_2016_08_28.tar.gz": "resnet_v1_50.ckpt",
            "resnet_v1_101_2016_08_28.tar.gz": "resnet_v1_101.ckpt"}


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_scripts_of_2017(server, script, tmp_path):
    """Each leaves its files beside itself, wherever it is called from."""
    folder = tmp_path / "models" / os.path.dirname(script)
    folder.mkdir(parents=True)
    shutil.copy(os.path.join(ROOT, "models/fetch.sh"), str(tmp_path / "models"))
    with open(os.path.join(ROOT, "models", script)) as stream:
        text = stream.read()
    for address in ("https://datasets.d2.mpi-inf.mpg.de/deepercut-models-tensorflow", "http://download.tensorflow.org/models"):
        text = text.replace(address, server.url)
    (tmp_path / "models" / script).write_text(text)
    for name in SCRIPTS[script]:
        (tmp_path / "server" / os.path.basename(name)).write_bytes(DATA)
    for archive, member in ARCHIVES.items():
        with tarfile.open(str(tmp_path / "server" / archive), "w:gz") as tar:
            tar.add(str(tmp_path / "server/weights.bin"), member)
    done = call("sh", str(tmp_path / "models" / script))
    assert done.returncode == 0, done.stderr
    for name in SCRIPTS[script]:
        assert content(str(folder / name)) == DATA
