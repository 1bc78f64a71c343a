import pytest

from util.threads import in_groups


@pytest.mark.parametrize("count, expected", [(0, []), (3, [[0, 1, 2]]), (7, [[0, 1, 2], [3, 4, 5], [6]])])
def test_groups(count, expected):
    assert list(in_groups(range(count), 3)) == expected


def test_a_group_comes_before_the_error_that_ends_it():
    def items():
        yield from range(4)
        raise ValueError("broken")

    groups, found = in_groups(items(), 3), []
    with pytest.raises(ValueError, match="broken"):
        for group in groups:
            found.append(group)
    assert found == [[0, 1, 2], [3]]


def test_items_are_taken_when_they_are_needed():
    taken = []
    groups = in_groups((taken.append(number) or number for number in range(10)), 2)
    assert next(groups) == [0, 1] and taken == [0, 1]
