"""Predict everybody in each picture of the config's COCO data set: writes COCO results (predictions.json), poses.json
(with the joints' scores, for dataset.export) and drawn pictures."""
import argparse
import json
import os

import scipy.io
from PIL import Image
from tqdm import tqdm

from dataset import factory
from dataset.pose_dataset import read_picture
from multiperson.detections import detections_at
from multiperson.pairwise import SpatialModel
from multiperson.people import drop_duplicates
from multiperson.predict import people_in
from multiperson.visualize import draw_people
from nnet.predict import PosePredictor
from util.command import UserError, run_command
from util.config import load_config
from util.image import resize
from util.mscoco_util import coco_result, pose_predict_with_gt_segm, predictions_file
from util.pose_json import image_entry, person_entry, write_poses
from util.skeleton import Skeleton
from util.visualize import drawn_limbs

MAPS = ("scoremaps", "locreg_pred", "pairwise_diff")
DEV_PICTURES = 10


class Maps(object):
    """The network's maps of a picture: computed, or read from cached_scoremaps; with cache, written to scoremap_dir."""

    def __init__(self, cfg, cache):
        self._cfg, self._cache = cfg, cache
        self._predictor = None if "cached_scoremaps" in cfg else PosePredictor(cfg)
        if cache and len(cfg.test_sizes) > 1:
            raise UserError("--cache writes maps of one size a picture, and test_sizes has %d" % len(cfg.test_sizes))

    def of(self, item, image):
        """Yields (scale, maps) for each size at which people are searched."""
        if self._predictor is None:
            yield self._cfg.global_scale, self._read(item)
            return
        for scale in self._predictor.scales_for(image):
            maps = self._predictor.maps(resize(image, scale))
            if self._cache:
                self._write(item, maps)
            yield scale, maps

    def _read(self, item):
        path = os.path.join(self._cfg.cached_scoremaps, "%s.mat" % item.coco_id)
        if not os.path.exists(path):
            raise UserError("there are no cached maps %s; --cache writes them" % path)
        cached = scipy.io.loadmat(path)
        return tuple(cached.get(key) for key in MAPS)

    def _write(self, item, maps):
        os.makedirs(self._cfg.scoremap_dir, exist_ok=True)
        maps = maps[:2] + (None if maps[2] is None else maps[2].dense(),)
        there = {key: values.astype("float32") for key, values in zip(MAPS, maps) if values is not None}
        scipy.io.savemat(os.path.join(self._cfg.scoremap_dir, "%s.mat" % item.coco_id), there)


def people_from_multicut(model, scaled_maps, item, gt_parts):
    """The Persons whom the multicut finds, px of the picture."""
    people = []
    for scale, maps in scaled_maps:
        detections = None
        if gt_parts:
            annotated = [person * [1, scale, scale] for person in item.joints]
            detections = detections_at(annotated, maps[0].shape, maps[2], model.cfg.stride)
        people += people_in(model, *maps, scale, detections)
    return drop_duplicates(people, Skeleton.from_config(model.cfg).oks_sigmas)


def people_from_masks(cfg, scaled_maps, item):
    """COCO results of the people whom the ground truth's masks cut out."""
    scale, (scmap, locref, _) = next(scaled_maps)
    locref = None if locref is None else locref / scale  # all in the picture's own pixels
    return pose_predict_with_gt_segm(scmap, locref, cfg.stride / scale, item.gt_segm, item.coco_id)


def test(cfg, args):
    dataset = factory.create(cfg)
    skeleton = Skeleton.from_config(cfg)
    limbs = drawn_limbs(skeleton)
    model = None if cfg.use_gt_segm else SpatialModel(cfg).load()
    all_maps = Maps(cfg, args.cache)
    os.makedirs(args.out, exist_ok=True)
    results, poses = [], []
    for item in tqdm(dataset.data[:DEV_PICTURES] if args.dev else dataset.data):
        image = read_picture(item)
        maps = all_maps.of(item, image)
        if cfg.use_gt_segm:
            results += people_from_masks(cfg, maps, item)
            continue
        people = people_from_multicut(model, maps, item, args.gt_parts)
        results += [coco_result(item.coco_id, person.keypoints, person.score) for person in people]
        entries = [person_entry(person.keypoints, person.score) for person in people]
        poses.append(dict(image_entry(item.im_path, image.shape[:2], entries), id=item.coco_id))
        if not args.novis:
            drawn = draw_people(image, [person.keypoints for person in people], limbs, threshold=cfg.score_threshold)
            Image.fromarray(drawn).save(os.path.join(args.out, "%s_pose.png" % item.coco_id))
    path = os.path.join(args.out, predictions_file(cfg))
    with open(path, "w") as stream:
        json.dump(results, stream)
    if poses:
        write_poses(os.path.join(args.out, "poses.json"), skeleton, poses)
    print("wrote %s: %d people" % (path, len(results)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--novis", action="store_true", help="draw no pictures")
    parser.add_argument("--cache", action="store_true", help="write the maps to scoremap_dir")
    parser.add_argument("--dev", action="store_true", help="only the first %d pictures" % DEV_PICTURES)
    parser.add_argument("--gt_parts", action="store_true",
                        help="give the annotated joints to the assembly, to judge it apart from the detection")
    parser.add_argument("--out", default=".", help="folder of predictions.json, poses.json and the drawn pictures")
    args = parser.parse_args()
    test(load_config(args.config), args)


if __name__ == "__main__":
    run_command(main)
