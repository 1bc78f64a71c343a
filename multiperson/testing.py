"""Everybody in each picture of a COCO data set, and the maps in which they were found, kept in files."""
import itertools
import json
import os

from PIL import Image
from tqdm import tqdm

from dataset import factory
from dataset.maps import Maps
from dataset.pose_dataset import read_picture
from multiperson.pairwise import SpatialModel
from multiperson.predict import people_of_scales
from multiperson.visualize import draw_people
from nnet.map_predictor import MapPredictor
from util.command import UserError
from util.files import replacing
from util.mat import read_mat, write_mat
from util.mscoco_util import coco_result, pose_predict_with_gt_segm, predictions_file
from util.pose_json import POSES, image_entry, person_entry, write_poses
from util.processor import parallel_searches
from util.skeleton import Skeleton
from util.threads import behind, in_groups
from util.visualize import drawn_limbs

VARIABLES = Maps("scoremaps", "locreg_pred", "pairwise_diff")  # of 2017, in the files


class MapStore(object):
    """The network's maps of a picture: computed, or read from cached_scoremaps; with cache, written to scoremap_dir. What
    is found in maps that were written, and in those read back, is the same."""

    def __init__(self, cfg, cache, parallel=1):
        """parallel: see nnet.map_predictor.MapPredictor"""
        self._cfg, self._cache = cfg, cache
        self._predictor = None if "cached_scoremaps" in cfg else MapPredictor(cfg, parallel)
        if cache and len(cfg.test_sizes) > 1:
            raise UserError("--cache writes maps of one size a picture, and test_sizes has %d" % len(cfg.test_sizes))

    @property
    def group(self):
        """How many pictures are best given together."""
        return 1 if self._predictor is None or self._cache else self._predictor.group  # maps in files are large

    def of(self, items, images):
        """[[(scale, Maps), ...] of each CocoItem and its picture]: for each size at which people are searched; of people whom
        masks cut out for the first."""
        if self._predictor is None:
            return [[self._read(item)] for item in items]
        if self._cfg.use_gt_segm and not self._cache:
            return [[next(self._predictor.maps_by_scale(image))] for image in images]
        found = self._predictor.all_maps_by_scale(images)
        if self._cache:
            found = [[(scale, self._written(item, scale, maps)) for scale, maps in several] for item, several in zip(items, found)]
        return found

    def _read(self, item):
        path = os.path.join(self._cfg.cached_scoremaps, "%s.mat" % item.coco_id)
        if not os.path.exists(path):
            raise UserError("there are no cached maps %s; --cache writes them" % path)
        cached = read_mat(path)
        scale = float(cached["scale"].item()) if "scale" in cached else self._cfg.global_scale  # 2017: without
        return scale, Maps(*(cached.get(key) for key in VARIABLES))

    def _written(self, item, scale, maps):
        """The maps as they are in the file."""
        if maps.pairwise is not None:
            maps = maps._replace(pairwise=maps.pairwise.dense())
        maps = Maps(*(None if values is None else values.astype("float32") for values in maps))
        there = {key: values for key, values in zip(VARIABLES, maps) if values is not None}
        write_mat(os.path.join(self._cfg.scoremap_dir, "%s.mat" % item.coco_id), dict(there, scale=scale))
        return maps


def people_from_masks(cfg, maps_by_scale, item):
    """COCO results of the people whom the ground truth's masks cut out."""
    scale, (scores, locref, _) = maps_by_scale[0]
    locref = None if locref is None else locref / scale  # all in the picture's own pixels
    return pose_predict_with_gt_segm(scores, locref, cfg.stride / scale, item.gt_segm, item.coco_id)


def predict_people(cfg, out, cache=False, gt_parts=False, draw=True, pictures=None):
    """Writes COCO results, poses.json and drawn pictures to the folder `out`. Returns (path of the results, people).

    cache: write the maps to scoremap_dir; gt_parts: give the annotated joints to the assembly, to judge it apart from the
    detection; pictures: only so many, the first ones. With use_gt_segm there are only COCO results.
    """
    dataset = factory.create(cfg)
    items = dataset.data[:pictures]
    _check_ids(items)
    skeleton = Skeleton.from_config(cfg)
    limbs = drawn_limbs(skeleton)
    model = None if cfg.use_gt_segm else SpatialModel(cfg).load()
    parallel = parallel_searches()
    store = MapStore(cfg, cache, parallel)
    os.makedirs(out, exist_ok=True)

    def find(items):
        """[(COCO results, entry of poses.json or None)]"""
        images = [read_picture(item) for item in items]
        return [people_in(*one) for one in zip(items, images, store.of(items, images))]

    def people_in(item, image, maps):
        if cfg.use_gt_segm:
            return people_from_masks(cfg, maps, item), None
        people = people_of_scales(model, maps, item.joints if gt_parts else None)
        entries = [person_entry(person.keypoints, person.score) for person in people]
        if draw:
            drawn = draw_people(image, [person.keypoints for person in people], limbs, threshold=cfg.score_threshold)
            Image.fromarray(drawn).save(os.path.join(out, "%s_pose.png" % item.coco_id))
        return ([coco_result(item.coco_id, person.keypoints, person.score) for person in people],
                dict(image_entry(item.im_path, image.shape[:2], entries), id=item.coco_id))

    groups = behind(find, in_groups(items, store.group), 2 * parallel, parallel)
    found = list(tqdm(itertools.chain.from_iterable(groups), total=len(items)))
    results = [result for several, _ in found for result in several]
    poses = [entry for _, entry in found if entry]
    path = os.path.join(out, predictions_file(cfg))
    with replacing(path) as stream:
        json.dump(results, stream)
    if poses:
        write_poses(os.path.join(out, POSES), skeleton, poses)
    return path, len(results)


def _check_ids(items):
    nameless = [item.im_path for item in items if item.coco_id is None]
    if nameless:
        raise UserError("COCO results name pictures by their ids, and %s has none: use a data set with dataset_type: coco; "
                        "python -m dataset.convert makes one of yours" % nameless[0])
