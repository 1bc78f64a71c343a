"""Photographs that ship inside this project's dependencies, for demos without arguments."""
import matplotlib.cbook
import numpy as np
import skimage.data
from PIL import Image


def sample_images():
    """[(name, uint8 RGB [h, w, 3])]: Eileen Collins (NASA), a cameraman, Grace Hopper (US Navy)."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as stream:
        hopper = np.asarray(Image.open(stream).convert("RGB"))
    camera = np.repeat(skimage.data.camera()[..., None], 3, axis=2)
    return [("astronaut", skimage.data.astronaut()), ("camera", camera), ("grace_hopper", hopper)]
