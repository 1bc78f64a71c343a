"""From detections to people in a few calls; eval_graph and get_person_conf_multicut under their names of 2017."""
import numpy as np

from multiperson.graph import build_graph
from multiperson.pairwise import SpatialModel  # noqa: F401 (a name of 2017)
from multiperson.people import assemble, merge_detections


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
    joint, label = np.asarray(unLab, np.int64).T
    merged = merge_detections(joint, _renumber(label), np.ravel(unary_array), np.asarray(pos_array), sm.cfg.num_joints)
    return np.nan_to_num(merged[..., :2])


def _renumber(labels):
    """[n] cluster numbers, -1 = suppressed -> the same clusters in the same order, numbered 0..P-1, int64."""
    kept = labels >= 0
    cluster = np.full(len(labels), -1, np.int64)
    cluster[kept] = np.unique(labels[kept], return_inverse=True)[1]
    return cluster
