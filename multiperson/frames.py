"""One graph of what a frame shows at all sizes at which people are searched, for tracking (multiperson/tracking.py)."""
from typing import NamedTuple

import numpy as np

from dataset.maps import Maps
from multiperson.changes import MOST, changed_boxes, renewed, windows
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

    @property
    def batch(self):
        """How many frames are best given together."""
        return self._predictor.batch

    def graph(self, image):
        """The FrameGraph of a frame, uint8 RGB [h, w, 3]."""
        return frame_graph(self.model, self.search(image))

    def search(self, image):
        """What the network finds in a frame, uint8 RGB [h, w, 3], as frame_graph takes it."""
        return self.search_all([(image, None)])[0]

    def search_all(self, frames):
        """The same of several frames of a video, [(image, multiperson.changes.KeyFrame or None)], in batches. What was found in
        its key frame is taken where a frame does not differ from it."""
        if not frames:
            return []
        scales, parts = scales_for(frames[0][0], self._cfg), []  # of each frame at each scale
        for image, key in frames:
            boxes = None if key is None else changed_boxes(image, key, self._cfg.track_change)
            parts.append([self._parts(resize(image, scale), boxes, scale) for scale in scales])
        found = iter(self._searched([part for frame in parts for several in frame for part in several]))
        found = [[[(window,) + next(found) for window, _ in several] for several in frame] for frame in parts]
        return [self._whole(key, scales, frame) for (_, key), frame in zip(frames, found)]

    def _parts(self, image, boxes, scale):
        """[(Window, picture)] that are to be searched of a frame resized by `scale`; where that is much, or there are no boxes
        of what changed, px of the frame, [(None, the resized frame)]."""
        chosen = None if boxes is None else windows(boxes * scale, image.shape[1::-1])
        if chosen is None:
            return [(None, image)]
        parts = []
        for window in chosen:
            left, top, right, bottom = window.outer
            part = image[top:bottom, left:right]
            parts.append((window, on_canvas(part, bottom - top, right - left, self._cfg.mean_pixel)))
        return parts

    def _searched(self, parts):
        """[(Detections, Maps without pairwise offsets)] of (Window or None, picture)."""
        found = [None] * len(parts)
        for whole in (True, False):  # frames come in one size, windows in many
            numbers = [number for number, (window, _) in enumerate(parts) if (window is None) == whole]
            maps_of_parts = self._predictor.all_maps([parts[number][1] for number in numbers], again=whole)
            for number, maps in zip(numbers, maps_of_parts):
                detections = best_of_each_joint(extract_detections(self._cfg, *maps), self._cfg.most_detections)
                found[number] = detections, maps._replace(pairwise=None)
        return found

    def _whole(self, key, scales, found):
        """[(scale, Detections, Maps)] of a frame. found: for each scale [(Window or None, Detections, Maps)]"""
        whole = []
        for place, (scale, parts) in enumerate(zip(scales, found)):
            if parts and parts[0][0] is None:
                whole.append((scale,) + parts[0][1:])
            else:
                known = key.found(self.search)[place][1:]  # not before: another thread may be at it
                whole.append((scale,) + renewed(known, parts, self._cfg.stride))
        return whole

    def reserve(self, image):
        """Take the memory that a video's windows need, which else grows until the largest has come. image: one of its frames"""
        largest = resize(image, max(scales_for(image, self._cfg)))
        self._predictor.reserve(largest[:, :int(MOST * largest.shape[1])])


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
