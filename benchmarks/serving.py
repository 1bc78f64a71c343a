"""Put `pose serve` under load: pictures and corrections from many clients at once, then requests that are malformed.

    python benchmarks/serving.py
    python benchmarks/serving.py --requests 10000 --clients 32

Counts answers that were lost (no answer, or an error) and wrong (not what one client alone gets), and prints the server's
memory after each tenth. Of malformed requests it counts what they were answered, which has to be 4xx.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURES = ("skier", "woman_standing", "skateboarder_jumping")
JPEG, JSON = {"Content-Type": "image/jpeg"}, {"Content-Type": "application/json"}


class Server(object):
    """A `pose serve` of its own, on a port that is free."""

    def __enter__(self):
        command = [sys.executable, "-m", "pose_tensorflow", "serve", "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
                                         env=dict(os.environ, PYTHONPATH=ROOT), universal_newlines=True)
        self.port = int(re.match(r"http://127\.0\.0\.1:(\d+)", self._process.stdout.readline()).group(1))
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def answers(self):
        try:
            return self.ask("GET", "/openapi.json")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None):
        """(status, body) of an answer. Raises OSError and http.client.HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def megabytes(self):
        """Of memory that it has now."""
        with open("/proc/%d/status" % self._process.pid) as stream:
            return next(int(line.split()[1]) for line in stream if line.startswith("VmRSS")) // 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--malformed", type=int, default=2000, help="default: %(default)s")
    parser.add_argument("--clients", type=int, default=16, help="default: %(default)s")
    args = parser.parse_args()
    with Server() as server, ThreadPoolExecutor(args.clients) as clients:
        bodies = [read(os.path.join(ROOT, "demo/images", name + ".jpg")) for name in PICTURES]
        expected = [expectation(server, body) for body in bodies]
        start = time.time()
        for part in range(10):
            numbers = range(part * args.requests // 10, (part + 1) * args.requests // 10)
            outcomes = collections.Counter(clients.map(lambda number: exchange(server, number, bodies, expected), numbers))
            print("%4d s, %4d requests: %d right, %d lost, %d wrong; memory %d MB" % (
                time.time() - start, len(numbers), outcomes["right"], outcomes["lost"], outcomes["wrong"], server.megabytes()))
        requests = malformed(args.malformed, bodies[0])
        statuses = collections.Counter(clients.map(lambda request: status_of(server, request), requests))
        print("malformed: %s; memory %d MB; the server still answers: %s"
              % (dict(sorted(statuses.items())), server.megabytes(), server.answers()))


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def expectation(server, body):
    """(id, prediction without it, correction, the assembly under it) of a picture, when nobody else asks."""
    prediction = json.loads(server.ask("POST", "/predict", body, JPEG)[1])
    name = prediction.pop("id")
    first, last = [node for node in prediction["assembly"]["people"][0]["nodes"] if node is not None][::5][:2]
    said = {"cut": [[first, last]]}
    return name, prediction, said, json.loads(server.ask("POST", "/assemble", json.dumps(dict(said, id=name)), JSON)[1])


def exchange(server, number, bodies, expected):
    """How one request went: right, lost or wrong. Every fourth is a picture, the others correct one."""
    body, (name, prediction, said, assembly) = bodies[number % 3], expected[number % 3]
    try:
        if number % 4:
            status, answer = server.ask("POST", "/assemble", json.dumps(dict(said, id=name)), JSON)
            wanted = assembly
        else:
            status, answer = server.ask("POST", "/predict", body, JPEG)
            wanted = prediction
    except (OSError, http.client.HTTPException):
        return "lost"
    answer = json.loads(answer)
    answer.pop("id", None)
    return "lost" if status != 200 else "right" if answer == wanted else "wrong"


def malformed(count, picture):
    """Requests (path, body, headers) that are wrong in one way or another."""
    rng = random.Random(0)
    kinds = [
        lambda: ("/predict", picture, {"Content-Type": "text/html"}),
        lambda: ("/predict", picture[:rng.randrange(len(picture) - 100)], JPEG),
        lambda: ("/predict", bytes(rng.randrange(256) for _ in range(rng.randrange(2000))), JPEG),
        lambda: ("/predict", png(10000, 10000), {"Content-Type": "image/png"}),
        lambda: ("/predict", png(3, 100000), {"Content-Type": "image/png"}),
        lambda: ("/predict", b"../../../../etc/passwd", JPEG),
        lambda: ("/%2e%2e/%2e%2e/etc/passwd", b"", JPEG),
        lambda: ("/assemble", json.dumps({"id": "../" * rng.randrange(50), "join": [[0, 1]]}), JSON),
        lambda: ("/assemble", "[" * rng.randrange(10000), JSON),
        lambda: ("/export", json.dumps({"id": "x", "format": "../x", "name": "/etc/passwd"}), JSON),
    ]
    return [kinds[number % len(kinds)]() for number in range(count)]


def png(width, height):
    """A PNG that claims to be so large."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 1000))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(content)) + kind + content + struct.pack(
        ">I", zlib.crc32(kind + content)) for kind, content in chunks)


def status_of(server, request):
    path, body, headers = request
    try:
        return "%dxx" % (server.ask("POST", path, body, headers)[0] // 100)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


if __name__ == "__main__":
    main()
