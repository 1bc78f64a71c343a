import numpy as np
import pytest

from nnet.monitor import find_around, validation_config
from util.command import UserError
from util.config import default_config


def test_each_of_several_people_is_looked_for_around_where_it_is():
    scores, locref = np.zeros((10, 20, 2)), np.zeros((10, 20, 2, 2))
    scores[2, 3], scores[2, 16] = 0.4, 0.9  # (28, 20) and (132, 20) px
    locref[2, 3, 1] = 1, -2
    left, right = (np.array([[0, x, 20.0], [1, x + 6, 24]]) for x in (28, 130))
    np.testing.assert_allclose(find_around(scores, locref, 8, left), [[28, 20, 0.4], [29, 18, 0.4]])
    np.testing.assert_allclose(find_around(scores, None, 8, right), [[132, 20, 0.9]] * 2)
    outside = np.array([[0, -90.0, -50.0]])  # of it nothing can be found, but that is no reason to stop
    assert find_around(scores, locref, 8, outside).shape == (2, 3)


def test_the_pictures_of_validation():
    cfg = default_config()
    cfg.update(val_dataset="elsewhere", dataset_type="coco", dataset_phase="train", rotation=20)
    with pytest.raises(UserError, match="needs val_phase"):
        validation_config(cfg)
    cfg.val_phase = "val"
    found = validation_config(cfg)
    assert (found.dataset, found.dataset_phase, found.rotation) == ("elsewhere", "val", 0)
    assert (cfg.dataset_phase, cfg.rotation) == ("train", 20)
