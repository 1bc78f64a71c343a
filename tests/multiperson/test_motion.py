"""Pictures that are shifted by a known amount."""
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from multiperson import motion
from multiperson.motion import Motion, View
from util.command import UserError

pytest.importorskip("cv2")

SHIFT = np.array([5, -3])  # px, (x, y)
POINTS = np.array([[60.0, 50], [100, 90], [150, 60]])


def shifted_pictures(size):
    """A picture, and the same in which everything lies SHIFT away. size: (width, height)"""
    large = np.random.RandomState(0).standard_normal((size[1] + 20, size[0] + 20))
    large = gaussian_filter(large, 3)
    large = np.uint8(255 * (large - large.min()) / np.ptp(large))
    image = np.repeat(large[..., None], 3, axis=2)
    cut = [image[10 - dy:10 - dy + size[1], 10 - dx:10 - dx + size[0]] for dx, dy in ((0, 0), SHIFT)]
    return list(map(np.ascontiguousarray, cut))


@pytest.mark.parametrize("size", [(200, 140), (900, 600)])
def test_what_was_shifted_is_found(size):
    """Also where the flow is measured in a smaller picture."""
    views = list(map(View, shifted_pictures(size)))
    found, error = Motion(*views).carry(POINTS)
    assert np.abs(found - POINTS - SHIFT).max() < 0.5 and error.max() < 0.5
    back, _ = Motion(*views[::-1]).carry(found)
    assert np.abs(back - POINTS).max() < 0.5


def test_nothing_to_carry():
    found, error = Motion(*map(View, shifted_pictures((200, 140)))).carry(np.zeros((0, 2)))
    assert found.shape == (0, 2) and error.shape == (0,)


def test_patches_of_what_was_shifted():
    before, after = map(View, shifted_pictures((200, 140)))
    units = np.array([4.0, 5, 6])
    first, second = before.patches(POINTS, units), after.patches(POINTS + SHIFT, units)
    np.testing.assert_allclose(first.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    correlation = first.dot(second.T)
    assert correlation.diagonal().min() > 0.95 and correlation[~np.eye(3, dtype=bool)].max() < 0.8
    assert not View(np.full((140, 200, 3), 7, np.uint8)).patches(POINTS, units).any()


def test_colours_around_points():
    image = np.zeros((140, 200, 3), np.uint8)
    image[:, :100], image[:, 100:] = (255, 0, 51), (0, 255, 51)
    found = View(image).colours(np.array([[50.0, 70], [100, 70], [199, 139]]), np.array([5.0, 5, 5]))
    np.testing.assert_allclose(found, [[1, 0, 0.2], [0.5, 0.5, 0.2], [0, 1, 0.2]], rtol=1e-6)


def test_without_opencv(monkeypatch):
    monkeypatch.setattr(motion, "cv2", None)
    with pytest.raises(UserError, match=r"""tracking needs another package: pip install -e "\.\[video\]\""""):
        View(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.parametrize("height, width", [(1, 1), (2, 300), (16, 1000), (31, 80), (300, 3)])
def test_frames_of_any_size(height, width):
    before, after = (View(np.zeros((height, width, 3), np.uint8)) for _ in range(2))
    point = np.array([[width / 2, height / 2]])
    moved, error = Motion(before, after).carry(point)
    np.testing.assert_allclose(moved, point, atol=0.5)
    assert error.shape == (1,) and before.patches(point, np.array([3.0])).shape == (1, motion.PATCH ** 2)
