"""Find everybody's joints in pictures: draws them and writes them as JSON.

    python demo/demo_multiperson.py                          # five photographs side by side
    python demo/demo_multiperson.py us.jpg --json us.json
"""
import numpy as np

from demo.command import run
from demo.samples import sample_images
from multiperson.predict import PeoplePredictor
from multiperson.visualize import colour_numbers, draw_people
from util.command import run_command
from util.image import resize_to
from util.pose_json import keypoints_of, person_entry
from util.skeleton import Skeleton
from util.visualize import drawn_limbs

MONTAGE_HEIGHT = 416


def montage():
    """[(name, image)]: the sample photographs side by side."""
    images = [image for _, image in sample_images()]
    return [("montage", np.hstack([resize_to(image, (image.shape[1] * MONTAGE_HEIGHT // image.shape[0], MONTAGE_HEIGHT))
                                   for image in images]))]


def make_finder(cfg, again=None):
    predictor = PeoplePredictor(cfg, again)

    def find(images):
        return [[person_entry(person.keypoints, person.score) for person in people] for people in predictor.find_all(images)]

    return find, make_drawer(cfg), predictor


def make_drawer(cfg):
    """What draws, see demo.command.run. cfg: of loaded weights, which may have brought the skeleton"""
    limbs = drawn_limbs(Skeleton.from_config(cfg))

    def draw(image, people):
        return draw_people(image, [keypoints_of(person) for person in people], limbs, colour_numbers(people),
                           cfg.score_threshold)

    return draw


if __name__ == "__main__":
    run_command(lambda: run(__doc__, "demo/pose_cfg_multi.yaml", "models/multi/test/pose_cfg.yaml", montage, make_finder))
