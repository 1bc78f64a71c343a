"""The command `pose serve`: what it says where it cannot serve, and that it does where it can."""
import http.client
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from serving import *  # noqa: F401,F403 (first: it skips where there is no Starlette)

from conftest import ROOT
from pose_tensorflow.commands import serve
from util.command import UserError


def test_ports_that_are_taken():
    with socket.create_server(("127.0.0.1", 0)) as other:
        for port in (other.getsockname()[1], 70000):
            with pytest.raises(UserError, match="cannot listen at 127.0.0.1, port %d" % port):
                serve.listen("127.0.0.1", port)


def test_networks_for_one_person():
    with pytest.raises(UserError, match="single finds one person, who is not assembled"):
        serve.load("single", None)


def test_what_it_needs(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["pose serve"])
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UserError, match="pip install .pose-tensorflow.serve."):
        serve.main()
    monkeypatch.setattr(sys, "version_info", (3, 7, 16))
    with pytest.raises(UserError, match="needs Python 3.10 or newer; here is 3.7"):
        serve.main()


def test_it_serves_until_it_is_stopped():
    command = [sys.executable, "-m", "pose_tensorflow", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True,
                               env=dict(os.environ, PYTHONPATH=ROOT))
    port = int(re.match(r"http://127\.0\.0\.1:(\d+) shows the page", process.stdout.readline()).group(1))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
