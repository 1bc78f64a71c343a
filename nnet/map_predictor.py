"""From a picture to maps, see dataset/maps.py: by the network as it is, or by means over mirror images and sizes; large
pictures in tiles.
"""
from collections import defaultdict

import numpy as np

from dataset.maps import Maps, cell_centres, input_side, locref_px, map_size, pairwise_px
from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from nnet.engine import load_networks
from util.config import with_defaults
from util.image import resize
from util.skeleton import Skeleton

TILE_OVERLAP = 256  # px; half of it is a multiple of the largest stride, 32, as the tiles' size must be
ALIKE = 4  # times a batch are looked over for pictures of one size, of which COCO has many
BATCHED_SIDE = 256  # px of the square pictures of which the fastest batch is found
CELLS = 32  # offsets are asked for at multiples of so many cells: what runs the network keeps memory for each number


def extract_cnn_output(outputs_np, cfg, pairwise_stats=None):
    """The network's outputs for one picture -> Maps.

    outputs_np: {"part_prob", ...}, what the outputs of setup_pose_prediction are
    pairwise_stats: see dataset.pairwise_stats; needed with pairwise_predict, read from pairwise_stats_fn if not given
    """
    with_defaults(cfg)
    locref = pairwise = None
    if cfg.location_refinement:
        locref = locref_px(outputs_np["locref"][0], cfg.locref_stdev)
    if cfg.pairwise_predict:
        pairwise = pairwise_px(outputs_np["pairwise_pred"][0], *_pairwise_units(cfg, pairwise_stats))
    return Maps(outputs_np["part_prob"][0], locref, pairwise)


def _pairwise_units(cfg, stats=None):
    """What pairwise_px needs besides the network's output: (stats, order)."""
    if stats is None:
        stats = load_pairwise_stats(cfg)
    return stats_arrays(stats, cfg.num_joints), pair_order(stats, cfg)


class PairwiseField(object):
    """Pairwise offsets of a picture, an array [H, W, J (J - 1), 2] px that is worked out only where one looks:
    field[rows, columns] with index arrays [n] -> [n, J (J - 1), 2]. Detections are few among the cells."""

    def __init__(self, shape, offsets_at):
        """offsets_at: function from cells, int [n, 2] (row, column), to offsets [n, J (J - 1), 2] px"""
        self.shape = shape
        self._offsets_at = offsets_at

    def __getitem__(self, cells):
        return self._offsets_at(np.stack(cells, axis=1))

    def dense(self):
        """The whole array."""
        rows, columns = (index.ravel() for index in np.indices(self.shape[:2]))
        return self[rows, columns].reshape(self.shape)


def scales_for(image, cfg):
    """The scales at which people are searched: those that give the picture as many pixels as squares of the sides
    test_sizes have."""
    if not cfg.test_sizes:
        return [cfg.global_scale]
    return [size / np.sqrt(image.shape[0] * image.shape[1]) for size in cfg.test_sizes]


class MapPredictor(object):
    """A network with its weights, ready for pictures of any size."""

    def __init__(self, cfg, parallel=1, networks=None, again=None):
        """parallel: from so many threads at a time pictures come that need not wait for one another
        networks: see nnet.engine.load_networks, which gives them if they are not given
        again: see nnet.runtimes; with True or False a picture's maps do not depend on those that came before, to the last bit,
            True for pictures of one size
        """
        self.cfg, self.again = with_defaults(cfg), again
        self._networks, self._parallel, self._measured = networks or load_networks(cfg, parallel), parallel, None
        self._pairwise_units = _pairwise_units(cfg) if cfg.pairwise_predict else None

    @property
    def batch(self):
        """How many pictures of one size go through the network together, where there are so many: test_batch_size, or what is
        measured to be fastest; tiles go one by one."""
        if self.cfg.tile_size:
            return 1
        if self.cfg.test_batch_size:
            return self.cfg.test_batch_size
        if self._measured is None:
            self._measured = self._fastest_batch(np.zeros((BATCHED_SIDE, BATCHED_SIDE, 3), np.uint8))
        return self._measured

    def _batch_of(self, inputs):
        """The same for inputs [B, H, W, 3]: what was measured holds up to as many pixels as it was measured with."""
        if self.cfg.test_batch_size:
            return self.batch
        pixels = max(inputs.shape[1] * inputs.shape[2], BATCHED_SIDE ** 2)
        return max(self.batch * BATCHED_SIDE ** 2 // pixels, 1)

    def _fastest_batch(self, picture):
        return self._networks["maps"].batch(self._feed(picture))

    def _feed(self, image):
        return {"inputs": network_input(image, self.cfg, self.cfg.test_mirrored)}

    @property
    def group(self):
        """How many pictures of many sizes are best given together, so that some have the same size."""
        return self.batch * ALIKE if self.batch > 1 else 1

    def maps_by_scale(self, image):
        """Yields (scale, Maps) for each of scales_for a picture: the maps of the picture resized by it."""
        for scale in scales_for(image, self.cfg):
            yield scale, self.maps(resize(image, scale))

    def all_maps_by_scale(self, images):
        """[what maps_by_scale yields, in a list] of several pictures, in batches."""
        scales = [scales_for(image, self.cfg) for image in images]
        found = iter(self.all_maps([resize(image, scale) for image, several in zip(images, scales) for scale in several]))
        return [[(scale, next(found)) for scale in several] for several in scales]

    def maps(self, image, again=None):
        """RGB [h, w, 3] -> Maps, without any resizing; pairwise is a PairwiseField. With test_factors they are means over the
        picture resized by these; with test_mirrored, scores and locref are also means over its mirror image.

        again: in place of the predictor's
        """
        return self.all_maps([image], again)[0]

    def all_maps(self, images, again=None):
        """[Maps] of several pictures, in batches; see maps."""
        again = self.again if again is None else again
        factors = self.cfg.test_factors
        if not factors:
            return self._maps_of(images, again)
        resized = [resize(np.asarray(image, np.uint8), factor) for image in images for factor in factors]
        found = self._maps_of(resized, again)
        means = []
        for number, image in enumerate(images):
            own = slice(number * len(factors), (number + 1) * len(factors))
            exact = [np.divide(one.shape[:2], image.shape[:2]) for one in resized[own]]
            means.append(mean_maps(found[own], exact, map_size(*image.shape[:2], self.cfg.stride), self.cfg.stride))
        return means

    def reserve(self, image):
        """Take the memory that batches of pictures of all sizes up to this one's need with again=False."""
        inputs = self._feed(image)["inputs"]
        self._networks["maps"].reserve({"inputs": np.concatenate([inputs] * self._batch_of(inputs))})

    def _maps_of(self, images, again):
        if self.cfg.tile_size:
            found = [self._run_in_tiles(image, again) for image in images]
        else:
            found = self._run("maps", [self._feed(image) for image in images], again)
        return [self._as_maps(image, outputs) for image, outputs in zip(images, found)]

    def _as_maps(self, image, found):
        rows, columns = map_size(*image.shape[:2], self.cfg.stride)
        scores, locref, pairwise = self._mean(found["part_prob"][:, :rows, :columns]), None, None
        if "locref" in found:
            locref = locref_px(self._mean(found["locref"][:, :rows, :columns], mirrored=(-1, 1)), self.cfg.locref_stdev)
        if "pairwise_features" in found:
            features = found["pairwise_features"][:1]
            shape = scores.shape[:2] + (self.cfg.num_joints * (self.cfg.num_joints - 1), 2)
            pairwise = PairwiseField(shape, lambda cells: self._offsets_at(features, cells))
        return Maps(scores, locref, pairwise)

    def _run_in_tiles(self, image, again):
        """{name: maps [B, H, W, channels]} of a picture, B = 2 with its mirror image; of tiles, put together, if it is large."""
        size, mirrored = int(self.cfg.tile_size), self.cfg.test_mirrored
        pictures = network_input(image, self.cfg, mirrored) if mirrored else image[None]  # without, tile by tile: less memory

        def run(top, left):
            tile = pictures[:, top:top + size, left:left + size]
            return self._networks["maps"].run({"inputs": tile if mirrored else network_input(tile[0], self.cfg)}, again)

        tops, lefts = (tile_starts(side, size) for side in pictures.shape[1:3])
        return joined([joined([run(top, left) for left in lefts], lefts, size, axis=2) for top in tops], tops, size, axis=1)

    def _run(self, name, feeds, again):
        """[{output: array}] of a network, for each of several inputs, {input: array}: those of one size in batches."""
        found, of_size = [None] * len(feeds), defaultdict(list)
        for number, feed in enumerate(feeds):
            of_size[feed["inputs"].shape].append(number)
        for numbers in of_size.values():
            batch = self._batch_of(feeds[numbers[0]]["inputs"]) if len(numbers) > 1 else 1
            for start in range(0, len(numbers), batch):
                chosen = numbers[start:start + batch]
                for number, outputs in zip(chosen, self._run_together(name, [feeds[number] for number in chosen], again)):
                    found[number] = outputs
        return found

    def _run_together(self, name, feeds, again):
        if len(feeds) == 1:  # nothing has to be copied
            return [self._networks[name].run(feeds[0], again)]
        batch = {key: np.concatenate([feed[key] for feed in feeds]) for key in feeds[0]}
        outputs = {key: np.split(values, len(feeds)) for key, values in self._networks[name].run(batch, again).items()}
        return [{key: several[place] for key, several in outputs.items()} for place in range(len(feeds))]

    def _mean(self, maps, mirrored=(1,)):
        """Maps [B, H, W, J k], k values for each joint, of a picture, and with B = 2 its mirror image -> [H, W, J k]

        mirrored: by which factors the k values become those of the picture
        """
        if len(maps) == 1:
            return maps[0]
        joints, count = np.asarray(Skeleton.from_config(self.cfg).mirror_map), len(mirrored)
        other = maps[1].take((count * joints[:, None] + np.arange(count)).ravel(), axis=2)[:, ::-1]
        if count > 1:
            other *= np.tile(np.float32(mirrored), len(joints))
        other += maps[0]
        other *= 0.5
        return other

    def _offsets_at(self, features, cells):
        places = np.zeros((-(-len(cells) // CELLS) * CELLS, 3), int)  # (of the only picture, row, column)
        places[:len(cells), 1:] = cells
        found = self._networks["pairwise"].run({"pairwise_features": features, "cells": places}, again=False)
        return pairwise_px(found["offsets"][:len(cells)], *self._pairwise_units)


def network_input(image, cfg, mirrored=False):
    """A picture as the networks of nnet.engine take it: float32 [1, H, W, 3], minus mean_pixel, filled up with 0, see
    dataset.maps.input_side; mirrored: [2, H, W, 3], with its mirror image, filled up such that its cells lie as the picture's."""
    height, width = size = image.shape[:2]
    if mirrored:
        size = [cells * int(cfg.stride) for cells in map_size(height, width, cfg.stride)]
    pictures = np.zeros((1 + mirrored,) + tuple(input_side(side, cfg) for side in size) + (3,), np.float32)
    pictures[0, :height, :width] = image
    rows = pictures[0, :height].reshape(height, -1)[:, :3 * width]  # as in on_canvas
    rows -= np.tile(np.float32(cfg.mean_pixel), width)
    if mirrored:
        pictures[1, :height, size[1] - width:size[1]] = pictures[0, :height, width - 1::-1]
    return pictures


def on_canvas(image, height, width, colour, corner=0):
    """The picture in one of height x width px of a colour, `corner` px from its top and left: float32, or as it is where it is
    of that size."""
    if image.shape[:2] == (height, width):
        return image
    canvas = np.empty((height, width, 3), np.float32)
    canvas.reshape(height, -1)[:] = np.tile(np.float32(colour), width)  # numpy is slow where the last axis is short
    canvas[corner:corner + image.shape[0], corner:corner + image.shape[1]] = image
    return canvas


def tile_starts(side, size):
    """Where tiles of `size` px begin that cover `side` px; neighbours share TILE_OVERLAP px."""
    return list(range(0, max(side - TILE_OVERLAP, 1), size - TILE_OVERLAP))


def joined(tiles, starts, size, axis):
    """{name: maps} of a picture from those of its tiles along an axis, which begin at `starts` px: of what two tiles show,
    each keeps the half that is farther from its end."""
    if len(tiles) == 1:
        return tiles[0]
    whole = {}
    for name in tiles[0]:
        cell = size / tiles[0][name].shape[axis]  # px
        kept = []
        for number, (tile, start) in enumerate(zip(tiles, starts)):
            first = 0 if number == 0 else int(TILE_OVERLAP / 2 / cell)
            last = None if number == len(starts) - 1 else int((starts[number + 1] + TILE_OVERLAP / 2 - start) / cell)
            kept.append(tile[name][(slice(None),) * axis + (slice(first, last),)])
        whole[name] = np.concatenate(kept, axis=axis)
    return whole


def mean_maps(several, factors, size, stride):
    """The mean of the Maps of a picture resized by several factors (y, x), as Maps of the picture itself.

    size: (rows, columns) of its maps. Location refinement counts as much as the score that comes with it.
    """
    sampled = [(sampled_at(maps.scores, factor, size),
                None if maps.locref is None else sampled_at(maps.locref, factor, size) / factor[::-1])
               for maps, factor in zip(several, factors)]
    scores = np.mean([scores for scores, _ in sampled], axis=0)
    locref = pairwise = None
    if several[0].locref is not None:
        weights = np.array([scores for scores, _ in sampled])[..., None] + 1e-9
        locref = np.sum([weight * locref for weight, (_, locref) in zip(weights, sampled)], axis=0) / weights.sum(axis=0)
    if several[0].pairwise is not None:
        pairwise = PairwiseField(size + several[0].pairwise.shape[2:],
                                 lambda cells: mean_offsets(several, factors, cells, stride))
    return Maps(scores, locref, pairwise)


def sampled_at(maps, factor, size):
    """Maps [H, W, ...] of a picture resized by a factor (y, x), at the centres of the cells that the picture itself has:
    [rows, columns, ...], bilinear."""
    for axis, cells in enumerate(size):
        place = np.clip(factor[axis] * (np.arange(cells) + 0.5) - 0.5, 0, maps.shape[axis] - 1)
        below = np.minimum(place.astype(int), maps.shape[axis] - 2)
        part = (place - below).reshape((-1,) + (1,) * (maps.ndim - axis - 1))
        maps = maps.take(below, axis) * (1 - part) + maps.take(below + 1, axis) * part
    return maps.astype(np.float32)


def mean_offsets(several, factors, cells, stride):
    """Pairwise offsets [n, J (J - 1), 2] px from cells [n, 2] (row, column): of what the nearest cells of the Maps of the
    picture resized by several factors (y, x) say, the mean."""
    centres = cell_centres(cells[:, 0], cells[:, 1], stride)
    total = 0
    for maps, factor in zip(several, factors):
        last = np.array(maps.scores.shape[:2]) - 1
        nearest = np.clip((centres[:, ::-1] * factor / stride).astype(int), 0, last)
        rows, columns = nearest.T
        ends = maps.pairwise[rows, columns] + cell_centres(rows, columns, stride)[:, None]
        total = total + ends / factor[::-1] - centres[:, None]
    return total / len(several)
