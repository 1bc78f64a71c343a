"""Predict everybody in each picture of the config's COCO data set: writes COCO results and drawn pictures."""
import argparse
import json
import os

import scipy.io
from PIL import Image
from tqdm import tqdm

from dataset import factory
from dataset.mscoco import decode_segmentation
from dataset.pose_dataset import read_picture
from multiperson.detections import detections_at, extract_detections
from multiperson.pairwise import SpatialModel
from multiperson.predict import find_people
from multiperson.visualize import draw_people
from nnet.predict import PosePredictor
from util.command import UserError, run_command
from util.config import load_config
from util.image import resize
from util.mscoco_util import coco_result, pose_predict_with_gt_segm
from util.skeleton import Skeleton

MAPS = ("scoremaps", "locreg_pred", "pairwise_diff")
DEV_PICTURES = 10


class Maps(object):
    """The network's maps of a picture: computed, or read from cached_scoremaps; with cache, written to scoremap_dir."""

    def __init__(self, cfg, cache):
        self._cfg, self._cache = cfg, cache
        self._predictor = None if "cached_scoremaps" in cfg else PosePredictor(cfg)

    def of(self, item, image):
        name = "%s.mat" % item.coco_id
        if self._predictor is None:
            path = os.path.join(self._cfg.cached_scoremaps, name)
            if not os.path.exists(path):
                raise UserError("there are no cached maps %s; --cache writes them" % path)
            cached = scipy.io.loadmat(path)
            return tuple(cached.get(key) for key in MAPS)
        maps = self._predictor.maps(resize(image, self._cfg.global_scale))
        if self._cache:
            os.makedirs(self._cfg.scoremap_dir, exist_ok=True)
            there = {key: values.astype("float32") for key, values in zip(MAPS, maps) if values is not None}
            scipy.io.savemat(os.path.join(self._cfg.scoremap_dir, name), there)
        return maps


def people_from_multicut(cfg, model, maps, item, gt_parts):
    """Poses [J, 3] and scores of the people that the multicut finds, px of the picture."""
    if gt_parts:
        annotated = [person * [1, cfg.global_scale, cfg.global_scale] for person in item.joints]
        detections = detections_at(annotated, maps[0].shape, maps[2], cfg.stride)
    else:
        detections = extract_detections(cfg, *maps)
    return [(person.keypoints / [cfg.global_scale, cfg.global_scale, 1], person.score)
            for person in find_people(model, detections).people]


def test(cfg, args):
    dataset = factory.create(cfg)
    limbs = Skeleton.from_config(cfg).limbs
    model = None if cfg.use_gt_segm else SpatialModel(cfg).load()
    all_maps = Maps(cfg, args.cache)
    os.makedirs(args.out, exist_ok=True)
    results = []
    for item in tqdm(dataset.data[:DEV_PICTURES] if args.dev else dataset.data):
        image = read_picture(item)
        maps = all_maps.of(item, image)
        if cfg.use_gt_segm:
            masks = [decode_segmentation(one, *image.shape[:2]) for one in item.segmentations]
            locref = None if maps[1] is None else maps[1] / cfg.global_scale  # all in the picture's own pixels
            results += pose_predict_with_gt_segm(maps[0], locref, cfg.stride / cfg.global_scale, masks, item.coco_id)
            continue
        people = people_from_multicut(cfg, model, maps, item, args.gt_parts)
        results += [coco_result(item.coco_id, pose, score) for pose, score in people]
        if not args.novis:
            drawn = draw_people(image, [pose for pose, _ in people], limbs)
            Image.fromarray(drawn).save(os.path.join(args.out, "%s_pose.png" % item.coco_id))
    path = os.path.join(args.out, "predictions_with_segm.json" if cfg.use_gt_segm else "predictions.json")
    with open(path, "w") as stream:
        json.dump(results, stream)
    print("wrote %s: %d people" % (path, len(results)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--novis", action="store_true", help="draw no pictures")
    parser.add_argument("--cache", action="store_true", help="write the maps to scoremap_dir")
    parser.add_argument("--dev", action="store_true", help="only the first %d pictures" % DEV_PICTURES)
    parser.add_argument("--gt_parts", action="store_true",
                        help="give the annotated joints to the assembly, to judge it apart from the detection")
    parser.add_argument("--out", default=".", help="folder of predictions.json and the drawn pictures")
    args = parser.parse_args()
    test(load_config(args.config), args)


if __name__ == "__main__":
    run_command(main)
