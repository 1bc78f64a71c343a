"""Photographs for demos without arguments: four that come along (demo/images), and one out of scikit-image."""
import glob
import os

import skimage.data

from util.image import read_image

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")


def sample_images():
    """[(name, uint8 RGB [h, w, 3])]: two skateboarders, a skier, a woman, and Eileen Collins (NASA)."""
    paths = sorted(glob.glob(os.path.join(FOLDER, "*.jpg")))
    images = [(os.path.splitext(os.path.basename(path))[0], read_image(path)) for path in paths]
    return images + [("astronaut", skimage.data.astronaut())]
