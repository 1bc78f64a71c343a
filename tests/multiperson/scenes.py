"""What the tests of this folder look at: pictures of the 2017 code, and people placed by hand."""
import functools
import itertools
import os
from collections import namedtuple

import numpy as np

from dataset.maps import Maps, get_pairwise_index
from multiperson.detections import Detections, extract_detections
from multiperson.pairwise import SpatialModel
from util.config import default_config

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")

Case = namedtuple("Case", "cfg maps detections model expected")
Case.__doc__ = """A picture of assembly.npz: config, (scores, locref, pairwise_diff), the detections in them, the spatial
model, and `expected`: name -> what the 2017 code computed."""


def numbers(name):
    """What the 2017 code computed (tests/data/<name>.npz)."""
    return np.load(os.path.join(DATA, name + ".npz"), allow_pickle=False)


def multi_person_config(num_joints=2, sparse_graph=()):
    cfg = default_config()
    cfg.update(num_joints=num_joints, nms_radius=5.0, det_min_score=0.2, location_refinement=True,
               sparse_graph=[list(pair) for pair in sparse_graph])
    return cfg


@functools.lru_cache(maxsize=None)
def load_case(letter):
    """The Case a, b or c."""
    file = numbers("assembly")
    expected = {name[2:]: file[name] for name in file.files if name.startswith(letter + "_")}
    cfg = multi_person_config(17, expected["sparse"].tolist())
    scores = expected["scoremap"]
    # The file holds the pairwise offsets at the detections' cells only.
    pairwise = np.zeros(scores.shape[:2] + (17 * 16, 2), np.float32)
    columns, rows = ((expected["det_grid"] - 4) / 8).round().astype(int).T
    pairwise[rows, columns] = expected["det_pairwise"]
    maps = Maps(scores, expected["locref"], pairwise)
    model = SpatialModel(cfg)
    for a in range(17):
        for b in range(a + 1, 17):
            set_pair(model, a, b, *(expected[name][a, b] for name in ("X_min", "X_max", "w")))
    return Case(cfg, maps, extract_detections(cfg, *maps), model, expected)


def set_pair(model, a, b, x_min, x_max, w):
    """Parameters of one pair of a SpatialModel, from outside."""
    model.X_min[a][b], model.X_max[a][b], model.w[a][b] = x_min, x_max, w


def agreeable_model(cfg):
    """Sure where the offsets agree, even at 15 px off each way, then unlikely."""
    model = SpatialModel(cfg)
    for a, b in itertools.combinations(range(cfg.num_joints), 2):
        set_pair(model, a, b, np.zeros(8), np.ones(8), np.array([-0.1, 0, -0.1, 0, 0, 0, 0, 0, 3]))
    return model


def place(people, skew=0.0):
    """people [P, J, 2] -> Detections of score 0.9 on all joints, their pairwise offsets off by skew px."""
    people = np.asarray(people, float)
    persons, joints = people.shape[:2]
    offsets = np.zeros((joints, persons, joints * (joints - 1), 2))
    for a in range(joints):
        for b in set(range(joints)) - {a}:
            offsets[a, :, get_pairwise_index(a, b, joints)] = people[:, b] - people[:, a] + skew
    coord = list(people.transpose(1, 0, 2))
    return Detections(coord, coord, [np.full((persons, 1), 0.9)] * joints, list(offsets))


def with_stray(found, joint, point, score):
    """The detections and one more of a joint, whose offsets are 0."""
    parts = [list(part) for part in found]
    additions = [point], [point], [[score]], np.zeros((1,) + found.pairwise[joint].shape[1:])
    for part, addition in zip(parts, additions):
        part[joint] = np.concatenate([part[joint], np.array(addition, float)])
    return Detections(*parts)
