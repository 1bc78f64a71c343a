"""Steps of a pipeline in threads of their own: generators that work ahead of, or behind, whoever takes from them."""
import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor

END = object()


def ahead(items, size):
    """What an iterator yields, taken from it in a thread, up to `size` items before they are needed. Its errors come when
    their turn does."""
    items = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, items, END) for _ in range(size))
        while True:
            item = coming.popleft().result()
            if item is END:
                return
            coming.append(pool.submit(next, items, END))
            yield item


def in_groups(items, size):
    """Lists of `size` items of an iterator, the last one of what is left. Its errors come when their turn does."""
    items = iter(items)
    while True:
        group = []
        try:
            for item in itertools.islice(items, size):
                group.append(item)
        except Exception:
            if group:
                yield group
            raise
        if not group:
            return
        yield group


def behind(function, items, size, workers=1):
    """function(item) of each item, in their order, worked out in so many threads, while up to `size` further items are taken.
    Errors come when their turn does. Closing it waits for the items that were taken."""
    items = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        pending, error = deque(), None
        while True:
            try:
                pending.append(pool.submit(function, next(items)))
            except StopIteration:
                break
            except Exception as raised:  # by the iterator: what it gave before comes first
                error = raised
                break
            if len(pending) > size:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
        if error is not None:
            raise error
