import os

import numpy as np
import pytest
from PIL import Image

from dataset.dataset_mat import read_dataset_mat
from dataset.formats.mpii_release import ReleasePerson, ReleasePicture
from models.mpii.prepare import cut_out, prepare, resize_box
from mpii_release import person, save_release, struct
from util.command import UserError


def imresize(image, scale):
    """MATLAB's imresize(image, scale, 'bicubic'): along one side, then the other, with its formulas (Keys 1981)."""
    for axis in (0, 1):
        length = image.shape[axis]
        out = int(np.ceil(length * scale))
        u = np.arange(1, out + 1) / scale + 0.5 * (1 - 1 / scale)
        shrink = min(scale, 1)
        width = int(np.ceil(4 / shrink)) + 2
        index = np.floor(u - 2 / shrink)[:, None] + np.arange(width)
        x = np.abs(shrink * (u[:, None] - index))
        near, far = 1.5 * x ** 3 - 2.5 * x ** 2 + 1, -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2
        weights = np.where(x <= 1, near, np.where(x <= 2, far, 0))
        weights /= weights.sum(axis=1, keepdims=True)
        mirrored = np.concatenate([np.arange(length), np.arange(length)[::-1]])
        source = mirrored[(index.astype(int) - 1) % (2 * length)]
        image = np.einsum("ok,ok...->o...", weights, np.moveaxis(image, axis, 0).astype(float)[source])
        image = np.moveaxis(image, 0, axis)
    return np.clip(np.round(image), 0, 255)


@pytest.mark.parametrize("scale", [0.13, 0.37, 0.5, 0.813, 1.0, 1.7, 3.3])
def test_resizing_is_matlabs(scale):
    rng = np.random.RandomState(0)
    noise = Image.fromarray(rng.randint(0, 256, (12, 15, 3), np.uint8)).resize((151, 120), Image.BICUBIC)
    image = np.asarray(noise)
    expected = imresize(image, scale)
    height, width = expected.shape[:2]
    whole = resize_box(image, scale, [0, 0, width, height])
    assert np.abs(whole - expected).max() <= 2
    box = [width // 3, height // 4, width - 2, height // 4 * 3]
    part = resize_box(image, scale, box)
    assert np.abs(part - expected[box[1]:box[3], box[0]:box[2]]).max() <= 2


def release_picture(*people, single=()):
    return ReleasePicture("a.jpg", True, [ReleasePerson(np.array(joints, float), 50) for joints in people], set(single))


ME = [(0, 401, 301), (9, 421, 501), (6, 1, 1)]  # scale 1: joints from (400, 300) to (420, 500)


def test_the_order_of_joints_and_the_box():
    cut = cut_out(release_picture(ME, [(0, 1, 1)]), 0, (1000, 800))
    assert cut.scale == 1 and cut.box.tolist() == [400 - 65, 300 - 65, 421 + 65, 501 + 65]
    assert cut.joints.tolist() == [[0, 65, 65], [13, 85, 265]]
    assert cut_out(release_picture(ME, single=[0]), 0, (1000, 800)).box.tolist() == [270, 170, 551, 631]
    assert cut_out(release_picture(ME, single=[0]), 0, (500, 520)).box.tolist() == [270, 170, 500, 520]
    all_joints = [(joint, 100 + joint, 200) for joint in range(16)]
    ids = cut_out(release_picture(all_joints), 0, (500, 500)).joints
    np.testing.assert_array_equal(ids[np.argsort(ids[:, 0]), 1] + 100 - 65, 100 + np.array(
        [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 8, 9]))


@pytest.mark.parametrize("others, left, right", [
    ([(0, 481, 9)], 270, 461),  # 480 - 20
    ([(0, 351, 9), (1, 321, 9)], 370, 551),
    ([(0, 411, 9)], 270, 551),  # above me: no side to cut
    ([(0, 701, 9)], 270, 551),
    ([(0, 351, 9), (1, 471, 9), (2, 410, 900)], 370, 451),
])
def test_people_who_stand_apart_are_cut_short_of_others(others, left, right):
    box = cut_out(release_picture(ME, others, single=[0]), 0, (1000, 800)).box
    assert (box[0], box[2]) == (left, right)


def test_nobody_to_cut_out():
    assert cut_out(ReleasePicture("a", True, [ReleasePerson(np.zeros((0, 3)), 50)], set()), 0, (99, 99)) is None
    assert cut_out(ReleasePicture("a", True, [ReleasePerson(np.array(ME), None)], set()), 0, (99, 99)) is None
    assert cut_out(release_picture([(0, 5000, 1)]), 0, (99, 99)) is None


@pytest.fixture
def release(tmp_path):
    """Two pictures with a bright dot on joint 0; one that is missing; one for testing."""
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg", "test.jpg"):
        image = np.full((300, 400, 3), 30, np.uint8)
        image[98:103, 198:203] = 255  # around the pixel that MATLAB calls (201, 101)
        Image.fromarray(image).save(str(tmp_path / "images" / name), quality=100)
    head = (0, 0, 100, 0)  # of size 60: scale 50 / 60
    me, other = person([(0, 201, 101), (9, 221, 201)], head), person([(1, 301, 201)], head)
    save_release(tmp_path / "r.mat", [("a.jpg", struct(me, other), 1, [1]), ("test.jpg", struct(me), 0, [1]),
                                      ("missing.jpg", struct(me), 1, [1]), ("b.jpg", struct(person([]), me), 1, [1])])
    return [str(tmp_path / name) for name in ("r.mat", "images", "out")]


def test_the_whole_way(release, caplog):
    assert prepare(*release) == 3
    assert "1 pictures were left out" in caplog.text and "missing.jpg" in caplog.text
    items = read_dataset_mat(os.path.join(release[2], "dataset.mat"))
    assert [os.path.basename(item.im_path) for item in items] == ["im00001_1.png", "im00001_2.png", "im00004_2.png"]
    for item in (items[0], items[2]):
        image = np.asarray(Image.open(item.im_path))
        assert list(image.shape[:2]) == item.im_size[1:] and item.joints[0][:, 0].tolist() == [0, 13]
        ys, xs = np.nonzero(image[..., 0] > 200)
        np.testing.assert_allclose([xs.mean(), ys.mean()], item.joints[0][0, 1:], atol=0.5)
    assert sorted(os.listdir(release[2])) == ["dataset.mat", "im00001_1.png", "im00001_2.png", "im00004_2.png"]


def test_it_can_be_stopped_and_run_again(release):
    prepare(*release)
    kept, again = (os.path.join(release[2], name) for name in ("im00001_1.png", "im00001_2.png"))
    before = os.stat(kept).st_mtime_ns
    os.remove(again)
    assert prepare(*release) == 3
    assert os.path.exists(again) and os.stat(kept).st_mtime_ns == before


@pytest.mark.parametrize("head", [(0, 0, 1e9, 0), (0, 0, 0.01, 0)])
def test_impossible_heads(tmp_path, release, caplog, head):
    save_release(tmp_path / "r.mat", [("a.jpg", struct(person([(0, 201, 101)], head)), 1, [1]),
                                      ("b.jpg", struct(person([(0, 201, 101)], (0, 0, 100, 0))), 1, [1])])
    assert prepare(*release) == 1
    assert "a.jpg: person 1 cannot have a head of" in caplog.text


def test_no_pictures_at_all(release, tmp_path):
    with pytest.raises(UserError, match="nobody to be cut out"):
        prepare(release[0], str(tmp_path), release[2])
