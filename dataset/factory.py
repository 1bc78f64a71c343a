"""From a config to its data set."""
import logging

from dataset.mpii import MPII
from dataset.mscoco import MSCOCO
from dataset.penn_action import PennAction
from dataset.pose_dataset import PoseDataset
from dataset.webdataset import WebDataset
from util.command import UserError
from util.config import Config, with_defaults

TYPES = {"default": PoseDataset, "mpii": MPII, "coco": MSCOCO, "penn_action": PennAction,
         "webdataset": WebDataset}


def of_validation(cfg):
    """The config of a config's val_dataset."""
    phase = {"dataset_phase": cfg.val_phase} if "val_phase" in cfg else {}
    return Config(cfg, dataset=cfg.val_dataset, **phase)


def create(cfg):
    """The data set that cfg.dataset_type names. Raises UserError for a type that does not exist."""
    with_defaults(cfg)
    if cfg.dataset_type not in TYPES:
        raise UserError("dataset_type '%s' is none of %s" % (cfg.dataset_type, ", ".join(sorted(TYPES))))
    if cfg.video_batch and cfg.dataset_type != "penn_action":
        logging.warning("video_batch has an effect with dataset_type penn_action only")
    return TYPES[cfg.dataset_type](cfg)
