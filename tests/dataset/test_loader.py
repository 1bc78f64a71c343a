import time

import pytest

from dataset.loader import Loader


def test_in_order_from_the_first():
    def make(number):
        time.sleep(0.01 if number % 2 else 0)
        return number

    loader = Loader(make, first=5, ahead=4, threads=3)
    assert [loader.next_batch() for _ in range(20)] == list(range(5, 25))
    loader.close()


def test_errors_reach_the_caller():
    def make(number):
        if number == 2:
            raise ValueError("picture 2 is broken")
        return number

    loader = Loader(make)
    assert [loader.next_batch(), loader.next_batch()] == [0, 1]
    with pytest.raises(ValueError, match="picture 2 is broken"):
        loader.next_batch()
    loader.close()


def test_waiting_is_measured():
    loader = Loader(lambda number: time.sleep(0.05), ahead=1, threads=1)
    loader.next_batch()
    assert 0.02 < loader.waited < 2
    loader.close()
