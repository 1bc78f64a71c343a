"""From maps to joints: the decoder whose encoder is dataset/targets.py. See dataset/maps.py for what maps mean."""
from collections import namedtuple

import numpy as np

from dataset.maps import cell_centres, get_pairwise_index, map_size
from nnet.engine import load_networks, pose_outputs
from nnet.map_predictor import MapPredictor, extract_cnn_output, on_canvas, scales_for  # noqa: F401
from nnet.plain import setup_pose_prediction  # noqa: F401
from util.config import with_defaults
from util.image import resize


def argmax_cells(scores):
    """(rows [J], columns [J], scores [J]) of each joint's highest cell. scores: [H, W, J]"""
    height, width, joints = scores.shape
    best = scores.reshape(-1, joints).argmax(axis=0)
    return best // width, best % width, scores.reshape(-1, joints)[best, np.arange(joints)]


def argmax_pose_predict(scmap, offmat, stride):
    """One person: [J, 3] (x, y, score), each joint where its score is highest, plus its location refinement.

    scmap: [H, W, J]; offmat: [H, W, J, 2] px, or None
    """
    rows, columns, scores = argmax_cells(scmap)
    points = cell_centres(rows, columns, stride)
    if offmat is not None:
        points = points + offmat[rows, columns, np.arange(len(rows))]
    return np.column_stack([points, scores])


def argmax_arrows_predict(scmap, offmat, pairwise_diff=None, stride=8.0):
    """{(a, b): (start, end)}: from joint a, found as by argmax_pose_predict, to where its cell expects joint b; none
    without pairwise offsets."""
    if pairwise_diff is None:
        return {}
    rows, columns, _ = argmax_cells(scmap)
    centres = cell_centres(rows, columns, stride)
    starts = argmax_pose_predict(scmap, offmat, stride)[:, :2]
    joints = len(rows)
    return {(a, b): (starts[a],
                     centres[a] + pairwise_diff[rows[a], columns[a], get_pairwise_index(a, b, joints)])
            for a in range(joints) for b in range(joints) if a != b}


SURE = 0.1  # confidence from which on no other scale is tried
FEWEST_JOINTS = 3  # from which a person's size can be told

Found = namedtuple("Found", "pose scale scores locref")
Found.__doc__ = """A person: pose [J, 3] (x, y, score) in the picture's pixels, and the maps behind it, which belong to the
picture, or the part of it around the person, resized by `scale`: scores [H, W, J], locref [H, W, J, 2] px or None; both None
where they were not asked for."""


def _confidence(found):
    """Scores count squared: of a body that is half in the picture few joints are certain, and they shall decide, not many
    that are all a little likely."""
    return np.square(found.pose[:, 2]).mean()


class PosePredictor(MapPredictor):
    """A network that finds one person in pictures of any size."""

    def __init__(self, cfg, parallel=1, networks=None, again=None, with_maps=False):
        """parallel, networks, again: see MapPredictor; with_maps: each Found keeps its maps

        Without, the network takes the joints from them itself, unless they are means over several sizes, or put together.
        """
        with_defaults(cfg)
        self._reduced = not (with_maps or cfg.test_factors or cfg.tile_size)
        super(PosePredictor, self).__init__(cfg, parallel, networks or load_networks(cfg, parallel, self._reduced), again)

    def find(self, image):
        """The most confident person of a picture, uint8 RGB [h, w, 3], over scales_for it -> Found.

        The scales are tried in turn until somebody is surely there. With person_size, that person is then looked at once
        more, at the size that the network knows best.
        """
        return self.find_all([image])[0]

    def find_all(self, images):
        """[Found] of several pictures, in batches; see find."""
        if not images:
            return []
        scales, tried = [scales_for(image, self.cfg) for image in images], [[] for _ in images]
        unsure = range(len(images))
        for turn in range(len(scales[0])):
            for number, found in zip(unsure, self._find_at([(images[number], scales[number][turn]) for number in unsure])):
                tried[number].append(found)
            unsure = [number for number in unsure if _confidence(tried[number][-1]) < SURE]
        found = [max(several, key=_confidence) for several in tried]
        return [max(both, key=_confidence) for both in zip(found, self._closer(images, found))]

    def all_maps(self, images, again=None):
        """See MapPredictor"""
        if "maps" not in self._networks:
            self._networks.update(load_networks(self.cfg, self._parallel))
        return super(PosePredictor, self).all_maps(images, again)

    def _closer(self, images, found):
        """[Found] in the parts of pictures around people, resized so that their joints span person_size; as they were found
        before where too little of them is certain."""
        closer = list(found)
        if not (self.cfg.person_size and self.cfg.input_size):
            return closer
        windows = {}
        for number, (image, one) in enumerate(zip(images, found)):
            points = one.pose[one.pose[:, 2] >= self.cfg.score_threshold, :2]
            if len(points) >= FEWEST_JOINTS:
                windows[number] = self.window_around(image, points)
        parts = [(images[number][y1:y2, x1:x2], scale) for number, ((x1, y1, x2, y2), scale) in windows.items()]
        again = None if self.again is None else False  # they are hardly of one size
        for (number, ((x1, y1, _, _), _)), one in zip(windows.items(), self._find_at(parts, again)):
            one.pose[:, :2] += x1, y1
            closer[number] = one
        return closer

    def window_around(self, image, points):
        """((x1, y1, x2, y2), scale): the part of the picture around points [n, 2], and how to resize it so that they span
        person_size."""
        low, high = points.min(axis=0), points.max(axis=0)
        scale = self.cfg.person_size / max((high - low).max(), 1)
        margin = (self.cfg.input_size / scale - (high - low)) / 2
        x1, y1 = np.maximum(low - margin, 0).astype(int)
        x2, y2 = np.minimum(high + margin + 1, image.shape[1::-1]).astype(int)
        return (x1, y1, x2, y2), scale

    def find_at(self, image, scale, again=None):
        """The person found after resizing by `scale` -> Found. again: see maps"""
        return self._find_at([(image, scale)], again)[0]

    def _find_at(self, pictures, again=None):
        """[Found] of [(image, scale)]."""
        resized = [resize(image, scale) for image, scale in pictures]
        sizes = [map_size(image.shape[0], image.shape[1], self.cfg.stride) for image in resized]
        search = self._best_cells if self._reduced else self._in_maps
        found = search([self._with_border(image) for image in resized], sizes, self.again if again is None else again)
        return [Found(pose / [scale, scale, 1], scale, scores, locref)
                for (_, scale), (pose, scores, locref) in zip(pictures, found)]

    def _in_maps(self, images, sizes, again):
        """Yields (pose, scores, locref), px of the resized pictures. images: these with their border; sizes: (rows, columns) of
        the maps without it"""
        skipped = self._border_cells()
        for (rows, columns), (scores, locref, _) in zip(sizes, self.all_maps(images, again)):
            inside = np.s_[skipped:skipped + rows, skipped:skipped + columns]
            scores, locref = scores[inside], None if locref is None else locref[inside]
            yield argmax_pose_predict(scores, locref, self.cfg.stride), scores, locref

    def _best_cells(self, images, sizes, again):
        """The same without maps: yields (pose, None, None)."""
        skipped, feeds = self._border_cells(), [self._pose_feed(image, *size) for image, size in zip(images, sizes)]
        for feed, found in zip(feeds, self._run("poses", feeds, again)):
            cells, scores, *locref = (found[name][0] for name in pose_outputs(self.cfg))
            rows, columns = np.divmod(cells, feed["outside"].shape[2])
            points = cell_centres(rows - skipped, columns - skipped, self.cfg.stride)
            if locref:
                points = points + locref[0] * self.cfg.locref_stdev
            yield np.column_stack([points, scores]), None, None

    def _pose_feed(self, image, rows, columns):
        """What the network "poses" takes, see nnet.engine. image: with its border; rows, columns: of the maps without it"""
        feed, skipped = self._feed(image), self._border_cells()
        outside = np.ones((1,) + map_size(*feed["inputs"].shape[1:3], self.cfg.stride) + (1,), np.float32)
        outside[:, skipped:skipped + rows, skipped:skipped + columns] = 0
        feed["outside"] = outside
        if self.cfg.test_mirrored:
            feed["columns"] = np.array([map_size(*image.shape[:2], self.cfg.stride)[1:]], np.int32)
        return feed

    def _fastest_batch(self, picture):
        if not self._reduced:
            return super(PosePredictor, self)._fastest_batch(picture)
        return self._networks["poses"].batch(self._pose_feed(picture, 1, 1))

    def _border_cells(self):
        return -(-self.cfg.border // int(self.cfg.stride))

    def _with_border(self, image):
        """Networks trained on crops (input_size) know pictures that end within the input, better than ones that fill it."""
        width = self._border_cells() * int(self.cfg.stride)
        if not width:
            return image
        return on_canvas(image, image.shape[0] + 2 * width, image.shape[1] + 2 * width, self.cfg.mean_pixel, width)
