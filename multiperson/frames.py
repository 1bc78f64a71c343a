"""One graph of what a frame shows at all sizes at which people are searched, for tracking (multiperson/tracking.py)."""
from typing import NamedTuple

import numpy as np

from dataset.maps import Maps
from multiperson.completion import complete
from multiperson.detections import Detections, best_of_each_joint, extract_detections, together
from multiperson.graph import Graph, build_graph
from multiperson.pairwise import SpatialModel, person_units
from nnet.map_predictor import MapPredictor
from util.command import UserError


class FrameGraph(NamedTuple):
    """All in px of the frame.

    graph: Graph of the detections; unit: [n] for each node, see multiperson.pairwise.person_units
    detections: those that are the nodes; maps: Maps of the largest size, without pairwise offsets; stride: px a cell of these
    """

    graph: Graph
    unit: np.ndarray
    detections: Detections
    maps: Maps
    stride: float

    def completed(self, person):
        """A Person whose absent joints are filled in, see multiperson.completion."""
        return complete(person, self.graph, self.detections, self.maps, self.stride)


class FramePredictor(object):
    """A network with its spatial model, which must measure distances in the person's own size."""

    def __init__(self, cfg):
        if not cfg.pairwise_relative:
            raise UserError("tracking needs a spatial model that measures in the person's own size (pairwise_relative: true)")
        self._cfg = cfg
        self._predictor = MapPredictor(cfg)
        self.model = SpatialModel(cfg).load()

    def graph(self, image):
        """The FrameGraph of a frame, uint8 RGB [h, w, 3]."""
        return frame_graph(self.model, self.search(image))

    def search(self, image):
        """What the network finds in a frame, uint8 RGB [h, w, 3], as frame_graph takes it."""
        found = []
        for scale, maps in self._predictor.maps_by_scale(image):
            detections = best_of_each_joint(extract_detections(self._cfg, *maps), self._cfg.most_detections)
            found.append((scale, detections, maps._replace(pairwise=None)))
        return found


def frame_graph(model, found):
    """The FrameGraph of what was found at several sizes: [(scale, Detections, Maps)]; model: SpatialModel"""
    scale, _, maps = max(found, key=lambda one: one[0])
    detections = together([one[:2] for one in found])
    unit = np.concatenate([person_units(detections, joint) for joint in range(model.cfg.num_joints)])
    locref = None if maps.locref is None else maps.locref / scale
    return FrameGraph(build_graph(model, detections), unit, detections, Maps(maps.scores, locref, None),
                      model.cfg.stride / scale)
