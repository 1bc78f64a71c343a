import io
import json

import pytest

from util import json_stream
from util.json_stream import entries

DOCUMENT = {"info": {"year": 2017, "of": "Ł"}, "images": [{"id": 1, "name": "übung.jpg"}, {"id": 22, "more": [[1], {}]}],
            "none": [], "number": 12345, "last": None, "text": "a \" ] } b"}


@pytest.mark.parametrize("piece", [1, 3, 2 ** 22])
@pytest.mark.parametrize("text", [json.dumps(DOCUMENT), json.dumps(DOCUMENT, ensure_ascii=False, indent=2) + "\n",
                                  json.dumps(DOCUMENT, separators=(",", ":"))])
def test_each_entry_lies_where_it_says(text, piece, monkeypatch):
    monkeypatch.setattr(json_stream, "PIECE", piece)
    for content in (text.encode(), json_stream.BOM + text.encode()):
        found = {}
        for key, _, offset, size in entries(io.BytesIO(content)):
            found.setdefault(key, []).append(json.loads(content[offset:offset + size]))
        assert found.pop("images") == DOCUMENT["images"]
        assert found == {key: [DOCUMENT[key]] for key in ("info", "number", "last", "text")}
    assert [value for key, value, _, _ in entries(io.BytesIO(text.encode())) if key == "number"] == [12345]


@pytest.mark.parametrize("broken", ["", "[1]", "{", '{"a"', '{"a":', '{"a": [1', '{"a": [1,]}', '{"a": 1,}', '{"a": [1 2]}', "{1: 2}",
                                    '{"a": 1} x', '{"a": 1 "b": 2}', '{"a": nul}', '{"a": [{"b": 1]}', '{"a": "b}'])
def test_what_is_broken(broken):
    with pytest.raises(ValueError):
        list(entries(io.BytesIO(broken.encode())))


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(json_stream, "PIECE", 64)
    monkeypatch.setattr(json_stream, "LARGEST", 1000)
    stream = io.BytesIO(b'{"a": [' + b"[" * 10 + b"1," * 100000)
    with pytest.raises(ValueError, match="at byte 7 "):
        list(entries(stream))
    assert stream.tell() < 5000
