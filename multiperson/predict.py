"""From pictures, or from detections, to people."""
import logging

from multiperson.completion import complete
from multiperson.detections import best_of_each_joint, detections_at, extract_detections
from multiperson.graph import build_graph
from multiperson.names_of_2017 import (SpatialModel, compute_angle, compute_features, eval_graph,  # noqa: F401
                                       get_person_conf_multicut, get_person_conf_single, logit_transform, wrap_angle)
from multiperson.people import assemble, drop_duplicates
from nnet.map_predictor import MapPredictor
from util.skeleton import Skeleton


class PeoplePredictor(object):
    """A network with its spatial model, ready for pictures of any size."""

    def __init__(self, cfg):
        self.cfg = cfg
        self._predictor = MapPredictor(cfg)
        self._model = SpatialModel(cfg).load()

    def find(self, image):
        """The people of a picture, uint8 RGB [h, w, 3] -> [Person] by falling score, px of the picture.

        Of several test_sizes each finds the people that suit it best; whoever was found twice is kept once.
        """
        return people_of_scales(self._model, self._predictor.maps_by_scale(image))


def people_of_scales(model, maps_by_scale, annotated=None):
    """The people whom (scale, Maps) of a picture show, as from MapPredictor -> [Person], see PeoplePredictor.find.

    annotated: people, arrays n x 3 (joint id, x, y) px of the picture, whose joints are taken as if they had been found
    """
    people = []
    for scale, maps in maps_by_scale:
        detections = None if annotated is None else detections_at(at_scale(annotated, scale), maps, model.cfg.stride)
        people += people_in(model, maps, scale, detections)
    return drop_duplicates(people, Skeleton.from_config(model.cfg).oks_sigmas)


def at_scale(people, scale):
    """People, arrays n x 3 (joint id, x, y), in a picture resized by `scale`."""
    return [person * [1, scale, scale] for person in people]


def people_in(model, maps, scale, detections=None):
    """The people whom the Maps of a picture show that was resized by `scale` -> [Person], px of the picture.

    Those with fewer joints, or a lower score, than the config demands are left out.
    detections: those of the maps, if not given
    """
    if detections is None:
        detections = best_of_each_joint(extract_detections(model.cfg, *maps), model.cfg.most_detections)
    assembly = find_people(model, detections)
    people = [complete(person, assembly.graph, detections, maps, model.cfg.stride)
              for person in assembly.people if person.visibility.sum() >= model.cfg.person_min_joints]
    return [person._replace(keypoints=person.keypoints / [scale, scale, 1])
            for person in people if person.score >= model.cfg.person_min_score]


def find_people(model, detections, **constraints_and_options):
    """SpatialModel, Detections -> Assembly; the keyword arguments are those of multiperson.people.assemble.

    Where they do not say so, the config says how long the solver may take; a warning tells that it was stopped.
    """
    cfg = model.cfg
    options = dict(dict(time_limit=cfg.solver_time_limit, effort=cfg.solver_effort), **constraints_and_options)
    assembly = assemble(build_graph(model, detections), cfg.num_joints, **options)
    limit = options["time_limit"]
    if limit is not None and assembly.stats["seconds"] >= limit and assembly.gap > 0:
        logging.warning("the assembly of %d detections was stopped after %g s (solver_time_limit); its cost may be up to "
                        "%.2g %% above the least", len(assembly.person), limit, 100 * assembly.gap)
    return assembly
