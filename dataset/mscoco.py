"""COCO keypoints (Lin et al., arXiv 1405.0312), and whatever else comes in its form."""
import contextlib
import os

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from dataset.dataset_mat import DataItem, DatasetError
from dataset.pose_dataset import PoseDataset
from util.config import adopt_skeleton, find_path
from util.mscoco_util import skeleton_of


def load_coco(path):
    """pycocotools' COCO object of an annotation file, quietly. Raises DatasetError."""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            return COCO(path)
    except OSError as error:
        raise DatasetError("cannot read the annotations %s (%s)" % (path, error.strerror)) from None
    except (ValueError, AssertionError, KeyError, TypeError) as error:
        raise DatasetError("%s is no COCO annotation file (%s)" % (path, error)) from None


def load_annotations(cfg):
    """load_coco of the config's annotation file, whose joints the config takes over, see adopt_skeleton."""
    path = os.path.join(find_path(cfg, cfg.dataset), "annotations", "%s_%s.json" % (cfg.dataset_ann, cfg.dataset_phase))
    coco = load_coco(path)
    skeleton = skeleton_of(coco)
    if skeleton is not None:
        adopt_skeleton(cfg, skeleton, path)
    return coco


def joints_of(annotation):
    """n x 3 (joint id, x, y) of an annotation's labelled joints (visibility not 0)."""
    keypoints = np.array(annotation["keypoints"], float).reshape(-1, 3)
    ids = np.flatnonzero(keypoints[:, 2])
    return np.column_stack([ids, keypoints[ids, :2]])


class MSCOCO(PoseDataset):
    """<dataset>/annotations/<dataset_ann>_<dataset_phase>.json and <dataset>/images/<dataset_phase>/."""

    heeds_present_joints = False

    def load_dataset(self):
        cfg = self.cfg
        root = find_path(cfg, cfg.dataset)
        coco = load_annotations(cfg)
        items = []
        for image in coco.dataset["images"]:
            annotations = coco.imgToAnns.get(image["id"], [])
            if cfg.coco_only_images_with_people and not annotations:
                continue
            path = os.path.join(root, "images", cfg.dataset_phase, image["file_name"])
            people = [one for one in annotations if not one["iscrowd"] and one.get("num_keypoints")]
            # What shows people whose joints nobody labelled must not teach that there are none.
            ignored = [one["segmentation"] for one in annotations if one not in people]
            joints = None if cfg.dataset_ann == "image_info" else [joints_of(one) for one in people]
            items.append(DataItem(len(items), path, [3, image["height"], image["width"]], joints, None, image["id"],
                                  [one["segmentation"] for one in people], ignored))
        return items

    def cell_weights(self, item, view, size):
        weights = np.ones(size, np.float32)
        if not item.ignored:
            return weights
        height, width = item.im_size[1:]
        columns, rows = np.meshgrid(*(np.arange(side) * self.cfg.stride + self.cfg.stride / 2 for side in size[::-1]))
        x, y = np.floor(view.to_file.dot([columns.ravel(), rows.ravel(), np.ones(columns.size)])).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        covered = np.zeros((height, width), bool)
        for segmentation in item.ignored:
            covered |= decode_segmentation(segmentation, height, width)
        weights.reshape(-1)[inside] = ~covered[y[inside], x[inside]]
        return weights


def decode_segmentation(segmentation, height, width):
    """A COCO segmentation (polygons, or run lengths) as a bool mask [height, width]."""
    runs = coco_mask.frPyObjects(segmentation, height, width) if not isinstance(segmentation, dict) or isinstance(
        segmentation["counts"], list) else segmentation
    mask = coco_mask.decode(runs)
    return (mask.any(axis=2) if mask.ndim == 3 else mask).astype(bool)
