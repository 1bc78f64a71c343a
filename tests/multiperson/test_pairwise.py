import numpy as np
import pytest
import scipy.io

from dataset.maps import get_pairwise_index
from multiperson import pairwise
from multiperson.detections import Detections
from multiperson.pairwise import PairModel, SpatialModel, SpatialModelError, pair_features
from scenes import multi_person_config, place
from util.command import UserError

MODEL = PairModel(np.arange(8.0), np.arange(8.0) + 2, np.arange(9.0) - 4)


def two_detections():
    """Joint 0 at (12, 11) in the cell around (10, 10), joint 1 at (40, 52) in the cell around (40, 50)."""
    return Detections([np.array([[12.0, 11]]), np.array([[40.0, 52]])],
                      [np.array([[10.0, 10]]), np.array([[40.0, 50]])],
                      [np.array([[0.9]]), np.array([[0.8]])],
                      [np.array([[[33.0, 38], [0, 0]]]), np.array([[[0, 0], [0.0, -39]]])])


def test_features_by_hand():
    # Forward: real (40, 52) - (10, 10) = (30, 42), predicted (33, 38). Backward: real (12, 11) - (40, 50) = (-28, -39),
    # predicted (0, -39).
    forward_angle = np.arctan2(42, 30) - np.arctan2(38, 33)
    four = np.array([5, forward_angle, 28, np.arctan2(28, 39)])
    np.testing.assert_allclose(pair_features(two_detections(), 0, 1), [[np.concatenate([four, np.exp(-four)])]])


def test_relative_features_do_not_change_with_the_size_of_people():
    found = two_detections()
    features = pair_features(found, 0, 1, relative=True)[0, 0]
    # Of joint 0 one offset is predicted, (33, 38), of joint 1 (0, -39): their lengths are the sizes.
    np.testing.assert_allclose(features[[0, 2]], [50 / np.hypot(33, 38), 280 / 39])
    np.testing.assert_allclose(features[[1, 3]], pair_features(found, 0, 1)[0, 0, [1, 3]])
    np.testing.assert_allclose(features[4:], np.exp(-features[:4]))
    larger = Detections(*[[values * factor for values in part] for part, factor in zip(found, (3, 3, 1, 3))])
    np.testing.assert_allclose(pair_features(larger, 0, 1, relative=True)[0, 0], features)


def test_one_joint_of_small_people_side_by_side():
    people = [[[0, 0], [10, 0], [20, 5]], [[12, 0], [22, 0], [32, 5]]]
    cfg = multi_person_config()
    absolute = SpatialModel(cfg).same_person(place(people), 0, 0)
    cfg.pairwise_relative = True
    relative = SpatialModel(cfg).same_person(place(people), 0, 0)
    assert absolute[0, 1] > 0.99  # less than 37.5 px apart
    size = np.sqrt((10 ** 2 + 20 ** 2 + 5 ** 2) / 2)
    np.testing.assert_allclose(relative, [[0.5, 1 / (1 + np.exp(120 / size))], [1 / (1 + np.exp(120 / size)), 0.5]])


def test_a_single_joint_has_no_size_to_measure_distances_in():
    found = Detections([np.array([[12.0, 11], [12, 14]])], [np.array([[10.0, 10], [10, 15]])], [np.array([[0.9], [0.8]])],
                       [np.zeros((2, 0, 2))])
    assert pairwise.person_units(found).tolist() == [1, 1]
    cfg = multi_person_config(1)
    cfg.pairwise_relative = True
    probability = SpatialModel(cfg).same_person(found, 0, 0)
    np.testing.assert_allclose(probability[0], [0.5, 1 / (1 + np.exp(3))])


def test_angles_are_wrapped():
    # The angles to the x axis are almost pi and almost -pi, or any.
    vectors = np.array([[-1, 1e-3], [-1, -1e-3], [0, 2], [0, -3], [5, 5]])
    angles = pairwise.angle_between(vectors[:, None], vectors)
    np.testing.assert_allclose(angles[0, 1], 2e-3, rtol=1e-5)
    np.testing.assert_allclose(angles[2, 3], np.pi)
    np.testing.assert_allclose(angles[2, 4], np.pi / 4)
    np.testing.assert_allclose(angles, angles.T)


def test_every_pair_of_detections_has_its_place():
    found = place([[[0, 0], [10, 0], [20, 5]], [[100, 0], [117, 0], [0, 5]]])
    features = pair_features(found, 1, 2)
    assert features.shape == (2, 2, 8)
    # From person 0's joint 1 to person 1's joint 2: (-10, 5), expected (10, 5).
    np.testing.assert_allclose(features[0, 1, 0], 20)
    # Back: (10, -5), where person 1's joint 2 expects its joint 1 at (117, -5).
    np.testing.assert_allclose(features[0, 1, 2], 107)
    np.testing.assert_allclose(features[[0, 1], [0, 1], :4], 0, atol=1e-12)  # within a person all agrees
    assert found.pairwise[1][0, get_pairwise_index(1, 2, 3)].tolist() == [10, 5]


def test_detections_without_offsets():
    found = two_detections()._replace(pairwise=[np.zeros((1, 0, 2))] * 2)
    with pytest.raises(UserError, match="pairwise_predict: true"):
        pair_features(found, 0, 1)


def test_same_joint_probability():
    np.testing.assert_allclose(pairwise.same_joint_probability(np.array([37.5, 0, 47.5])),
                               [0.5, 1 / (1 + np.exp(-7.5)), 1 / (1 + np.exp(2))])


def test_scaling():
    scaled = pairwise.scale_features(np.array([[3.0, 7.0], [5.0, 7.0]]), np.array([1.0, 7]), np.array([5.0, 7]))
    assert scaled.tolist() == [[0.5, 0], [1, 0]]


def test_probability_is_the_logistic_regression():
    cfg = multi_person_config()
    model = SpatialModel(cfg)
    features = np.arange(8.0)[None] + 1  # scaled: 0.5 each
    with pytest.raises(SpatialModelError, match="joints 0 and 1 is not loaded"):
        model.probability(0, 1, features)
    model.X_min[0][1], model.X_max[0][1], model.w[0][1] = (list(part) for part in MODEL)
    np.testing.assert_allclose(model.probability(0, 1, features), [1 / (1 + np.exp(2 - 4))])  # 0.5 * -4, intercept 4


def test_used_pairs():
    cfg = multi_person_config()
    cfg.num_joints = 3
    assert pairwise.used_pairs(cfg) == [(0, 1), (0, 2), (1, 2)]
    cfg.sparse_graph = [[1, 2], [0, 1], [1, 0]]
    assert pairwise.used_pairs(cfg) == [(0, 1), (1, 2)]
    for wrong in [[1, 3], [1, 1], [-1, 1], [0, 1, 2]]:
        cfg.sparse_graph = [wrong]
        with pytest.raises(ValueError, match="sparse_graph"):
            pairwise.used_pairs(cfg)


def test_files_have_the_reference_s_form(tmp_path):
    cfg = multi_person_config()
    cfg.pairwise_model_dir = str(tmp_path / "model")
    pairwise.write_pair_model(cfg.pairwise_model_dir, 0, 1, MODEL)
    model = scipy.io.loadmat(str(tmp_path / "model/spatial_model_cidx_1_2.mat"))["spatial_model"]
    np.testing.assert_array_equal(model["training_opts"][0][0][0]["X_min"][0][0], MODEL.X_min)
    np.testing.assert_array_equal(model["training_opts"][0][0][0]["X_max"][0][0], MODEL.X_max)
    np.testing.assert_array_equal(model["log_reg"][0][0][0]["w"][0][0][:], MODEL.w)
    loaded = SpatialModel(cfg).load()
    np.testing.assert_array_equal(loaded.X_max[0][1], MODEL.X_max)
    np.testing.assert_array_equal(loaded.w[0][1], MODEL.w)


def test_only_files_that_the_graph_needs(tmp_path):
    cfg = multi_person_config()
    cfg.update(num_joints=3, sparse_graph=[[0, 2]], pairwise_model_dir=str(tmp_path))
    with pytest.raises(SpatialModelError, match="spatial_model_cidx_1_3.mat, which the edges between joints 0 and 2"):
        SpatialModel(cfg).load()
    pairwise.write_pair_model(str(tmp_path), 0, 2, MODEL)
    assert SpatialModel(cfg).load().w[0][1] is None


def test_files_that_are_something_else(tmp_path):
    cfg = multi_person_config()
    cfg.pairwise_model_dir = str(tmp_path)
    path = tmp_path / "spatial_model_cidx_1_2.mat"
    path.write_text("nothing")
    with pytest.raises(SpatialModelError, match="cidx_1_2.mat is not a spatial model"):
        SpatialModel(cfg).load()
    pairwise.write_pair_model(str(tmp_path), 0, 1, MODEL._replace(w=np.ones(5)))
    with pytest.raises(SpatialModelError, match="must be 8, 8 and 9 finite numbers"):
        SpatialModel(cfg).load()
