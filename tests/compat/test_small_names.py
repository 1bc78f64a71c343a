"""Small things that scripts of 2017 import."""
import numpy as np
from easydict import EasyDict


def test_people():
    from multiperson.detections import Detections, make_nms_grid, pos_from_grid_raw, pos_from_gridpos_offset
    from multiperson.predict import (SpatialModel, compute_angle, compute_features, get_person_conf_single, logit_transform,
                                     wrap_angle)
    from multiperson.visualize import draw_conf_min_count, get_ref_points, keypoint_colors, marker_size, min_match_dist

    assert make_nms_grid(nms_radius=1.0).tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    assert pos_from_grid_raw(np.array([2, 3]), 8.0).tolist() == [20, 28]
    assert pos_from_gridpos_offset(np.array([2, 3]), np.array([1, -1]), 8.0).tolist() == [21, 27]
    assert compute_angle(np.array([0.0]), np.array([2.0])) == np.pi / 2
    np.testing.assert_allclose(wrap_angle(np.array([0.5, 1.5 * np.pi])), [0.5, 0.5 * np.pi])
    assert logit_transform(np.array([0.5]))[0] == 0 and logit_transform(np.array([0.9]))[0] < 0
    features = compute_features(np.array([[3.0, 0.0]]), np.array([[0.0, 4.0]]))
    np.testing.assert_allclose(features, [[5, np.pi / 2]])

    sm = SpatialModel(EasyDict(num_joints=3, sparse_graph=[[0, 1]]))
    assert sm.need_this_pairwise(0, 1) and sm.need_this_pairwise(2, 2) and not sm.need_this_pairwise(1, 2)
    sm.X_min[0][1], sm.X_max[0][1], sm.w[0][1] = np.zeros(8), np.ones(8), np.append(np.zeros(8), 1.0)
    coord = [np.array([[10.0, 10.0]]), np.array([[20.0, 20.0], [30.0, 30.0]]), np.zeros((0, 2))]
    found = Detections(coord, coord, [np.ones((len(one), 1)) for one in coord], [np.ones((len(one), 6, 2)) for one in coord])
    np.testing.assert_allclose(sm.eval(0, 1, found), np.full((1, 2), 1 / (1 + np.exp(-1))))
    np.testing.assert_allclose(sm.compute_different_part_pairwise(0, 1, found), sm.eval(0, 1, found))
    np.testing.assert_allclose(sm.eval(1, 1, found)[0, 1], 1 / (1 + np.exp(0.2 * np.hypot(10, 10) - 7.5)))

    positions = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert get_person_conf_single(sm, np.array([[0.9, 0.1, 0.2], [0.1, 0.8, 0.7]]), positions).tolist() == [
        [1, 2], [3, 4], [3, 4]]
    assert get_ref_points(np.array([[[0.0, 0], [10, 20], [20, 40]]])).tolist() == [[15, 30]]
    assert (min_match_dist, draw_conf_min_count) == (200, 3) and marker_size > 0 and keypoint_colors[0].startswith("#")


def test_arrays_and_circles():
    from util.mscoco_util import interweave_matrices, multi_dim_argmax
    from util.visualize import _npcircle, check_point

    maps = np.zeros((4, 5, 2))
    maps[1, 2, 0] = maps[3, 4, 1] = 1
    rows, columns = multi_dim_argmax(maps)
    assert rows.tolist() == [1, 3] and columns.tolist() == [2, 4]
    x = np.array([[1, 4], [7, 10]])
    assert interweave_matrices(x, x + 1, x + 2).tolist() == [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
    image = np.zeros((20, 30, 3), np.uint8)
    _npcircle(image, 10, 5, 3, (200, 100, 0), 0.0)
    assert image[5, 10].tolist() == [200, 100, 0] and image[5, 13].any() and not image[5, 14].any()
    assert check_point(5, 5, 0, 0, 10, 10) and not check_point(5, 11, 0, 0, 10, 10)


def test_data_and_configs():
    from dataset.pose_dataset import extend_crop, get_pairwise_index
    from default_config import cfg as same
    from util.config import cfg

    assert list(extend_crop([10, 20, 30, 40], 15, [3, 50, 100])) == [0, 5, 45, 49]
    assert get_pairwise_index(j_id=2, j_id_end=0, num_joints=4) == 6
    assert cfg is same and cfg.stride == 8.0 and "global_scale" in cfg
