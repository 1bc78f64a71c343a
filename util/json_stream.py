"""Reading JSON that is larger than memory should be: entry by entry, and where in the file each of them lies."""
import json
import re
from typing import Any, BinaryIO, Iterator, Tuple

PIECE = 2 ** 22  # bytes that are read at once
LARGEST = 2 ** 26  # bytes of one entry
BOM = b"\xef\xbb\xbf"
SPACE = re.compile(r"[ \t\n\r]*")
DECODER = json.JSONDecoder()


def entries(stream: BinaryIO) -> Iterator[Tuple[str, Any, int, int]]:
    """(key, value, offset, size) of all that a JSON object in a binary stream holds; of a list each element on its own.

    Strings have a character for each byte, so that only ASCII is as it should be: json.loads of the bytes from offset on
    gives the value. Raises ValueError where it is broken, or cut off.
    """
    text = _Window(stream)
    text.take("{")
    while text.next() != "}":
        key, _, _ = text.value()
        if not isinstance(key, str):
            text.fail("a key in quotation marks is missing")
        text.take(":")
        if text.next() != "[":
            yield (key,) + text.value()
        else:
            text.take("[")
            while text.next() != "]":
                yield (key,) + text.value()
                text.separator("]")
            text.take("]")
        text.separator("}")
    text.take("}")
    if text.next():
        text.fail("there is more behind its end")


class _Window(object):
    """The part of a file that is looked at, as text with a character for each byte."""

    def __init__(self, stream):
        self._stream, self._text, self._place, self._begin = stream, "", 0, 0
        if stream.read(len(BOM)) == BOM:
            self._begin = len(BOM)
        else:
            stream.seek(0)

    def next(self):
        """The next character that is no space; "" at the end."""
        while True:
            self._place = SPACE.match(self._text, self._place).end()
            if self._place < len(self._text) or not self._more():
                return self._text[self._place:self._place + 1]

    def take(self, wanted):
        if self.next() != wanted:
            self.fail("%s is missing" % wanted)
        self._place += 1

    def separator(self, end):
        """Pass a comma, unless what it separates ends here."""
        if self.next() == ",":
            self._place += 1
            if self.next() == end:
                self.fail("a comma too many")
        elif self.next() != end:
            self.fail(", or %s is missing" % end)

    def value(self):
        """(value, offset, size) of what comes next."""
        self.next()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                if len(self._text) - self._place > LARGEST or not self._more():
                    self.fail("%s %d bytes further" % (error.msg, error.pos - self._place))
                continue
            if end == len(self._text) and self._more():  # a number may go on
                continue
            place, self._place = self._place, end
            return value, self._begin + place, end - place

    def fail(self, what):
        raise ValueError("at byte %d %s" % (self._begin + self._place, what))

    def _more(self):
        """Whether there was more to read; what was passed is forgotten."""
        left = self._text[self._place:]
        read = self._stream.read(max(PIECE, len(left)))
        if not read:
            return False
        self._begin += self._place
        self._text, self._place = left + read.decode("latin-1"), 0
        return True
