"""From pictures, or from detections, to people; eval_graph and get_person_conf_multicut under their names of 2017."""
import numpy as np

from multiperson.completion import complete
from multiperson.detections import extract_detections
from multiperson.graph import build_graph
from multiperson.pairwise import SpatialModel
from multiperson.people import assemble, drop_duplicates, merge_detections
from nnet.predict import PosePredictor
from util.image import resize
from util.skeleton import Skeleton


class PeoplePredictor(object):
    """A network with its spatial model, ready for pictures of any size."""

    def __init__(self, cfg):
        self.cfg = cfg
        self._predictor = PosePredictor(cfg)
        self._sigmas = Skeleton.from_config(cfg).oks_sigmas  # the weights may have brought the skeleton
        self._model = SpatialModel(cfg).load()

    def find(self, image):
        """The people of a picture, uint8 RGB [h, w, 3] -> [Person] by falling score, px of the picture.

        Of several test_sizes each finds the people that suit it best; whoever was found twice is kept once.
        """
        people = [person for scale in self._predictor.scales_for(image) for person in self.find_at(image, scale)]
        return drop_duplicates(people, self._sigmas)

    def find_at(self, image, scale):
        """The same, after resizing by `scale`."""
        scmap, locref, pairwise = self._predictor.maps(resize(image, scale))
        return people_in(self._model, scmap, locref, pairwise, scale)


def people_in(model, scmap, locref, pairwise, scale, detections=None):
    """The people whom the maps of a picture show that was resized by `scale` -> [Person], px of the picture.

    detections: those of the maps, if not given
    """
    if detections is None:
        detections = extract_detections(model.cfg, scmap, locref, pairwise)
    assembly = find_people(model, detections)
    people = [complete(person, assembly.graph, detections, scmap, locref, model.cfg.stride)
              for person in assembly.people]
    return [person._replace(keypoints=person.keypoints / [scale, scale, 1]) for person in people]


def find_people(model, detections, **constraints_and_options):
    """SpatialModel, Detections -> Assembly; the keyword arguments are those of multiperson.people.assemble."""
    return assemble(build_graph(model, detections), model.cfg.num_joints, **constraints_and_options)


def eval_graph(sm, detections):
    """The people that detections form -> (unLab, pos_array, unary_array, pwidx_array, pw_array), without padding.

    unLab: [n, 2] int64, (joint, cluster) of each detection, cluster -1 = suppressed
    pos_array: [n, 2] px; unary_array: [n, 1], their scores
    pwidx_array: [m, 2] int64, the edges; pw_array: [m, 1], their probabilities
    """
    assembly = find_people(sm, detections)
    graph = assembly.graph
    return (np.column_stack([graph.joint, assembly.person]), graph.position, graph.probability[:, None],
            graph.edges, graph.edge_probability[:, None])


def get_person_conf_multicut(sm, unLab, unary_array, pos_array):
    """What eval_graph gives -> [people, J, 2] px (x, y), in the order of the cluster numbers; (0, 0) = joint not found.

    Suppressed detections are nobody's. (The 2017 code made each of them a person.)
    """
    joint, label = np.asarray(unLab, np.int64).reshape(-1, 2).T
    merged = merge_detections(joint, _renumber(label), np.ravel(unary_array), np.reshape(pos_array, (-1, 2)), sm.cfg.num_joints)
    return np.nan_to_num(merged[..., :2])


def _renumber(labels):
    """[n] cluster numbers, -1 = suppressed -> the same clusters in the same order, numbered 0..P-1, int64."""
    kept = labels >= 0
    cluster = np.full(len(labels), -1, np.int64)
    cluster[kept] = np.unique(labels[kept], return_inverse=True)[1]
    return cluster
