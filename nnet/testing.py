"""One person in each picture of a data set, and the maps in which they were found, kept in files."""
import itertools
import os

import numpy as np
from PIL import Image
from tqdm import tqdm

from dataset import factory
from dataset.pose_dataset import read_picture
from nnet.predict import PosePredictor
from util.command import unique_names
from util.mat import write_mat
from util.processor import parallel_searches
from util.skeleton import Skeleton
from util.threads import behind, in_groups
from util.visualize import draw_pose


def cache_maps(folder, name, found):
    """Write a picture's maps as <folder>/<image>.mat (scoremaps) and <image>_locreg.mat (locreg_pred, px)."""
    name = os.path.join(folder, name)
    write_mat(name + ".mat", {"scoremaps": found.scores.astype(np.float32)})
    if found.locref is not None:
        write_mat(name + "_locreg.mat", {"locreg_pred": found.locref.astype(np.float32)})


def predict_poses(cfg, out, draw=True, cache=False):
    """Write <out>/predictions.mat: `joints`, one J x 3 array (x, y in the picture's pixels, score) a picture."""
    dataset = factory.create(cfg)
    parallel = parallel_searches()
    predictor = PosePredictor(cfg, parallel, with_maps=cache)
    skeleton = Skeleton.from_config(cfg)
    os.makedirs(out, exist_ok=True)

    def find(group):
        images = [read_picture(item) for item, _ in group]
        found = predictor.find_all(images)
        for (_, name), image, one in zip(group, images, found):
            if cache:
                cache_maps(cfg.scoremap_dir, name, one)
            if draw:
                drawn = draw_pose(image, one.pose, skeleton, cfg.score_threshold)
                Image.fromarray(drawn).save(os.path.join(out, name + "_pose.png"))
        return [one.pose for one in found]

    named = zip(dataset.data, unique_names([item.im_path for item in dataset.data]))
    groups = behind(find, in_groups(named, predictor.group), 2 * parallel, parallel)
    joints = np.empty((1, dataset.num_images), object)
    for number, pose in enumerate(tqdm(itertools.chain.from_iterable(groups), total=dataset.num_images)):
        joints[0, number] = pose
    path = os.path.join(out, "predictions.mat")
    write_mat(path, {"joints": joints})
    print("wrote %s: %d pictures" % (path, dataset.num_images))
