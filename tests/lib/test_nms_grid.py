"""lib.nms_cython.nms_grid against the reference's numbers and a plain Python version of the same rule."""
from pathlib import Path

import numpy as np
import pytest

from lib.nms_cython.nms_grid import nms_grid

DATA = np.load(str(Path(__file__).resolve().parent.parent / "data" / "nms.npz"), allow_pickle=False)


def disc(radius):
    offsets = np.arange(-radius, radius + 1)
    return (offsets[:, None] ** 2 + offsets[None, :] ** 2 <= radius**2).astype(np.uint8)


def plain_nms(scoremap, grid, threshold):
    """The definition, cell by cell."""
    suppressed = np.zeros(scoremap.shape, bool)
    kept = []
    for cell in np.argsort(-scoremap.ravel(), kind="stable"):
        row, column = divmod(int(cell), scoremap.shape[1])
        if scoremap[row, column] < threshold or suppressed[row, column]:
            continue
        kept.append(int(cell))
        for i, j in np.argwhere(grid):
            r, c = row + i - grid.shape[0] // 2, column + j - grid.shape[1] // 2
            if 0 <= r < scoremap.shape[0] and 0 <= c < scoremap.shape[1]:
                suppressed[r, c] = True
    return kept


@pytest.mark.parametrize("case", range(5))
def test_equals_the_reference(case):
    _, threshold = DATA["n%d_radius_thresh" % case]
    kept = nms_grid(DATA["n%d_map" % case], DATA["n%d_grid" % case], threshold)
    np.testing.assert_array_equal(kept, DATA["n%d_kept" % case])


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_definition_with_ties_and_any_grid(seed):
    random = np.random.RandomState(seed)
    scoremap = (random.randint(0, 6, (9, 14)) / 5).astype(np.float32)
    grid = random.randint(0, 2, (3, 5)).astype(np.uint8)
    grid[1, 2] = 1
    assert nms_grid(scoremap, grid, 0.3).tolist() == plain_nms(scoremap, grid, 0.3)


def test_two_peaks_by_hand():
    scoremap = np.zeros((4, 6))
    scoremap[1, 1], scoremap[1, 2], scoremap[3, 5] = 0.7, 0.6, 0.9
    assert nms_grid(scoremap, disc(1), 0.5).tolist() == [3 * 6 + 5, 1 * 6 + 1]


def test_input_may_be_a_strided_view():
    scoremap = np.random.RandomState(0).rand(20, 30, 3)
    kept = nms_grid(scoremap[:, :, 1], disc(2), 0.4)
    np.testing.assert_array_equal(kept, nms_grid(scoremap[:, :, 1].copy(), disc(2), 0.4))


def test_nothing_above_the_threshold_and_empty_maps():
    for shape in [(3, 3), (0, 4), (4, 0)]:
        kept = nms_grid(np.zeros(shape), disc(1), 0.5)
        assert kept.shape == (0,) and kept.dtype == np.int64


@pytest.mark.parametrize("scoremap, grid, threshold, message", [
    (np.full((3, 3), np.nan), disc(1), 0.5, "contains NaN"),
    (np.zeros((3, 3)), disc(1), np.nan, "threshold is NaN"),
    (np.zeros((3, 3, 1)), disc(1), 0.5, "two dimensions"),
    (np.zeros((3, 3)), np.ones((2, 3)), 0.5, "odd numbers"),
    (np.zeros((3, 3)), np.ones(3), 0.5, "odd numbers"),
])
def test_bad_input(scoremap, grid, threshold, message):
    with pytest.raises(ValueError, match=message):
        nms_grid(scoremap, grid, threshold)


def test_the_reference_s_module_name():
    import nms_grid as module

    assert module.nms_grid is nms_grid
