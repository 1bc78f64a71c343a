"""The people of recent pictures, kept so that they can be corrected."""
import secrets
import threading
from collections import OrderedDict
from typing import NamedTuple

from starlette.exceptions import HTTPException

from pose_tensorflow.people import SeveralPeople


class Result(NamedTuple):
    """file: the picture's bytes as they were sent; people: as they were found"""

    file: bytes
    people: SeveralPeople

    @property
    def size(self):
        """Bytes in memory, nearly."""
        arrays = [array for found in self.people.searches for array in
                  list(found.maps) + found.detections.pairwise + [found.assembly.graph.edges] if array is not None]
        return len(self.file) + sum(array.nbytes for array in arrays)


class Results(object):
    """Results by ids that nobody can guess, up to so many bytes: those go that were not asked for the longest time."""

    def __init__(self, memory):
        self._memory, self._used = memory, 0
        self._results = OrderedDict()  # the least recently used first
        self._lock = threading.Lock()

    def add(self, result):
        """The id of a Result. The newest is kept even if it alone is too large."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._results[name] = result
            self._used += result.size
            while self._used > self._memory and len(self._results) > 1:
                self._used -= self._results.popitem(last=False)[1].size
        return name

    def get(self, name):
        """Raises HTTPException 410."""
        with self._lock:
            if name not in self._results:
                raise HTTPException(410, "the server does not have this picture, or no longer: send it to /predict again")
            self._results.move_to_end(name)
            return self._results[name]

    def __len__(self):
        return len(self._results)
