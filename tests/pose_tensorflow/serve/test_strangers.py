"""What is malformed, too large, too much at once or from elsewhere: an answer with a sentence, and a server that goes on."""
import asyncio
import io
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from serving import *  # noqa: F401,F403 (fixtures; first: it skips where there is no Starlette)

from starlette.exceptions import HTTPException

from pose_tensorflow.serve.incoming import read_body

JPEG = {"Content-Type": "image/jpeg"}


def png(width, height):
    """The head of a PNG that claims to be so large."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
            + struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body)))


def picture_of(size, form="PNG"):
    stream = io.BytesIO()
    Image.fromarray(np.full(size[::-1] + (3,), 128, np.uint8)).save(stream, form)
    return stream.getvalue()


def refusals(photograph):
    """(path, body, headers, status, part of the sentence) of requests that are wrong."""
    json = {"Content-Type": "application/json"}
    return [
        ("/predict", photograph, {"Content-Type": "text/plain"}, 415, "Content-Type: image/jpeg"),
        ("/predict", photograph, {}, 415, "Content-Type: image/jpeg"),
        ("/predict", b"", JPEG, 415, "no picture that can be read"),
        ("/predict", b"GIF89a", JPEG, 415, "no picture"),
        ("/predict", b"<svg xmlns='http://www.w3.org/2000/svg'/>", {"Content-Type": "image/svg+xml"}, 415, "no picture"),
        ("/predict", b"../../../etc/passwd", JPEG, 415, "no picture"),
        ("/predict", photograph[:5000], JPEG, 400, "damaged, or was not sent as a whole"),
        ("/predict", picture_of((50, 50))[:100], JPEG, 400, "damaged"),
        ("/predict", png(10000, 10000), JPEG, 413, "more than 36 megapixels"),
        ("/predict", png(50000, 50000), JPEG, 413, "more than 36 megapixels"),
        ("/predict", picture_of((2000, 10)), JPEG, 422, "2000 x 10 pixels is too narrow"),
        ("/assemble", b"{", json, 400, "no JSON"),
        ("/assemble", b"[" * 100000, json, 400, "no JSON"),
        ("/assemble", b"\xff\xfe", json, 400, "no JSON"),
        ("/assemble", b"[]", json, 400, "a JSON object with the \"id\""),
        ("/assemble", b"{\"id\": 5}", json, 400, "a JSON object with the \"id\""),
        ("/assemble", b"{\"id\": \"../../etc/passwd\"}", json, 410, "send it to /predict again"),
        ("/assemble", b"{\"id\": \"a\", \"join\": 5}", json, 400, "join must be a list"),
        ("/assemble", b"{\"id\": \"a\", \"join\": [5]}", json, 400, "pairs of node numbers"),
        ("/assemble", b"{\"id\": \"a\", \"cut\": [[1, 2, 3]]}", json, 400, "pairs of node numbers"),
        ("/assemble", b"{\"id\": \"a\", \"keep\": [true]}", json, 400, "pairs of node numbers"),
        ("/assemble", b"{\"id\": \"a\", \"keep\": [1.5]}", json, 400, "pairs of node numbers"),
        ("/assemble", b"{\"id\": \"a\"}", {"Content-Type": "text/plain"}, 415, "Content-Type: application/json"),
        ("/assemble", b" " * 1000001, json, 413, "more than 1000000 bytes"),
        ("/export", b"{\"id\": \"a\", \"format\": \"exe\"}", json, 400, "format must be one of json, coco, dataset"),
        ("/export", b"{\"id\": \"a\", \"format\": [\"json\"]}", json, 400, "format must be one of"),
        ("/predict/../../etc/passwd", b"", JPEG, 405, "POST is not for this page"),
    ]


def test_each_refusal_says_why(client, photograph):
    for path, body, headers, status, sentence in refusals(photograph):
        answer = client.post(path, content=body, headers=headers)
        assert (answer.status_code, list(answer.json())) == (status, ["error"]), (body[:50], answer.text)
        assert sentence in answer.json()["error"]


def test_wrong_queries(client, prediction):
    for query, status in [("id=nobody&size=0&joint=0", 410), ("", 410), ("id=%s&size=2", 400), ("id=%s&size=-1", 400),
                          ("id=%s&size=0&joint=17", 400), ("id=%s&size=0&joint=x", 400), ("id=%s&size=0&joint=", 400)]:
        assert client.get("/map?" + query.replace("%s", prediction["id"])).status_code == status
    assert client.get("/offsets?id=" + prediction["id"]).json() == {"error": "joint must be a number from 0 to 16"}
    for path in ("/predict", "/..%2f..%2fetc/passwd", "/%2e%2e/app.py", "//etc/passwd", "/nothing"):
        assert client.get(path).status_code == 404


def test_names_are_words(client, prediction):
    said = {"id": prediction["id"], "format": "json"}
    for name in (5, "x" * 201):
        assert client.post("/export", json=dict(said, name=name)).status_code == 400
    assert client.post("/export", json=dict(said, name="/etc/passwd\0")).json()["images"][0]["image"] == "/etc/passwd\0"


@pytest.mark.parametrize("headers, allowed", [
    ({}, True), ({"Origin": "http://localhost:8000"}, True), ({"Host": "127.0.0.1:8000"}, True), ({"Host": "[::1]"}, True),
    ({"Origin": "http://localhost:3000"}, False), ({"Origin": "http://evil.example"}, False), ({"Origin": "null"}, False),
    ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, False), ({"Host": ""}, False),
    ({"Host": "[::1"}, False), ({"Host": "localhost.evil.example"}, False)])
def test_pages_from_elsewhere(client, headers, allowed):
    answer = client.get("/openapi.json", headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    assert answer.headers["x-content-type-options"] == "nosniff" and "access-control-allow-origin" not in answer.headers


def test_too_many_at_once(make_client, photograph):
    client = make_client(requests=0)
    answer = client.post("/predict", content=photograph, headers=JPEG)
    assert answer.status_code == 503 and answer.json() == {"error": "too many requests at once: try again in a second"}


def test_bodies_are_measured(make_client, photograph):
    client = make_client(body=1000)
    answer = client.post("/predict", content=photograph, headers=JPEG)
    assert answer.status_code == 413 and answer.json() == {"error": "the request has more than 1000 bytes"}
    chunks = client.post("/predict", content=iter([b"x" * 600] * 3), headers=JPEG)
    assert chunks.status_code == 413


def test_bodies_that_never_end():
    class Request(object):
        async def stream(self):
            yield b"x"
            await asyncio.sleep(60)

    with pytest.raises(HTTPException) as refused:
        asyncio.run(read_body(Request(), 1000, 0.01))
    assert refused.value.status_code == 408 and "within 0.01 seconds" in refused.value.detail


def test_the_least_recently_used_results_go(make_client, photograph):
    client = make_client(memory=1)
    first, second = (client.post("/predict", content=photograph, headers=JPEG).json()["id"] for _ in range(2))
    assert client.post("/assemble", json={"id": second}).status_code == 200
    answer = client.post("/assemble", json={"id": first})
    assert answer.status_code == 410 and "no longer" in answer.json()["error"]


def test_mistakes_of_our_own(make_client, monkeypatch, photograph):
    client = make_client()
    monkeypatch.setattr("pose_tensorflow.serve.app.decode", lambda *_: 1 / 0)
    answer = client.post("/predict", content=photograph, headers=JPEG)
    assert answer.status_code == 500 and "made a mistake" in answer.json()["error"]


def test_damaged_pictures(client, photograph):
    """Whatever is flipped in a file or cut off it: people, or 4xx."""
    rng = random.Random(0)
    files = [photograph, picture_of((64, 48)), picture_of((64, 48), "WEBP"), picture_of((64, 48), "BMP"),
             picture_of((64, 48), "GIF")]
    for number in range(60):
        body = bytearray(files[number % len(files)])
        for _ in range(rng.randrange(1, 20)):
            body[rng.randrange(min(len(body), 400))] = rng.randrange(256)
        status = client.post("/predict", content=bytes(body[:rng.randrange(1, len(body))]), headers=JPEG).status_code
        assert status == 200 or 400 <= status < 500


def test_sixteen_at_once(client, prediction, photograph):
    """None is lost, and none wrong."""
    first, second = (next(node for node in person["nodes"] if node is not None)
                     for person in prediction["assembly"]["people"][:2])
    said = {"join": [[first, second]]}
    joined = client.post("/assemble", json=dict(said, id=prediction["id"])).json()

    def one(number):
        if number % 4:
            return client.post("/assemble", json=dict(said, id=prediction["id"])).json() == joined
        found = client.post("/predict", content=photograph, headers=JPEG).json()
        return dict(found, id="") == dict(prediction, id="")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(64)))
