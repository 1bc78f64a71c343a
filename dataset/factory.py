"""From a config to its data set."""
from dataset.mpii import MPII
from dataset.mscoco import MSCOCO
from dataset.pose_dataset import PoseDataset
from util.command import UserError

TYPES = {"default": PoseDataset, "mpii": MPII, "coco": MSCOCO}


def create(cfg):
    """The data set that cfg.dataset_type names. Raises UserError for a type that does not exist."""
    if cfg.dataset_type not in TYPES:
        raise UserError("dataset_type '%s' is none of %s" % (cfg.dataset_type, ", ".join(sorted(TYPES))))
    return TYPES[cfg.dataset_type](cfg)
