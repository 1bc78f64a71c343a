"""Steps of a pipeline in threads of their own: generators that work ahead of, or behind, whoever takes from them."""
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


def behind(function, items, size):
    """function(item) of each item, worked out in a thread, while up to `size` further items are taken. Closing it waits for
    the items that were taken."""
    with ThreadPoolExecutor(1) as pool:
        pending = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > size:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
