"""One graph of what a frame shows at all sizes at which people are searched, for tracking (multiperson/tracking.py)."""
from typing import NamedTuple

import numpy as np

from dataset.maps import Maps, map_size
from multiperson.changes import MOST, Window, changed_boxes, renewed, windows
from multiperson.completion import complete
from multiperson.detections import Detections, best_of_each_joint, extract_detections, selected, together
from multiperson.graph import Graph, build_graph
from multiperson.pairwise import SpatialModel, person_units
from nnet.map_predictor import MapPredictor, on_canvas, scales_for
from util.command import UserError
from util.image import resize


class FrameGraph(NamedTuple):
    """All in px of the frame, except maps.

    graph: Graph of the detections; unit: [n] for each node, see multiperson.pairwise.person_units
    detections: those that are the nodes
    maps: Maps of the frame resized by `scale`, the largest, without pairwise offsets; stride: px of that a cell
    """

    graph: Graph
    unit: np.ndarray
    detections: Detections
    maps: Maps
    scale: float
    stride: float

    def completed(self, people):
        """[Person], their absent joints filled in, see multiperson.completion."""
        return complete(people, self.graph, self.detections, self.maps, self.stride, self.scale)


class FramePredictor(object):
    """A network with its spatial model, which must measure distances in the person's own size."""

    def __init__(self, cfg, parallel=1):
        """parallel: see nnet.map_predictor.MapPredictor"""
        if not (cfg.pairwise_relative and cfg.pairwise_predict):
            raise UserError("tracking needs pairwise offsets, and a spatial model that measures in the person's own size "
                            "(pairwise_predict: true and pairwise_relative: true)")
        self._cfg = cfg
        self._predictor = MapPredictor(cfg, parallel)
        self.model = SpatialModel(cfg).load()

    def graph(self, image):
        """The FrameGraph of a frame, uint8 RGB [h, w, 3]."""
        return frame_graph(self.model, self.search(image))

    def search(self, image, key=None):
        """What the network finds in a frame, uint8 RGB [h, w, 3], as frame_graph takes it. With a multiperson.changes.KeyFrame,
        what was found there is taken where the frame does not differ from it."""
        if key is None:
            return [(scale,) + self._searched(resize(image, scale), again=True) for scale in scales_for(image, self._cfg)]
        boxes = changed_boxes(image, key, self._cfg.track_change)
        again = [self._searched_around(resize(image, scale), boxes * scale) for scale in scales_for(image, self._cfg)]
        return [(scale,) + renewed(known, found, self._cfg.stride)
                for (scale, *known), found in zip(key.found(self.search), again)]  # the key's last: another thread may be at it

    def reserve(self, image):
        """Take the memory that a video's windows need, which else grows until the largest has come. image: one of its frames"""
        largest = resize(image, max(scales_for(image, self._cfg)))
        self._predictor.reserve(largest[:, :int(MOST * largest.shape[1])])

    def _searched(self, image, again):
        """(Detections, Maps without pairwise offsets) of a resized frame; again: see nnet.runtimes"""
        maps = self._predictor.maps(image, again)
        detections = best_of_each_joint(extract_detections(self._cfg, *maps), self._cfg.most_detections)
        return detections, maps._replace(pairwise=None)

    def _searched_around(self, image, boxes):
        """[(Window, Detections, Maps)]: the same in windows around boxes [k, 4] px; where they are large, in one of the frame's
        size"""
        chosen = windows(boxes, image.shape[1::-1])
        if chosen is None:
            rows, columns = map_size(*image.shape[:2], self._cfg.stride)
            whole = [0, 0, columns * self._cfg.stride, rows * self._cfg.stride]
            return [(Window(whole, whole),) + self._searched(image, again=True)]
        found = []
        for window in chosen:
            left, top, right, bottom = window.outer
            part = on_canvas(image[top:bottom, left:right], bottom - top, right - left, self._cfg.mean_pixel)
            found.append((window,) + self._searched(part, again=False))
        return found


def frame_graph(model, found):
    """The FrameGraph of what was found at several sizes: [(scale, Detections, Maps)]; model: SpatialModel. Each person is
    taken from the largest size that still suits them."""
    found = sorted(found, key=lambda one: one[0])
    scale, _, maps = found[-1]
    limit, suiting = model.cfg.track_largest_unit, []
    for place, (own, detections, _) in enumerate(found):
        largest = limit if place > 0 else np.inf
        smallest = limit * model.cfg.track_overlap * own / found[place + 1][0] if own < scale else 0.0
        suiting.append((own, of_units(detections, smallest, largest)))
    detections = together(suiting)
    return FrameGraph(build_graph(model, detections), person_units(detections), detections, maps, scale, model.cfg.stride)


def of_units(detections, smallest, largest):
    """Those Detections whose person_units are within a range, px."""
    unit = person_units(detections)
    kept = np.split((smallest <= unit) & (unit <= largest), np.cumsum([len(coord) for coord in detections.coord])[:-1])
    return selected(detections, kept)
