"""Find everybody's joints in pictures: draws them and writes them as JSON.

    python demo/demo_multiperson.py                          # a montage of photographs that come with our dependencies
    python demo/demo_multiperson.py us.jpg --json us.json
"""
import numpy as np

from demo.command import run
from demo.samples import sample_images
from multiperson.detections import extract_detections
from multiperson.pairwise import SpatialModel
from multiperson.predict import find_people
from multiperson.visualize import draw_people
from nnet.predict import PosePredictor
from util.command import run_command
from util.image import resize, resize_to
from util.pose_json import person_entry
from util.skeleton import Skeleton

MONTAGE_HEIGHT = 416


def montage():
    """[(name, image)]: the sample photographs side by side."""
    images = [image for _, image in sample_images()]
    return [("montage", np.hstack([resize_to(image, (image.shape[1] * MONTAGE_HEIGHT // image.shape[0], MONTAGE_HEIGHT))
                                   for image in images]))]


def make_finder(cfg):
    predictor = PosePredictor(cfg)
    skeleton = Skeleton.from_config(cfg)  # the weights may have brought it
    model = SpatialModel(cfg).load()

    def find(image):
        maps = predictor.maps(resize(image, cfg.global_scale))
        people = find_people(model, extract_detections(cfg, *maps)).people
        poses = [person.keypoints / [cfg.global_scale, cfg.global_scale, 1] for person in people]
        entries = [person_entry(pose, person.score) for pose, person in zip(poses, people)]
        return entries, draw_people(image, poses, skeleton.limbs)

    return find


if __name__ == "__main__":
    run_command(lambda: run(__doc__, "demo/pose_cfg_multi.yaml", "models/multi/test/pose_cfg.yaml", montage, make_finder))
