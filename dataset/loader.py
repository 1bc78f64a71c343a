"""Batches made ahead of time by background threads."""
import collections
import time
from concurrent.futures import ThreadPoolExecutor


class Loader(object):
    """Calls make_batch(0), make_batch(1), ... ahead of time and hands the results out in that order.

    An error in make_batch is raised by next_batch. Since batch k depends on k alone, a training that continues at
    iteration k sees what an unbroken one would have seen.
    """

    def __init__(self, make_batch, first=0, ahead=20, threads=2):
        self.waited = 0.0  # seconds spent in next_batch
        self._make_batch = make_batch
        self._pool = ThreadPoolExecutor(threads)
        self._next = first
        self._futures = collections.deque()
        for _ in range(ahead):
            self._submit()

    def _submit(self):
        self._futures.append(self._pool.submit(self._make_batch, self._next))
        self._next += 1

    def next_batch(self):
        start = time.monotonic()
        batch = self._futures.popleft().result()
        self.waited += time.monotonic() - start
        self._submit()
        return batch

    def close(self):
        for future in self._futures:
            future.cancel()
        self._pool.shutdown(wait=True)
