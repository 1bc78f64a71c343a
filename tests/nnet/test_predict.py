import json
import shutil

import numpy as np
import pytest
from easydict import EasyDict

from dataset.pairwise_stats import save_pairwise_stats
from nnet.checkpoint import CheckpointError
from nnet.map_predictor import MapPredictor, scales_for
from nnet.net_factory import pose_net
from nnet.predict import (Found, PosePredictor, argmax_arrows_predict, argmax_pose_predict, extract_cnn_output,
                          setup_pose_prediction)
from nnet.runtimes import ONNXRuntime, OpenVINO, TensorFlow
from nnet.tf import tf
from util.config import cfg_from_file, default_config
from util.skeleton import Skeleton


def decode(z, **keys):
    cfg = default_config()
    cfg.update(num_joints=4, location_refinement=True, pairwise_predict=True, **keys)
    pairs = [(a, b) for a in range(4) for b in range(4) if a != b]
    stats = {pair: {"mean": z["pair_mean"][pair], "std": z["pair_std"][pair]} for pair in pairs}
    return extract_cnn_output(z, cfg, stats)


def test_equal_to_the_reference(numbers):
    z = numbers("decode")
    scores, locref, pairwise = decode(z)
    np.testing.assert_array_equal(scores, z["out_scmap"])
    np.testing.assert_allclose(locref, z["out_locref"], rtol=1e-6)
    np.testing.assert_allclose(pairwise, z["out_pairwise"], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(argmax_pose_predict(scores, locref, 8.0), z["pose"], atol=1e-5)
    arrows = argmax_arrows_predict(scores, locref, pairwise, 8.0)
    rows = [(a, b) + tuple(start) + tuple(end) for (a, b), (start, end) in sorted(arrows.items())]
    np.testing.assert_allclose(rows, z["arrows"], atol=1e-4)


def test_the_order_of_the_statistics_file(numbers):
    z = dict(numbers("decode"))
    _, _, expected = decode(z)
    pairs = [(a, b) for a in range(4) for b in range(4) if a != b]
    order = np.random.RandomState(0).permutation(12)
    shuffled = z["pairwise_pred"].reshape(1, 21, 17, 12, 2)[..., order, :].reshape(1, 21, 17, 24)
    cfg = default_config()
    cfg.update(num_joints=4, location_refinement=True, pairwise_predict=True, tensorflow_pairwise_order=False)
    stats = {pairs[k]: {"mean": z["pair_mean"][pairs[k]], "std": z["pair_std"][pairs[k]]} for k in order}
    _, _, found = extract_cnn_output(dict(z, pairwise_pred=shuffled), cfg, stats)
    np.testing.assert_array_equal(found, expected)


def test_without_location_refinement():
    scores = np.zeros((4, 6, 2), np.float32)
    scores[2, 3, 0], scores[1, 5, 1] = 0.7, 0.6
    cfg = default_config()
    found, locref, pairwise = extract_cnn_output({"part_prob": scores[None]}, cfg)
    assert locref is None and pairwise is None
    np.testing.assert_allclose(argmax_pose_predict(found, None, 8.0), [[28, 20, 0.7], [44, 12, 0.6]], rtol=1e-6)


@pytest.fixture
def config(tmp_path, write_config, random_weights):
    return cfg_from_file(write_config(tmp_path, init_weights=random_weights))


def test_old_scripts_get_session_inputs_outputs(config):
    session, inputs, outputs = setup_pose_prediction(config)
    maps = session.run(outputs, {inputs: np.zeros((1, 64, 96, 3))})
    assert {name: values.shape for name, values in maps.items()} == {"part_prob": (1, 8, 12, 4), "locref": (1, 8, 12, 8)}


def test_the_joints_of_the_weights(tmp_path, random_weights):
    """A config of type coco, whose weights were trained for four joints that only their side file knows."""
    for part in (".index", ".data-00000-of-00001"):
        shutil.copy(random_weights + part, str(tmp_path / ("weights" + part)))
    skeleton = Skeleton.from_names(["nose", "left_ear", "right_ear", "tail"], [[0, 3]])
    (tmp_path / "weights.json").write_text(json.dumps({"skeleton": skeleton._asdict()}))
    (tmp_path / "pose_cfg.yaml").write_text(
        "dataset_type: coco\nnet_type: efficientnet_lite0\nskip_connections: true\nlocation_refinement: true\n"
        "mean_pixel: [127.0, 127.0, 127.0]\ninit_weights: weights\n")
    cfg = cfg_from_file(str(tmp_path / "pose_cfg.yaml"))
    assert PosePredictor(cfg).find(np.zeros((64, 96, 3), np.uint8)).pose.shape == (4, 3)
    assert Skeleton.from_config(cfg) == skeleton


def test_several_sizes_are_tried_and_the_surest_is_kept(config, monkeypatch):
    config.test_sizes = [64, 128, 192]
    monkeypatch.setattr("nnet.predict.SURE", 1.1)
    predictor = PosePredictor(config, with_maps=True)
    image = np.random.RandomState(0).randint(0, 256, (80, 100, 3), np.uint8)
    areas = [scale ** 2 * 80 * 100 for scale in scales_for(image, config)]
    assert areas == pytest.approx([64 ** 2, 128 ** 2, 192 ** 2])
    found = predictor.find(image)
    tried = [predictor.find_at(image, scale) for scale in scales_for(image, config)]
    assert (found.pose[:, 2] ** 2).mean() == max((one.pose[:, 2] ** 2).mean() for one in tried)
    assert found.scores.shape[:2] == tuple(2 * -(-int(side * found.scale) // 16) for side in image.shape[:2])
    monkeypatch.setattr("nnet.predict.SURE", 0.0)
    assert predictor.find(image).scale == tried[0].scale  # sure enough: no other size is tried
    config.test_sizes = []
    assert scales_for(image, config) == [1.0]


def test_a_border_does_not_move_joints(config):
    image = np.full((80, 100, 3), 127, np.uint8)  # the colour of the border: the network sees the same either way
    image[30:50, 40:60] = 255
    config.border = 30
    predictor = PosePredictor(config, with_maps=True)
    found = predictor.find(image)
    assert found.scores.shape[:2] == (10, 14)
    framed = np.full((80 + 64, 100 + 64, 3), 127, np.uint8)
    framed[32:-32, 32:-32] = image
    scores, _, _ = predictor.maps(framed)
    np.testing.assert_allclose(found.scores, scores[4:14, 4:18], atol=1e-5)


def test_positions_are_in_the_pictures_own_pixels(config):
    config.global_scale = 0.5
    image = np.random.RandomState(0).randint(0, 256, (160, 200, 3), np.uint8)
    found = PosePredictor(config, with_maps=True).find(image)
    direct = argmax_pose_predict(found.scores, found.locref, 8.0)
    np.testing.assert_allclose(found.pose[:, :2], 2 * direct[:, :2])


def test_missing_weights(config):
    config.init_weights = "nowhere/snapshot-7"
    with pytest.raises(CheckpointError, match="there are no weights nowhere/snapshot-7"):
        setup_pose_prediction(config)


def test_weights_of_another_network(config):
    config.net_type = "resnet_50"
    with pytest.raises(CheckpointError, match="do not fit this config: they lack resnet_v1_50/conv1"):
        setup_pose_prediction(config)


@pytest.mark.parametrize("keys", [dict(skip_connections=True), dict(net_type="resnet_50", skip_connections=False),
                                  dict(net_type="mobilenet_v2_fpn_1.0", stride=4, skip_connections=False)])
def test_pairwise_offsets_of_single_cells_are_those_of_the_dense_maps(tmp_path, write_config, keys):
    prefix = str(tmp_path / "weights")
    cfg = cfg_from_file(write_config(tmp_path, init_weights=prefix, pairwise_predict=True, pairwise_stats_fn=prefix + ".mat",
                                     **keys))
    rng = np.random.RandomState(0)
    save_pairwise_stats(prefix + ".mat", {(a, b): {"mean": 20 * rng.randn(2), "std": 1 + 9 * rng.rand(2)}
                                          for a in range(4) for b in range(4) if a != b})
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(0)
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix, write_meta_graph=False, write_state=False)
    image = rng.randint(0, 256, (64, 96, 3), np.uint8)
    session, inputs, outputs = setup_pose_prediction(cfg)
    expected = extract_cnn_output(session.run(outputs, {inputs: image[None]}), cfg)
    scores, locref, pairwise = MapPredictor(cfg).maps(image)
    np.testing.assert_allclose(scores, expected[0], atol=1e-5)
    np.testing.assert_allclose(locref, expected[1], rtol=1e-4, atol=1e-3)
    assert pairwise.shape == expected[2].shape
    np.testing.assert_allclose(pairwise.dense(), expected[2], rtol=1e-4, atol=1e-3)
    rows, columns = np.array([3, 0, 7]), np.array([5, 1, 0])
    np.testing.assert_allclose(pairwise[rows, columns], expected[2][rows, columns], rtol=1e-4, atol=1e-3)
    assert pairwise[rows[:0], columns[:0]].shape == (0, 12, 2)


PICTURES = [np.random.RandomState(seed).randint(0, 256, size + (3,), np.uint8)
            for seed, size in enumerate([(80, 96), (75, 90), (80, 96), (64, 130), (80, 96), (80, 96)])]


@pytest.fixture(params=[TensorFlow] + [pytest.param(runtime, marks=pytest.mark.skipif(runtime.version() is None, reason="not here"))
                                       for runtime in (OpenVINO, ONNXRuntime)])
def runtime(request, monkeypatch):
    monkeypatch.setattr("nnet.engine._attempts", lambda *_: [(request.param,)])
    return request.param


@pytest.mark.parametrize("keys", [dict(border=16), dict(test_mirrored=True, border=16, all_joints=[[0, 1], [2], [3]]),
                                  dict(location_refinement=False), dict(precision="auto", test_mirrored=True)])
def test_joints_taken_inside_the_network_are_those_of_the_maps(config, runtime, keys):
    """Where they have most of the border's colour around them, too."""
    config.update(keys)
    reduced, whole = PosePredictor(config), PosePredictor(config, with_maps=True)
    assert type(reduced._networks["poses"].running) is runtime
    for image in PICTURES:
        found, expected = reduced.find(image), whole.find(image)
        np.testing.assert_allclose(found.pose, expected.pose, atol=1e-3)
        assert found.scores is None and expected.scores is not None and found.scale == expected.scale


def test_joints_are_sought_in_the_picture_alone(config, runtime):
    """Not in its border, nor where it was filled up."""
    config.update(border=16)
    predictor, image = PosePredictor(config), PICTURES[1]
    run, feeds = predictor._networks["poses"].run, []
    predictor._networks["poses"].run = lambda feed, again: feeds.append(feed) or run(feed, again)
    predictor.find(image)
    outside = feeds[0]["outside"]
    assert outside.shape == (1, 16, 16, 1) and set(np.unique(outside)) == {0, 1}  # 107 x 122 px, filled up to 128
    assert np.argwhere(outside[0, :, :, 0] == 0).min(axis=0).tolist() == [2, 2]
    assert np.argwhere(outside[0, :, :, 0] == 0).max(axis=0).tolist() == [11, 13]


@pytest.mark.parametrize("keys", [dict(), dict(test_mirrored=True), dict(test_factors=[1.0, 0.5])])
def test_pictures_in_batches(config, runtime, keys):
    """Those of one size go through the network together, and what is found is in their order."""
    config.update(dict(keys, test_batch_size=3, precision="exact", pairwise_predict=False))
    predictor = MapPredictor(config)
    run, sizes = predictor._networks["maps"].run, []
    predictor._networks["maps"].run = lambda feed, again: sizes.append(feed["inputs"].shape) or run(feed, again)
    found = predictor.all_maps(PICTURES)
    in_runs = [size[0] // (1 + config.test_mirrored) for size in sizes]
    factors = max(len(config.test_factors), 1)
    assert sum(in_runs) == factors * len(PICTURES) and max(in_runs) == 3 and len(in_runs) == factors * 3
    for image, maps in zip(PICTURES, found):
        expected = predictor.maps(image)
        np.testing.assert_allclose(maps.scores, expected.scores, atol=1e-5)
        np.testing.assert_allclose(maps.locref, expected.locref, atol=1e-3)


def test_people_in_batches(config, runtime, monkeypatch):
    """Also where one more size is tried for some of them, and all are looked at closer."""
    config.update(test_batch_size=2, test_sizes=[80, 120], person_size=60, input_size=90, score_threshold=0.0)
    predictor = PosePredictor(config)
    first = [predictor.find_at(image, scales_for(image, config)[0]).pose for image in PICTURES]
    monkeypatch.setattr("nnet.predict.SURE", np.median([np.square(pose[:, 2]).mean() for pose in first]) + 1e-7)
    one_by_one = [predictor.find(image) for image in PICTURES]
    run, sizes, turns = predictor._run, [], []
    monkeypatch.setattr(predictor, "_run_together", lambda name, feeds, again, run=predictor._run_together: sizes.append(
        len(feeds)) or run(name, feeds, again))
    monkeypatch.setattr(predictor, "_run", lambda name, feeds, again: turns.append(len(feeds)) or run(name, feeds, again))
    for found, expected in zip(predictor.find_all(PICTURES), one_by_one):
        np.testing.assert_allclose(found.pose, expected.pose, atol=1e-3)
        assert found.scale == pytest.approx(expected.scale)
    assert turns[0] == turns[2] == len(PICTURES) and 0 < turns[1] < len(PICTURES) and max(sizes) == 2
    assert predictor.find_all([]) == []


def test_a_config_without_defaults_and_maps_that_are_asked_for_later(config):
    """As a script of 2017 may have it."""
    plain = EasyDict({key: value for key, value in config.items() if not key.startswith("test_")})
    predictor = PosePredictor(plain)
    assert predictor.find(PICTURES[0]).pose.shape == (4, 3)
    np.testing.assert_allclose(predictor.maps(PICTURES[0]).scores, MapPredictor(config).maps(PICTURES[0]).scores, atol=1e-6)


def test_batches_hold_no_more_than_they_were_measured_with(config):
    config.update(test_batch_size=0)
    predictor = MapPredictor(config)
    predictor._networks["maps"].batch = lambda feed: 8
    sides = [predictor._batch_of(np.zeros((1, side, side, 3), np.float32)) for side in (64, 256, 512, 1024)]
    assert sides == [8, 8, 2, 1]
    config.tile_size = 512
    assert predictor.batch == predictor.group == 1


def test_a_mirrored_picture_gives_mirrored_maps(config):
    """With test_mirrored the network need not be symmetric for its maps to be."""
    config.update(test_mirrored=True, all_joints=[[0, 1], [2], [3]])
    image = np.random.RandomState(0).randint(0, 256, (80, 96, 3), np.uint8)  # whole cells: both fill up alike
    predictor = MapPredictor(config)
    scores, locref, _ = predictor.maps(image)
    mirrored_scores, mirrored_locref, _ = predictor.maps(image[:, ::-1])
    np.testing.assert_allclose(mirrored_scores[:, ::-1, [1, 0, 2, 3]], scores, atol=1e-5)
    np.testing.assert_allclose(mirrored_locref[:, ::-1, [1, 0, 2, 3]] * [-1, 1], locref, atol=1e-4)
    config.test_mirrored = False
    assert np.abs(predictor.maps(image)[0] - scores).max() > 1e-4


def test_the_person_found_is_looked_at_closer(config, monkeypatch):
    """A person whose certain joints span 20 px is cut out, with input_size around, and enlarged to person_size."""
    config.update(person_size=60, input_size=90, score_threshold=0.5)
    predictor, looked_at = PosePredictor(config), []

    def find_at(pictures, again=None):
        (image, scale), = pictures
        looked_at.append((image.shape[:2], scale))
        pose = np.array([[50.0, 60, 0.9], [70, 60, 0.9], [60, 50, 0.9], [3, 3, 0.1]])
        return [Found(pose if len(looked_at) == 1 else pose - [45, 40, 0], scale, None, None)]

    monkeypatch.setattr(predictor, "_find_at", find_at)
    found = predictor.find(np.zeros((200, 300, 3), np.uint8))
    assert looked_at[0] == ((200, 300), 1.0)
    assert looked_at[1] == ((31, 31), 3.0)  # 90 / 3 px around (60, 55), and the last one whole
    np.testing.assert_allclose(found.pose[:3, :2], [[50, 60], [70, 60], [60, 50]])


@pytest.mark.parametrize("again, expected", [(None, [None, None]), (True, [True, False]), (False, [False, False])])
def test_what_comes_in_many_sizes_is_not_compiled_for(config, again, expected):
    config.update(person_size=60, input_size=90, score_threshold=0.0)
    predictor, told = PosePredictor(config, again=again), []
    run = predictor._networks["poses"].run
    predictor._networks["poses"].run = lambda feed, again: told.append(again) or run(feed, again)
    predictor.find(np.random.RandomState(0).randint(0, 256, (80, 96, 3), np.uint8))
    assert told == expected
