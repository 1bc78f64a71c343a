"""Tiles and several sizes, first with networks that can be worked out by hand, then with a real one."""
import numpy as np
import pytest

from dataset.maps import Maps, cell_centres
from nnet.map_predictor import TILE_OVERLAP, MapPredictor, PairwiseField, joined, mean_maps, network_input, on_canvas, tile_starts
from util.config import cfg_from_file, default_config


@pytest.mark.parametrize("side", [1, 300, 512, 513, 768, 769, 2000])
def test_tiles_cover_a_side(side):
    starts = tile_starts(side, 512)
    ends = [min(start + 512, side) for start in starts]
    assert starts[0] == 0 and ends[-1] == side
    for end, start in zip(ends, starts[1:]):
        assert end - start == TILE_OVERLAP and start % 32 == 0
    assert len(starts) == 1 or ends[-2] < side  # none is in vain


def numbered(side, cell):
    """[1, n, 1]: the number of each cell of `side` px."""
    return np.arange(-(-side // cell))[None, :, None]


@pytest.mark.parametrize("side", [700, 768, 1999])
def test_joined_tiles_are_as_the_whole(side):
    starts = tile_starts(side, 512)
    tiles = [{name: numbered(side, cell)[:, start // cell:-(-min(start + 512, side) // cell)]
              for name, cell in [("fine", 8), ("coarse", 16)]} for start in starts]
    whole = joined(tiles, starts, 512, axis=1)
    np.testing.assert_array_equal(whole["fine"], numbered(side, 8))
    np.testing.assert_array_equal(whole["coarse"], numbered(side, 16))


def test_a_tile_keeps_the_half_of_the_overlap_that_is_farther_from_its_end():
    tiles = [{"maps": np.full((1, 64, 1), number)} for number in range(2)]
    np.testing.assert_array_equal(np.flatnonzero(np.diff(joined(tiles, [0, 256], 512, axis=1)["maps"][0, :, 0])), [47])


@pytest.fixture
def ideal():
    """A function: the Maps, of 8 px a cell, of a picture of 80 x 120 px resized by a factor (y, x), in which joint 0 is at
    (50, 30) and joint 1 at (90, 60)."""
    joints = np.array([[50.0, 30], [90, 60]])

    def maps(factor):
        size = [int(2 * np.ceil(side * one / 16)) for side, one in zip((80, 120), factor)]
        rows, columns = np.indices(size)
        to_joint = joints * factor[::-1] - cell_centres(rows, columns, 8.0)[:, :, None]
        scores = np.exp(-np.square(to_joint / factor[::-1]).sum(axis=-1) / 800)
        pairwise = PairwiseField(scores.shape[:2] + (2, 2), lambda cells: to_joint[cells[:, 0], cells[:, 1]][:, ::-1])
        return Maps(scores, to_joint, pairwise)

    return maps


def test_the_mean_over_sizes_of_a_network_that_knows(ideal):
    """All sizes say the same then, and so does their mean."""
    factors = [np.array(factor) for factor in [(1.0, 1.0), (0.8, 0.8), (1.5, 1.475)]]
    expected = ideal(factors[0])
    scores, locref, pairwise = mean_maps([ideal(factor) for factor in factors], factors, (10, 16), 8.0)
    inside = np.s_[1:9, 1:14]  # outside the other sizes have no cells between which to interpolate
    np.testing.assert_allclose(locref[inside], expected.locref[inside], atol=1e-4)
    np.testing.assert_allclose(locref[:, :15], expected.locref[:, :15], atol=1)  # the picture ends there
    np.testing.assert_allclose(scores[inside], expected.scores[inside], atol=0.06)
    np.testing.assert_allclose(pairwise[np.array([3, 9]), np.array([4, 0])], expected.pairwise[[3, 9], [4, 0]], atol=1e-9)
    assert pairwise.dense().shape == (10, 16, 2, 2)


def test_where_sizes_differ_the_surer_one_places_the_joint(ideal):
    one = np.ones(2)
    sure = Maps(np.full((10, 16, 1), 0.9), np.full((10, 16, 1, 2), 4.0))
    unsure = Maps(np.full((10, 16, 1), 0.1), np.full((10, 16, 1, 2), -6.0))
    scores, locref, pairwise = mean_maps([sure, unsure], [one, one], (10, 16), 8.0)
    np.testing.assert_allclose(scores, 0.5)
    np.testing.assert_allclose(locref, 3.0, rtol=1e-6)
    assert pairwise is None


@pytest.fixture
def config(tmp_path, write_config, random_weights):
    return cfg_from_file(write_config(tmp_path, init_weights=random_weights))


@pytest.mark.parametrize("keys", [dict(), dict(test_mirrored=True)])
def test_a_picture_in_tiles(config, keys):
    config.update(precision="exact", **keys)
    image = np.random.RandomState(0).randint(0, 256, (300, 700, 3), np.uint8)
    predictor = MapPredictor(config)
    whole = predictor.maps(image)
    config.tile_size = 512
    tiled = predictor.maps(image)
    assert tiled.scores.shape == whole.scores.shape and tiled.locref.shape == whole.locref.shape
    np.testing.assert_allclose(tiled.scores, whole.scores, atol=0.02)
    assert np.abs(tiled.scores - whole.scores).max() > 0  # it was in tiles


def test_a_factor_of_one_changes_nothing(config):
    config.precision = "exact"
    image = np.random.RandomState(0).randint(0, 256, (90, 130, 3), np.uint8)
    predictor = MapPredictor(config)
    plain = predictor.maps(image)
    config.test_factors = [1.0]
    same = predictor.maps(image)
    np.testing.assert_allclose(same.scores, plain.scores, atol=1e-6)
    np.testing.assert_allclose(same.locref, plain.locref, atol=1e-5)
    config.test_factors = [0.75, 1.0, 1.5]
    assert predictor.maps(image).scores.shape == plain.scores.shape


@pytest.mark.parametrize("stride, skips, size, filled", [(4, False, (40, 64), (64, 64)), (8, True, (48, 64), (64, 64)),
                                                         (8, False, (37, 61), (37, 61))])
@pytest.mark.parametrize("mirrored", [False, True])
def test_what_networks_get(stride, skips, size, filled, mirrored):
    """size: of the cells that belong to the picture, px; filled: of all that the network sees"""
    cfg = default_config()
    cfg.update(stride=stride, skip_connections=skips, mean_pixel=[1.0, 2.0, 3.0])
    picture = np.random.RandomState(0).randint(0, 256, (37, 61, 3), np.uint8)
    found = network_input(picture, cfg, mirrored)
    if mirrored and filled == (37, 61):
        size = filled = (48, 64)
    assert found.dtype == np.float32 and found.shape == (1 + mirrored,) + filled + (3,)
    np.testing.assert_array_equal(found[0, :37, :61], picture - np.float32([1, 2, 3]))
    assert not found[0, 37:].any() and not found[0, :, 61:].any()
    if mirrored:
        np.testing.assert_array_equal(found[1, :, :size[1]], found[0, :, size[1] - 1::-1])
        assert not found[1, :, size[1]:].any()


def test_canvas():
    canvas = on_canvas(np.zeros((2, 3, 3), np.uint8), 6, 8, [1, 2, 3], corner=2)
    assert canvas.shape == (6, 8, 3) and canvas.dtype == np.float32
    assert canvas[0, 0].tolist() == [1, 2, 3] and not canvas[2:4, 2:5].any() and canvas.sum() == (48 - 6) * 6
