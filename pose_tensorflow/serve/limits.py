"""What a server takes: how large, how much at once."""
from typing import NamedTuple


class Limits(NamedTuple):
    """body: bytes of a picture's file; json: bytes of any other body; pixels: of a picture; narrowness: its longer side over
    its shorter one; requests: that are read, wait or are worked on; seconds: within which a request has to arrive
    memory: bytes of results that are kept to be corrected
    """

    body: int = 20000000
    json: int = 1000000
    pixels: int = 36000000
    narrowness: float = 16
    requests: int = 32
    seconds: float = 60
    memory: int = 256000000
