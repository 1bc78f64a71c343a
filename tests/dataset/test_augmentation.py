import numpy as np
import pytest

from dataset import augmentation
from util.config import default_config


def config(**keys):
    cfg = default_config()
    cfg.update(keys)
    return cfg


def centre_of_light(image):
    weight = image[..., 0].astype(float) - image[..., 0].min()
    ys, xs = np.mgrid[:image.shape[0], :image.shape[1]] + 0.5
    return np.array([(xs * weight).sum(), (ys * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("keys", [
    dict(),
    dict(rotation=180),
    dict(input_size=96),
    dict(rotation=30, translation=0.1, input_size=96),
    dict(translation=0.1),
    dict(input_size=96, close_up=1.0, rotation=20),
])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("seed", range(3))
def test_a_light_and_its_joint_land_together(keys, scale, seed):
    image = np.zeros((100, 140, 3), np.uint8)
    image[44:52, 64:72] = 255  # its middle is at (68, 48)
    people = [np.array([[2, 68.0, 48.0]])]
    warped, moved, back = augmentation.warp(image, people, config(mean_pixel=[0, 0, 0], **keys), scale,
                                      np.random.RandomState(seed))
    assert moved[0][0, 0] == 2
    np.testing.assert_allclose(back.dot(np.append(moved[0][0, 1:], 1)), [68, 48], atol=1e-9)
    # Sizes are cut to whole pixels: a joint may be up to a pixel off at the far side, half in the middle.
    np.testing.assert_allclose(centre_of_light(warped), moved[0][0, 1:], atol=0.6)


def test_a_crop_is_around_a_person():
    image = np.zeros((300, 400, 3), np.uint8)
    people = [np.array([[0, 310.0, 210.0], [1, 330.0, 250.0]])]
    warped, moved, _ = augmentation.warp(image, people, config(input_size=96), 1.0, np.random.RandomState(0))
    assert warped.shape == (96, 96, 3)
    np.testing.assert_allclose(moved[0][:, 1:].mean(axis=0), [48, 48])


def test_nothing_is_on_by_default():
    image = np.random.RandomState(0).randint(0, 256, (30, 40, 3), np.uint8)
    cfg, rng = default_config(), np.random.RandomState(0)
    warped, _, _ = augmentation.warp(image, [], cfg, 1.0, rng)
    np.testing.assert_array_equal(warped, image)
    np.testing.assert_array_equal(augmentation.recolour(image, cfg, rng), image)
    np.testing.assert_array_equal(augmentation.occlude(image, cfg, rng), image)


def test_occlusion_hides_one_rectangle():
    image = np.random.RandomState(0).randint(0, 256, (50, 60, 3), np.uint8)
    hidden = augmentation.occlude(image, config(occlusion=1.0), np.random.RandomState(3))
    rows, columns = np.nonzero((hidden != image).any(axis=2))
    box = hidden[rows.min():rows.max() + 1, columns.min():columns.max() + 1].reshape(-1, 3)
    assert 5 <= np.ptp(rows) + 1 <= 20 and 6 <= np.ptp(columns) + 1 <= 24
    assert len(np.unique(box, axis=0)) == 1


def test_grey():
    image = np.random.RandomState(0).randint(0, 256, (5, 6, 3), np.uint8)
    grey = augmentation.recolour(image, config(grey=1.0), np.random.RandomState(0))
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 1] == grey[..., 2]).all()
