"""COCO keypoints (Lin et al., arXiv 1405.0312), and whatever else comes in its form."""
import contextlib
import os
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from dataset.coco_file import CocoFile
from dataset.dataset_mat import DataItem, DatasetError, ItemsInFiles
from dataset.formats.source import picture_size, reading
from dataset.maps import cell_centres
from dataset.names_of_2017 import CocoNamesOf2017
from dataset.pose_dataset import PoseDataset
from util.config import adopt_skeleton, find_path
from util.indexed import is_large
from util.mscoco_util import skeleton_of


def load_coco(path):
    """pycocotools' COCO object of an annotation file, quietly. Raises DatasetError."""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            return COCO(path)
    except OSError as error:
        raise DatasetError("cannot read the annotations %s (%s)" % (path, error.strerror)) from None
    except Exception as error:  # what is wrong with it, pycocotools finds out by stumbling
        raise DatasetError("%s is no COCO annotation file (%s)" % (path, error)) from None


def annotation_file(cfg):
    """The path of the config's annotations."""
    return os.path.join(find_path(cfg, cfg.dataset), "annotations", "%s_%s.json" % (cfg.dataset_ann, cfg.dataset_phase))


def load_annotations(cfg):
    """load_coco of the config's annotation file, whose joints the config takes over, see adopt_skeleton."""
    path = annotation_file(cfg)
    coco = load_coco(path)
    _adopt(cfg, coco.dataset.get("categories", []), path)
    return coco


def _adopt(cfg, categories, path):
    skeleton = skeleton_of(categories)
    if skeleton is not None:
        adopt_skeleton(cfg, skeleton, path)


def joints_of(annotation):
    """n x 3 (joint id, x, y) of an annotation's labelled joints (visibility not 0)."""
    keypoints = np.array(annotation["keypoints"], float).reshape(-1, 3)
    ids = np.flatnonzero(keypoints[:, 2])
    return np.column_stack([ids, keypoints[ids, :2]])


@dataclass
class CocoItem(DataItem):
    """A picture of COCO's.

    visibilities: for each of joints COCO's [J]: 0 = not labelled, 1 = hidden, 2 = visible
    segmentations: COCO's, one for each of joints, None or [] = no mask; ignored: of people without labels
    """

    visibilities: list = ()
    segmentations: list = ()
    ignored: list = ()

    @property
    def gt_segm(self):
        """bool [h, w, P]: the people's masks."""
        height, width = self.im_size[1:]
        with reading("a segmentation in %s" % self.im_path):
            masks = [decode_segmentation(one, height, width) for one in self.segmentations]
        return np.stack(masks, axis=2) if masks else np.zeros((height, width, 0), bool)

    @property
    def im_neg_mask(self):
        """The people without labels, as pycocotools' run lengths, of size 0 where there are none."""
        return coco_mask.merge([run for one in self.ignored for run in _runs(one, *self.im_size[1:])])


def coco_item(number, path, size, annotations, **fields):
    """The CocoItem of a picture, whose annotations are given; size: [channels, height, width]; fields: others of the item.

    Annotations may lack what COCO's own always have: num_keypoints, iscrowd, segmentation.
    """
    people = [one for one in annotations if not one.get("iscrowd") and any((one.get("keypoints") or [])[2::3])]
    # What shows people whose joints nobody labelled must not teach that there are none.
    ignored = [one["segmentation"] for one in annotations if one not in people and one.get("segmentation")]
    fields = dict(dict(joints=[joints_of(one) for one in people]), **fields)
    return CocoItem(number, path, size, ignored=ignored, visibilities=[np.array(one["keypoints"][2::3]) for one in people],
                    segmentations=[one.get("segmentation") for one in people], **fields)


def check_entry(image, annotation):
    """Raises whatever is wrong with an image, or with an annotation, of an annotation file."""
    if image is None:
        coco_item(0, "", None, [annotation])
    else:
        picture_size(os.path.join("", image["file_name"]), image["width"], image["height"])


class MSCOCO(CocoNamesOf2017, PoseDataset):
    """<dataset>/annotations/<dataset_ann>_<dataset_phase>.json and <dataset>/images/<dataset_phase>/.

    Of large annotation files only the places of the labels are in memory.
    """

    def load_dataset(self):
        path = annotation_file(self.cfg)
        with reading("the annotations of the data set %s" % self.cfg.dataset):
            file = CocoFile(path, check_entry)
            _adopt(self.cfg, file.categories, path)
            items = self._items(file)
            return items if is_large(path) else list(items)

    def _items(self, file):
        folder = os.path.join(find_path(self.cfg, self.cfg.dataset), "images", self.cfg.dataset_phase)
        places = np.flatnonzero(file.annotations > 0) if self.cfg.coco_only_images_with_people else np.arange(len(file))
        without = {"joints": None} if self.cfg.dataset_ann == "image_info" else {}

        def read(number):
            with reading("the annotations %s" % file.path):
                image, annotations = file.read(places[number])
                path = os.path.join(folder, image["file_name"])
                size = picture_size(path, image["width"], image["height"])
                return coco_item(number, path, size, annotations, coco_id=image["id"], **without)

        return ItemsInFiles(len(places), read)

    @property
    def coco(self):
        """pycocotools' COCO object of the annotations, read when somebody asks for it."""
        if self._coco is None:
            self._coco = load_annotations(self.cfg)
        return self._coco

    _coco = None

    def compute_scmap_weights(self, scmap_shape, joint_id, data_item):
        """With weigh_part_predictions 0 for cells that show people whom nobody labelled; weigh_only_present_joints has no
        effect."""
        weights = np.ones(scmap_shape, np.float32)
        if not self.cfg.weigh_part_predictions or not data_item.ignored:
            return weights
        height, width = data_item.im_size[1:]
        with reading("a segmentation in %s" % data_item.im_path):
            covered = coco_mask.decode(data_item.im_neg_mask)
            if covered.size and covered.shape != (height, width):
                raise DatasetError("%s: a segmentation of the size %s" % (data_item.im_path, covered.shape))
        if not covered.size:
            return weights
        centres = cell_centres(*np.indices(scmap_shape[:2]), self.cfg.stride).reshape(-1, 2)
        x, y = np.floor(data_item.to_file.dot(np.column_stack([centres, np.ones(len(centres))]).T)).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        weights.reshape(-1, scmap_shape[2])[inside] = 1 - covered[y[inside], x[inside], None]
        return weights


def decode_segmentation(segmentation, height, width):
    """A COCO segmentation (polygons, or run lengths) as a bool mask [height, width]."""
    return coco_mask.decode(coco_mask.merge(_runs(segmentation, height, width))).astype(bool)


def _runs(segmentation, height, width):
    """A COCO segmentation, None or [] = nothing, as a list of pycocotools' run lengths."""
    segmentation = segmentation or {"size": [height, width], "counts": [height * width]}
    if isinstance(segmentation, dict) and not isinstance(segmentation["counts"], list):
        return [segmentation]
    runs = coco_mask.frPyObjects(segmentation, height, width)
    return runs if isinstance(runs, list) else [runs]
