import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from conftest import ROOT
from util.image import EXIF_ORIENTATION, ImageError, as_image, image_size, read_image, resize


@pytest.mark.parametrize("case", range(4))
def test_resize_equals_the_reference(numbers, case):
    z = numbers("resize")
    np.testing.assert_array_equal(resize(z["r%d_in" % case], float(z["r%d_scale" % case])), z["r%d_out" % case])


def test_a_picture_keeps_a_pixel():
    assert resize(np.zeros((3, 300, 3), np.uint8), 0.1).shape == (1, 30, 3)


@pytest.mark.parametrize("pixels, mode, expected", [
    (np.full((4, 5), 7, np.uint8), "L", 7),
    (np.full((4, 5, 4), 7, np.uint8), "RGBA", 7),
    (np.full((4, 5), 7 * 256 + 3, np.uint16), "I;16", 7),
    (np.full((4, 5), True), "1", 255),
])
def test_kinds_of_pictures(tmp_path, pixels, mode, expected):
    path = str(tmp_path / "a.png")
    image = Image.fromarray(pixels)
    assert image.mode == mode
    image.save(path)
    read = read_image(path)
    assert read.shape == (4, 5, 3) and read.dtype == np.uint8 and (read == expected).all()
    assert image_size(path) == (5, 4)


@pytest.mark.parametrize("orientation", range(10))
def test_exif_orientation(tmp_path, orientation):
    path, exif = str(tmp_path / "a.png"), Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    pixels = np.random.RandomState(0).randint(0, 256, (4, 5, 3), np.uint8)
    Image.fromarray(pixels).save(path, exif=exif)
    with Image.open(path) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
        np.testing.assert_array_equal(as_image(image), upright)
    np.testing.assert_array_equal(read_image(path), upright)
    np.testing.assert_array_equal(read_image(path, upright=False), pixels)
    assert image_size(path) == upright.shape[1::-1]


def test_bad_files(tmp_path):
    with pytest.raises(ImageError, match="there is no image nowhere.png"):
        read_image("nowhere.png")
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    for function in (read_image, image_size):
        with pytest.raises(ImageError, match="text.png"):
            function(str(text))
    whole, cut = tmp_path / "whole.png", tmp_path / "cut.png"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (64, 64, 3), np.uint8)).save(str(whole))
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(ImageError, match="cut.png"):
        read_image(str(cut))


@pytest.mark.parametrize("array, expected", [
    (np.full((4, 5), 7, np.uint8), [7, 7, 7]),
    (np.full((4, 5, 1), 7, np.uint8), [7, 7, 7]),
    (np.full((4, 5, 2), [7, 9], np.uint8), [7, 7, 7]),
    (np.full((4, 5, 3), [7, 8, 9], np.uint8), [7, 8, 9]),
    (np.full((4, 5, 4), [7, 8, 9, 1], np.uint8), [7, 8, 9]),
    (np.full((4, 5, 3), [7 << 8, 8 << 8, 9 << 8], np.uint16), [7, 8, 9]),
])
def test_arrays(array, expected):
    image = as_image(array)
    assert image.shape == (4, 5, 3) and image.dtype == np.uint8 and (image == expected).all()


def test_other_forms_of_a_picture(tmp_path):
    image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    path = tmp_path / "a.png"
    Image.fromarray(image).save(str(path))
    for picture in (path, str(path), Image.fromarray(image)):
        np.testing.assert_array_equal(as_image(picture), image)
    turned = Image.fromarray(image)
    turned.getexif()[274] = 6
    np.testing.assert_array_equal(as_image(turned), np.rot90(image, -1))


@pytest.mark.parametrize("array", [np.zeros((4, 5)), np.zeros((3, 4, 5), np.uint8), np.zeros((0, 5, 3), np.uint8), None])
def test_no_pictures(array):
    with pytest.raises(ImageError, match="is no picture: uint8 or uint16"):
        as_image(array)


READ = """
import sys
from util.image import read_image

def peak():
    with open("/proc/self/status") as stream:
        return next(int(line.split()[1]) * 1024 for line in stream if line.startswith("VmHWM"))

before = peak()
pixels = read_image(sys.argv[1])[..., 0].size
print((peak() - before) / pixels)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_a_large_picture_that_lies_on_its_side_takes_little_memory(tmp_path):
    path, exif = str(tmp_path / "large.jpg"), Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    Image.new("RGB", (5000, 4000)).save(path, exif=exif)
    assert read_image(path).shape == (5000, 4000, 3)
    assert float(subprocess.check_output([sys.executable, "-c", READ, path], cwd=ROOT)) < 13  # bytes a pixel
