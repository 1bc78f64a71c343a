"""A grey frame with bright squares, and a network whose cells see nothing but themselves."""
from types import SimpleNamespace

import numpy as np
import pytest

from dataset.maps import Maps, map_size
from multiperson import changes
from multiperson.changes import KeyFrame, changed_boxes, windows
from multiperson.following import Follower
from multiperson.frames import FramePredictor
from util.config import default_config
from util.video import Frame

pytest.importorskip("cv2")

SIZE = 800, 608  # px, (width, height)
STRIDE = 4


def frame_with(*places):
    """Squares of 16 px at places (x, y) px; the brighter, the farther right."""
    image = np.full(SIZE[::-1] + (3,), 60, np.uint8)
    for x, y in places:
        image[y:y + 16, x:x + 16] = 150 + x // 10
    return image


class CellByCell(object):
    """In place of a MapPredictor: cells of bright squares have high scores. sides: of the pictures that it was given"""

    def __init__(self):
        self.sides = []

    def all_maps(self, images, again):
        return [self._maps(image) for image in images]

    def _maps(self, image):
        self.sides.append(image.shape[1::-1])
        rows, columns = map_size(*image.shape[:2], STRIDE)
        light = np.zeros((rows, columns), np.float32)
        seen = image[::STRIDE, ::STRIDE, 0] / 255.0
        light[:seen.shape[0], :seen.shape[1]] = np.where(seen > 0.4, seen, 0)
        locref = np.stack([light, -light], axis=-1)[:, :, None] * np.ones((2, 1))
        return Maps(np.stack([light, light / 2], axis=-1), locref, np.stack([light, 3 * light], axis=-1)[:, :, None] * np.ones((2, 1)))


@pytest.fixture
def predictor():
    found = object.__new__(FramePredictor)
    found._cfg = default_config()
    found._cfg.update(num_joints=2, stride=STRIDE, nms_radius=2.0, det_min_score=0.3)
    found._predictor = CellByCell()
    return found


def assert_same(found, expected):
    for (scale, detections, maps), (other_scale, other, other_maps) in zip(found, expected):
        assert scale == other_scale
        for one, two in zip(detections, other):
            for mine, theirs in zip(one, two):
                np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(maps.scores, other_maps.scores)
        np.testing.assert_array_equal(maps.locref, other_maps.locref)


@pytest.mark.parametrize("before, after", [
    ([(100, 100), (500, 300)], [(100, 100), (512, 304)]),
    ([(100, 100), (700, 500)], [(112, 104), (712, 508)]),
    ([(100, 100)], [(100, 100), (780, 580), (4, 588)]),
    ([(100, 100), (300, 300)], [(100, 100)]),
    ([(100, 100)], [(100, 100)])])
def test_what_is_found_again_is_what_the_whole_frame_shows(predictor, before, after):
    key = KeyFrame(frame_with(*before))
    expected = predictor.search(frame_with(*after))
    key.found(predictor.search)
    predictor._predictor.sides.clear()
    found, = predictor.search_all([(frame_with(*after), key)])
    assert len(expected[0][1].coord[0]) > 0
    assert_same(found, expected)
    assert sum(width * height for width, height in predictor._predictor.sides) <= changes.MOST * np.prod(SIZE)


def test_a_frame_that_is_another_is_searched_whole(predictor):
    key, other = KeyFrame(frame_with((100, 100))), 255 - frame_with((200, 300))
    key.found(predictor.search)
    predictor._predictor.sides.clear()
    found, = predictor.search_all([(other, key)])
    assert predictor._predictor.sides == [SIZE]
    assert_same(found, predictor.search(other))


def test_several_frames_at_once(predictor):
    """Each is compared with its own key frame, or with none."""
    frames = [frame_with((100, 100), (40 * number, 300)) for number in range(5)]
    keys = [KeyFrame(frames[0]), None, KeyFrame(frames[2]), KeyFrame(255 - frames[3]), None]
    found = predictor.search_all(list(zip(frames, keys)))
    assert len(found) == 5
    for one, frame in zip(found, frames):
        assert_same(one, predictor.search(frame))


def test_noise_is_no_change():
    noise = np.random.RandomState(0).randint(-8, 9, SIZE[::-1] + (3,))
    key = KeyFrame(frame_with((100, 100)))
    assert len(changed_boxes(np.uint8(frame_with((100, 100)) + noise), key, 12)) == 0
    box, = changed_boxes(frame_with((100, 100), (400, 400)), key, 12)
    assert (box[:2] < 400).all() and (box[2:] > 416).all() and (box[2:] - box[:2] < 100).all()


@pytest.mark.parametrize("size, filled_up", [(SIZE, SIZE), ((1039, 779), (1056, 800))])
def test_windows_hold_the_boxes_and_lie_in_the_frame(size, filled_up):
    rng = np.random.RandomState(0)
    sides = set()
    for _ in range(300):
        low = rng.uniform(0, 0.9, (rng.randint(1, 4), 2)) * size
        boxes = np.concatenate([low, np.minimum(low + rng.uniform(5, 200, low.shape), size)], axis=1)
        for window in windows(boxes, size) or []:
            inner, outer = np.array(window.inner), np.array(window.outer)
            assert (outer[:2] % changes.ALIGNED == 0).all() and (outer[:2] <= inner[:2]).all() and (inner[2:] <= outer[2:]).all()
            assert (outer >= 0).all() and (outer[2:] <= filled_up).all() and (inner[2:] <= size).all()
            room = np.minimum(inner[:2], changes.CONTEXT), np.minimum(size - inner[2:], changes.CONTEXT)
            assert (inner[:2] - outer[:2] >= room[0]).all() and (outer[2:] - inner[2:] >= room[1]).all()
            sides.update((outer[2:] - outer[:2]).tolist())
        for box in boxes if windows(boxes, size) else []:
            assert any((np.array(inner[:2]) <= box[:2]).all() and (box[2:] <= np.array(inner[2:])).all()
                       for inner, _ in windows(boxes, size))
    assert sides <= {changes.STEP // 2, *filled_up, *range(changes.STEP, max(size), changes.STEP)}  # what runs them keeps few


def test_one_frame_in_so_many_is_a_key_frame(predictor, monkeypatch):
    """The memory that the others may need is taken before the first."""
    reserved = []
    monkeypatch.setattr(predictor, "_predictor", SimpleNamespace(reserve=lambda image: reserved.append(image.shape)))
    follower = object.__new__(Follower)
    follower._cfg, follower._predictor = default_config(), predictor
    follower._cfg.track_key_frames = 3
    frames = [Frame(number, 0.0, frame_with((number, 0))) for number in (0, 5, 10, 20, 25, 30, 35)]
    keys = [next(frame.number for frame in frames if frame.image is key.image) for _, key in follower.keyed(iter(frames))]
    assert keys == [0, 0, 0, 20, 20, 20, 35]
    assert reserved == [(SIZE[1], int(changes.MOST * SIZE[0]), 3)]
