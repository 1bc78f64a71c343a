"""What scripts of 2017 call and nothing here needs; the modules whose names these were import them."""
import numpy as np

from multiperson import pairwise
from multiperson.graph import build_graph, costs
from multiperson.people import assemble, merge_detections
from util.visualize import distinct_colours

keypoint_colors = ["#%02x%02x%02x" % colour for colour in distinct_colours(17)]
marker_size = 4


class SpatialModel(pairwise.SpatialModel):

    def need_this_pairwise(self, cidx1, cidx2):
        """Whether the graph has edges between these joints."""
        return cidx1 == cidx2 or (min(cidx1, cidx2), max(cidx1, cidx2)) in self.pairs

    def eval(self, cidx1, cidx2, detections):
        """[n1, n2]: the probability that two detections of joints cidx1 <= cidx2 are one person's."""
        if cidx1 == cidx2:
            return self.same_person(detections, cidx1, cidx1)
        return self.compute_different_part_pairwise(cidx1, cidx2, detections)

    def compute_different_part_pairwise(self, cidx1, cidx2, detections):
        return self.same_person(detections, cidx1, cidx2)


def eval_graph(sm, detections):
    """The people that detections form -> (unLab, pos_array, unary_array, pwidx_array, pw_array), without padding.

    unLab: [n, 2] int64, (joint, cluster) of each detection, cluster -1 = suppressed
    pos_array: [n, 2] px; unary_array: [n, 1], their scores
    pwidx_array: [m, 2] int64, the edges; pw_array: [m, 1], their probabilities
    """
    graph = build_graph(sm, detections)
    person = assemble(graph, sm.cfg.num_joints).person
    return (np.column_stack([graph.joint, person]), graph.position, graph.probability[:, None],
            graph.edges, graph.edge_probability[:, None])


def get_person_conf_multicut(sm, unLab, unary_array, pos_array):
    """What eval_graph gives -> [people, J, 2] px (x, y), in the order of the cluster numbers; (0, 0) = joint not found.

    Suppressed detections are nobody's. (The 2017 code made each of them a person.)
    """
    joint, label = np.asarray(unLab, np.int64).reshape(-1, 2).T
    merged = merge_detections(joint, _renumber(label), np.ravel(unary_array), np.reshape(pos_array, (-1, 2)),
                              sm.cfg.num_joints)
    return np.nan_to_num(merged[..., :2])


def _renumber(labels):
    """[n] cluster numbers, -1 = suppressed -> the same clusters in the same order, numbered 0..P-1, int64."""
    kept = labels >= 0
    cluster = np.full(len(labels), -1, np.int64)
    cluster[kept] = np.unique(labels[kept], return_inverse=True)[1]
    return cluster


def get_person_conf_single(sm, unProb, pos_array):
    """[J, 2]: each joint at the detection that it is most probable for. unProb: [n, J]; pos_array: [n, 2]"""
    return np.asarray(pos_array)[np.argmax(unProb, axis=0)]


def logit_transform(p):
    return costs(p)


def compute_angle(deltaX, deltaY):
    return np.arctan2(deltaY, deltaX)


def wrap_angle(a):
    """The difference of two directions, in 0..pi."""
    a = np.abs(a) % (2 * np.pi)
    return np.minimum(a, 2 * np.pi - a)


def compute_features(delta_real, delta_predicted):
    """[n, 2]: the distance (px) and the angle (0..pi) between offsets [n, 2]."""
    distance = np.linalg.norm(delta_real - delta_predicted, axis=1)
    return np.column_stack([distance, pairwise.angle_between(delta_real, delta_predicted)])


def pos_from_grid_raw(gridpos, stride):
    """The centre of a cell, px, or of its row or column."""
    return np.asarray(gridpos) * stride + 0.5 * stride


def pos_from_gridpos_offset(gridpos, pred_offset, stride):
    return pos_from_grid_raw(gridpos, stride) + pred_offset


def get_ref_points(person_conf):
    """[P, 2]: the mean of each person's joints, [P, J, 2], of which (0, 0) are absent."""
    found = np.any(person_conf, axis=2)
    return np.sum(person_conf, axis=1) / np.maximum(found.sum(axis=1), 1)[:, None]
