"""Requests from strangers: bodies of a bounded size, and words and numbers that are what they should be."""
import asyncio
import json

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

MOST_CORRECTIONS = 10000
LONGEST_NAME = 200


async def read_body(request, most, seconds):
    """The bytes of a request's body. Raises HTTPException: 400, 408 or 413.

    What is too large is read to its end, and forgotten: a client that still writes would not see the answer.
    """
    try:
        body, size = await asyncio.wait_for(_received(request, most), seconds)
    except asyncio.TimeoutError:
        raise HTTPException(408, "the request did not arrive within %g seconds" % seconds) from None
    except ClientDisconnect:
        raise HTTPException(400, "the request broke off") from None
    if size > most:
        raise HTTPException(413, "the request has more than %d bytes" % most)
    return body


async def _received(request, most):
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            body += chunk
    return bytes(body), size


def check_type(request, kinds, example):
    """Raises HTTPException 415, unless the Content-Type begins with one of `kinds`."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith(kinds):
        raise HTTPException(415, "send it with a header such as Content-Type: %s" % example)


def parse(body):
    """(id of the result, {"join", "cut", "keep"}, all that the JSON object holds). Raises HTTPException 400."""
    try:
        said = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request's body is no JSON") from None
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise HTTPException(400, "a JSON object with the \"id\" that /predict gave is needed")
    corrections = {key: _list(said.get(key, []), key) for key in ("join", "cut", "keep")}
    pairs = corrections["join"] + corrections["cut"]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs) or not all(
            type(node) is int for node in sum(pairs, corrections["keep"])):
        raise HTTPException(400, "join and cut are lists of pairs of node numbers, such as [[3, 17]], keep is a list of node "
                                 "numbers")
    return said["id"], corrections, said


def _list(value, key):
    if not isinstance(value, list) or len(value) > MOST_CORRECTIONS:
        raise HTTPException(400, "%s must be a list of at most %d entries" % (key, MOST_CORRECTIONS))
    return value


def name_of(words):
    """The name of the picture, which is part of exports and never a path of ours. Raises HTTPException 400."""
    name = words.get("name", "picture")
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        raise HTTPException(400, "name must be a string of at most %d characters" % LONGEST_NAME)
    return name


def number_of(query, key, count):
    """The number from 0 to count - 1 in a query. Raises HTTPException 400."""
    value = query.get(key, "")
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) < count):
        raise HTTPException(400, "%s must be a number from 0 to %d" % (key, count - 1))
    return int(value)
