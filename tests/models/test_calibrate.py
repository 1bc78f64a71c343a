"""models/single/calibrate.py: what it prints of scores whose meaning is known."""
import numpy as np
import pytest

from models.single import calibrate


def made(probability, count=40000, seed=0):
    """[N, 2] (score, right): scores of all sizes, right with a probability that depends on them."""
    rng = np.random.RandomState(seed)
    scores = rng.uniform(0, 1, count)
    return np.column_stack([scores, rng.uniform(0, 1, count) < probability(scores)])


def test_reliability():
    counts, scores, shares = calibrate.reliability(np.array([[0.0, 0], [0.02, 1], [0.07, 1], [1.0, 1]]))
    assert counts.tolist() == [2, 1] + [0] * 17 + [1]
    np.testing.assert_allclose(scores[[0, 1, -1]], [0.01, 0.07, 1])
    np.testing.assert_allclose(shares[[0, 1, -1]], [0.5, 1, 1])
    assert np.isnan(shares[2:-1]).all()


def test_scores_that_are_probabilities_are_near_them():
    assert calibrate.distance(made(lambda scores: scores)) < 0.02
    assert calibrate.distance(made(lambda scores: scores / 2)) == pytest.approx(0.25, abs=0.02)
    assert calibrate.distance(made(calibrate.probability)) > 0.1


def test_report(capsys):
    calibrate.report({"good": made(calibrate.probability), "worse": made(lambda scores: np.maximum(scores - 0.1, 0))})
    said = capsys.readouterr().out
    assert "right: good, worse" in said and "from 0.60 on a joint is more likely right" in said


def test_draw(tmp_path):
    calibrate.draw(str(tmp_path / "reliability.png"), {"one": made(calibrate.probability, 50)})
    assert (tmp_path / "reliability.png").stat().st_size > 5000
