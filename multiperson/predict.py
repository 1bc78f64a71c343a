"""From pictures, or from detections, to people."""
from typing import List, NamedTuple

from dataset.maps import Maps
from multiperson.completion import complete
from multiperson.detections import Detections, best_of_each_joint, detections_at, extract_detections
from multiperson.graph import build_graph
from multiperson.names_of_2017 import (SpatialModel, compute_angle, compute_features, eval_graph,  # noqa: F401
                                       get_person_conf_multicut, get_person_conf_single, logit_transform, wrap_angle)
from multiperson.people import Assembly, Person, assemble, put_together, warn_if_stopped
from nnet.map_predictor import MapPredictor
from util.skeleton import Skeleton


class Search(NamedTuple):
    """What a picture showed at one size, and what explains it.

    scale: the picture was resized by it; maps: Maps of the resized picture, without pairwise offsets
    detections: in these maps; assembly: the people that they form, px of the resized picture
    people: those of the assembly whom the config wants reported, with the joints that they lacked; px of the picture
    """

    scale: float
    maps: Maps
    detections: Detections
    assembly: Assembly
    people: List[Person]


class PeoplePredictor(object):
    """A network with its spatial model, ready for pictures of any size."""

    def __init__(self, cfg, again=None):
        """again: see nnet.map_predictor.MapPredictor"""
        self.cfg = cfg
        self._predictor = MapPredictor(cfg, again=again)
        self._model = SpatialModel(cfg).load()

    def find(self, image):
        """The people of a picture, uint8 RGB [h, w, 3] -> [Person] by falling score, px of the picture.

        Of several test_sizes each finds the people that suit it best; whoever was found twice, or in parts, is put together.
        """
        return self.find_all([image])[0]

    def find_all(self, images):
        """[[Person]] of several pictures, in batches; see find."""
        return [people_of_scales(self._model, maps) for maps in self._predictor.all_maps_by_scale(images)]

    def search_all(self, images):
        """The same with what explains it: of each picture a Search for each size, from which multiperson.correction goes on."""
        return [search_scales(self._model, maps) for maps in self._predictor.all_maps_by_scale(images)]

    @property
    def batch(self):
        """See nnet.map_predictor.MapPredictor"""
        return self._predictor.batch

    @property
    def group(self):
        """See nnet.map_predictor.MapPredictor"""
        return self._predictor.group


def people_of_scales(model, maps_by_scale, annotated=None):
    """The people whom (scale, Maps) of a picture show, as from MapPredictor -> [Person], see PeoplePredictor.find.

    annotated: people, arrays n x 3 (joint id, x, y) px of the picture, whose joints are taken as if they had been found
    """
    people = [person for found in search_scales(model, maps_by_scale, annotated) for person in found.people]
    return put_together(people, Skeleton.from_config(model.cfg).oks_sigmas)


def search_scales(model, maps_by_scale, annotated=None):
    """[Search] of (scale, Maps) of a picture; see people_of_scales."""
    searches = []
    for scale, maps in maps_by_scale:
        detections = None if annotated is None else detections_at(at_scale(annotated, scale), maps, model.cfg.stride)
        searches.append(search(model, maps, scale, detections))
    return searches


def at_scale(people, scale):
    """People, arrays n x 3 (joint id, x, y), in a picture resized by `scale`."""
    return [person * [1, scale, scale] for person in people]


def search(model, maps, scale, detections=None):
    """The Search of the Maps of a picture that was resized by `scale`. detections: those of the maps, if not given"""
    if detections is None:
        detections = best_of_each_joint(extract_detections(model.cfg, *maps), model.cfg.most_detections)
    found = Search(scale, maps._replace(pairwise=None), detections, find_people(model, detections), [])
    return found._replace(people=reported(model.cfg, found))


def reported(cfg, found, nodes=()):
    """The people of a Search's assembly: those with fewer joints, or a lower score, than the config demands are left out,
    unless they have one of the `nodes`."""
    def wanted(person):
        return not set(nodes).isdisjoint(person.members.tolist())

    people = [person for person in found.assembly.people
              if wanted(person) or person.visibility.sum() >= cfg.person_min_joints]
    people = complete(people, found.assembly.graph, found.detections, found.maps, cfg.stride)
    return [person._replace(keypoints=person.keypoints / [found.scale, found.scale, 1]) for person in people
            if wanted(person) or person.score >= cfg.person_min_score]


def find_people(model, detections, **constraints_and_options):
    """SpatialModel, Detections -> Assembly, see assemble_graph."""
    return assemble_graph(model.cfg, build_graph(model, detections), **constraints_and_options)


def assemble_graph(cfg, graph, **constraints_and_options):
    """The Assembly of a Graph; the keyword arguments are those of multiperson.people.assemble.

    Where they do not say so, the config says how long the solver may take; a warning tells that it was stopped.
    """
    options = dict(dict(time_limit=cfg.solver_time_limit, effort=cfg.solver_effort), **constraints_and_options)
    assembly = assemble(graph, cfg.num_joints, **options)
    warn_if_stopped(assembly, len(assembly.person), options["time_limit"])
    return assembly
