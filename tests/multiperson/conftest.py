import os
from collections import namedtuple

import numpy as np
import pytest

from dataset.targets import get_pairwise_index
from multiperson.detections import Detections, extract_detections
from multiperson.pairwise import SpatialModel
from util.config import default_config

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")

Case = namedtuple("Case", "cfg maps detections model expected")
Case.__doc__ = """A picture of assembly.npz: config, (scmap, locref, pairwise_diff), the detections in them, the spatial
model, and `expected`: name -> what the 2017 code computed."""


def multi_person_config(num_joints, sparse_graph=()):
    cfg = default_config()
    cfg.update(num_joints=num_joints, nms_radius=5.0, det_min_score=0.2, location_refinement=True,
               sparse_graph=[list(pair) for pair in sparse_graph])
    return cfg


@pytest.fixture(scope="session")
def nms_numbers():
    return np.load(os.path.join(DATA, "nms.npz"), allow_pickle=False)


@pytest.fixture(scope="session", params="abc")
def case(request):
    file = np.load(os.path.join(DATA, "assembly.npz"), allow_pickle=False)
    expected = {name[2:]: file[name] for name in file.files if name.startswith(request.param + "_")}
    cfg = multi_person_config(17, expected["sparse"].tolist())
    scmap = expected["scoremap"]
    # The file holds the pairwise offsets at the detections' cells only.
    pairwise = np.zeros(scmap.shape[:2] + (17 * 16, 2), np.float32)
    columns, rows = ((expected["det_grid"] - 4) / 8).round().astype(int).T
    pairwise[rows, columns] = expected["det_pairwise"]
    maps = scmap, expected["locref"], pairwise
    model = SpatialModel(cfg)
    for a in range(17):
        for b in range(a + 1, 17):
            model.X_min[a][b], model.X_max[a][b] = expected["X_min"][a, b], expected["X_max"][a, b]
            model.w[a][b] = expected["w"][a, b]
    return Case(cfg, maps, extract_detections(cfg, *maps), model, expected)


@pytest.fixture
def two_joint_config():
    return multi_person_config(2)


@pytest.fixture
def place():
    """(people [P, J, 2], skew=0) -> Detections of score 0.9 on all joints, their pairwise offsets off by skew px."""
    def make(people, skew=0.0, score=0.9):
        people = np.asarray(people, float)
        persons, joints = people.shape[:2]
        offsets = np.zeros((joints, persons, joints * (joints - 1), 2))
        for a in range(joints):
            for b in set(range(joints)) - {a}:
                offsets[a, :, get_pairwise_index(a, b, joints)] = people[:, b] - people[:, a] + skew
        coord = list(people.transpose(1, 0, 2))
        return Detections(coord, coord, [np.full((persons, 1), score)] * joints, list(offsets))
    return make
