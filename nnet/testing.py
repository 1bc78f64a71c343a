"""One person in each picture of a data set, and the maps in which they were found, kept in files."""
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
from util.threads import behind
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
    predictor = PosePredictor(cfg, parallel)
    skeleton = Skeleton.from_config(cfg)
    os.makedirs(out, exist_ok=True)

    def find(named):
        item, name = named
        image = read_picture(item)
        found = predictor.find(image)
        if cache:
            cache_maps(cfg.scoremap_dir, name, found)
        if draw:
            drawn = draw_pose(image, found.pose, skeleton, cfg.score_threshold)
            Image.fromarray(drawn).save(os.path.join(out, name + "_pose.png"))
        return found.pose

    named = zip(dataset.data, unique_names([item.im_path for item in dataset.data]))
    joints = np.empty((1, dataset.num_images), object)
    for number, pose in enumerate(tqdm(behind(find, named, 2 * parallel, parallel), total=dataset.num_images)):
        joints[0, number] = pose
    path = os.path.join(out, "predictions.mat")
    write_mat(path, {"joints": joints})
    print("wrote %s: %d pictures" % (path, dataset.num_images))
