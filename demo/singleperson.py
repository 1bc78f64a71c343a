"""Find one person's joints in pictures: draws them and writes them as JSON.

    python demo/singleperson.py                              # five photographs: four that come along, one from scikit-image
    python demo/singleperson.py me.jpg --json me.json
"""
from demo.command import run
from demo.samples import sample_images
from nnet.predict import PosePredictor
from util.command import run_command
from util.pose_json import keypoints_of, person_entry
from util.skeleton import Skeleton
from util.visualize import draw_pose


def make_finder(cfg, again=None):
    predictor = PosePredictor(cfg, again=again)
    skeleton = Skeleton.from_config(cfg)  # the weights may have brought it

    def find(images):
        return [[person_entry(found.pose, found.pose[:, 2].mean())] for found in predictor.find_all(images)]

    def draw(image, people):
        return draw_pose(image, keypoints_of(people[0]), skeleton, cfg.score_threshold)

    return find, draw, predictor


if __name__ == "__main__":
    run_command(lambda: run(__doc__, "demo/pose_cfg.yaml", "models/single/test/pose_cfg.yaml", sample_images, make_finder))
