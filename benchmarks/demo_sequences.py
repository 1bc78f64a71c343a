"""Three sequences with known tracks, made of the photographs of the demos (demo/images, labelled in
tests/data/demo_people.json): two people crossing, one of two hidden for ten frames, one of two leaving and coming back.

    python benchmarks/demo_sequences.py    # out/crossing.mp4, out/hidden.mp4, out/leaving.mp4
"""
import argparse
import json
import os

import numpy as np
from PIL import Image, ImageFilter

from dataset.cutouts import cut_out
from dataset.layers import Layer, Motion, film, opaque
from dataset.sequences import FPS
from util.command import run_command
from util.config import PROJECT
from util.image import read_image, resize_to
from util.skeleton import COCO
from util.video import writing_video

SIZE, COUNT = (480, 320), 40
GROUND = 170  # px from above, where the middle of people is
TALL = 185  # px from the eyes to the feet: about 200 from top to toe
STEPS = dict(sway=np.array([0, 2.5]), tilt=0.03, period=11)  # of somebody who walks
WOMAN, SKATEBOARDER = "woman_standing", "skateboarder_standing"


def crossing():
    """40 LabelledFrames: 0 walks to the right, before 1, who walks to the left."""
    return _film([_person(SKATEBOARDER, 1, 380, -7, phase=1.0), _person(WOMAN, 0, 100, 7)])


def hidden():
    """40 LabelledFrames: 0 walks to the right, behind a strip, where no joint can be seen for 10 frames; 1 stands there."""
    strip = resize_to(_picture(SKATEBOARDER)[20:300, :75], (150, 320))
    place = Motion(anchor=np.array([75.0, 160.0]), start=np.array([200.0, 160.0]))
    return _film([_person(WOMAN, 0, 52, 7.4), _person(SKATEBOARDER, 1, 425, 0), Layer(opaque(strip), place)])


def leaving():
    """40 LabelledFrames: 0 walks out on the right, cannot be seen for 13 frames, and comes back; 1 stands there."""
    return _film([_person(SKATEBOARDER, 1, 200, 0), _person(WOMAN, 0, 392, 14.1, pull=-0.705)])


def _person(name, track, x, speed, pull=0.0, phase=0.0):
    """The Layer of somebody at x px, who walks at so many px a frame. pull: px a frame, by which that changes each frame"""
    with open(os.path.join(PROJECT, "tests/data/demo_people.json")) as stream:
        label = np.reshape(json.load(stream)[name], (-1, 3)).astype(float)
    ids = np.flatnonzero(label[:, 2])
    joints = np.column_stack([ids, label[ids, :2]])
    cutout = cut_out(_picture(name), joints, COCO, TALL / np.ptp(joints[:, 2]))
    anchor = (cutout.joints[:, 1:].min(axis=0) + cutout.joints[:, 1:].max(axis=0)) / 2
    steps = STEPS if speed else dict(STEPS, period=37)
    motion = Motion(anchor, np.array([x, GROUND]), np.array([speed, 0]), np.array([pull, 0]), phase=phase, **steps)
    return Layer(cutout.picture, motion, [cutout.joints], [track])


def _picture(name):
    return read_image(os.path.join(PROJECT, "demo/images", name + ".jpg"))


def _film(layers):
    """Before a photograph that is so blurred that it shows nobody; with the noise of a camera."""
    blurred = Image.fromarray(_picture("skier")).resize(SIZE).filter(ImageFilter.GaussianBlur(40))
    still = Motion(np.zeros(2), np.zeros(2))
    return film([Layer(opaque(np.asarray(blurred)), still)] + layers, SIZE, COUNT, noise=1.5)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for sequence in (crossing, hidden, leaving):
        path = "out/%s.mp4" % sequence.__name__
        with writing_video(path, FPS) as writer:
            for frame in sequence():
                writer.write(frame.image(), frame.time)
        print("wrote %s" % path)


if __name__ == "__main__":
    run_command(main)
