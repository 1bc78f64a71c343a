import json
import logging

import numpy as np
import pytest

from multiperson import spatial_model_training as training
from multiperson.pairwise import SpatialModel, pair_features
from multiperson.spatial_model_report import (calibration_curve, held_out_probabilities, make_report,
                                              model_probabilities, write_report)
from multiperson.spatial_model_training import NOBODY, collect_examples, fit_spatial_model, owners
from scenes import multi_person_config, place, with_stray

NAMES = ["head", "foot"]


def pictures(count, people, noise, seed=0):
    """`count` pictures of so many people with two joints; their predicted offsets have normal errors of `noise` px."""
    rng = np.random.RandomState(seed)
    for number in range(count):
        heads = rng.uniform(50, 550, (people, 2))
        poses = np.stack([heads, heads + rng.normal([0, 100], 20, (people, 2))], axis=1)
        found = place(poses)
        found = found._replace(pairwise=[part + rng.normal(0, noise, part.shape) for part in found.pairwise])
        yield number, found, [np.column_stack([[0, 1], pose]) for pose in poses]


def test_owners_are_the_nearest_within_reach():
    people = [np.array([[0, 10.0, 10], [1, 50, 50]]), np.array([[0, 30.0, 10]])]
    found = place([[[12, 10], [50, 50]], [[22, 10], [80, 50]]])
    assert [owner.tolist() for owner in owners(found, people, 15)] == [[0, 1], [0, NOBODY]]
    assert owners(found, [], 15)[0].tolist() == [NOBODY] * 2


def test_examples_of_two_people_by_hand():
    poses = [[[10, 10], [10, 90]], [[200, 10], [200, 90]]]
    # One foot is nobody's, but in a picture of several people one cannot say whose it is not.
    found = with_stray(place(poses), 1, [400, 300], 0.5)
    people = [np.column_stack([[0, 1], pose]) for pose in poses]
    examples = collect_examples([(0, found, people), (1, found, people)], [(0, 1)], 17)[0, 1]
    assert examples.same.tolist() == [True, False, False, True] * 2 and examples.image.tolist() == [0] * 4 + [1] * 4
    np.testing.assert_array_equal(examples.features[:4], pair_features(found, 0, 1)[:, :2].reshape(4, 8))


def test_examples_of_one_person_and_nobody():
    found = with_stray(with_stray(place([[[10, 10], [10, 90]]]), 1, [400, 300], 0.5), 0, [500, 300], 0.5)
    whole, headless = np.array([[0, 10, 10], [1, 10, 90]]), np.array([[1, 10, 90]])
    # Head and foot; head with stray foot; stray head with foot. Two strays: nobody knows.
    assert collect_examples([(0, found, [whole])], [(0, 1)], 17)[0, 1].same.tolist() == [True, False, False]
    # The head is not annotated, so that any head may be the person's.
    assert collect_examples([(0, found, [headless])], [(0, 1)], 17)[0, 1].same.tolist() == []
    assert collect_examples([(0, found, [])], [(0, 1)], 17)[0, 1].features.shape == (0, 8)


def test_well_separated_people(tmp_path):
    cfg = multi_person_config()
    examples = collect_examples(pictures(60, 3, noise=3), [(0, 1)], 17)
    fits = fit_spatial_model(examples)
    report = make_report(examples, held_out_probabilities(fits), NAMES)
    assert report["pairs"][0]["positives"] == 180 and report["pairs"][0]["negatives"] == 360
    assert report["mean_auc"] > 0.995
    # The files say of new pictures what they should.
    training.write_spatial_model(str(tmp_path), fits)
    cfg.pairwise_model_dir = str(tmp_path)
    model = SpatialModel(cfg).load()
    fresh = collect_examples(pictures(30, 3, noise=3, seed=1), [(0, 1)], 17)
    probability = model_probabilities(model, fresh)[0, 1]
    assert np.mean((probability > 0.5) == fresh[0, 1].same) > 0.98


@pytest.mark.parametrize("people", [2, 6])
def test_probabilities_are_calibrated(people):
    """Offsets so bad that much stays unsure: the probabilities say how much, whatever the share of the classes."""
    examples = collect_examples(pictures(900 // people, people, noise=150), [(0, 1)], 17)
    report = make_report(examples, held_out_probabilities(fit_spatial_model(examples)), NAMES)
    assert 0.6 < report["mean_auc"] < 0.95
    assert report["calibration"]["expected_error"] < 0.06
    bins = report["calibration"]["bins"]
    counts = np.array([b["examples"] for b in bins])
    mean = np.average([b["mean_probability"] for b in bins], weights=counts)
    np.testing.assert_allclose(mean, 1 / people, atol=0.01)


def test_too_few_examples_are_named(caplog):
    examples = collect_examples(pictures(9, 1, noise=3), [(0, 1)], 17)
    with caplog.at_level(logging.WARNING):
        assert fit_spatial_model(examples) == {}
    assert "9 pairs of one person and 0 others" in caplog.text and "[0, 1]" in caplog.text
    alone = examples[0, 1]._replace(same=np.arange(9) < 5, image=np.zeros(9, int))
    many = training.PairExamples(*(np.repeat(part, 10, axis=0) for part in alone))
    assert training.fit_pair(many) is None  # all in one picture: nothing to hold out


def test_calibration_curve_by_hand():
    same, probability = np.array([0, 1, 1, 1.0]), np.array([0.12, 0.16, 0.9, 1.0])
    curve = calibration_curve(same, probability)
    assert [(b["examples"], b["share_of_one_person"]) for b in curve["bins"]] == [(2, 0.5), (2, 1)]
    np.testing.assert_allclose([b["mean_probability"] for b in curve["bins"]], [0.14, 0.95])
    np.testing.assert_allclose(curve["expected_error"], (0.36 + 0.05) / 2)


def test_report_is_written(tmp_path):
    examples = collect_examples(pictures(20, 2, noise=3), [(0, 1)], 17)
    one_class = training.PairExamples(np.zeros((2, 8)), np.ones(2, bool), np.zeros(2, int))
    examples[0, 2] = one_class
    probabilities = {(0, 1): examples[0, 1].same * 0.8 + 0.1, (0, 2): np.array([0.3, 0.4])}
    report = make_report(examples, probabilities, NAMES + ["hand"])
    write_report(report, str(tmp_path / "new" / "report.json"))
    read = json.loads((tmp_path / "new" / "report.json").read_text())
    assert read == report and read["mean_auc"] == 1.0
    assert read["pairs"][1]["names"] == ["head", "hand"] and read["pairs"][1]["auc"] is None
    assert (tmp_path / "new" / "report.png").stat().st_size > 5000
