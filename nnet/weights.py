"""Which weights there are, and what is written beside them: the part of nnet.checkpoint that does not need TensorFlow, whose
import takes seconds.
"""
import glob
import json
import os

from util.command import UserError
from util.config import adopt_skeleton, find_file
from util.skeleton import Skeleton

# A checkpoint with an index is complete: removed first, written last. Not all have a graph (.meta).
PARTS = (".index", ".json", ".data-00000-of-00001", ".meta")

# What gets or makes weights, by the beginning of their files' names.
SOURCES = {"mpii-": "models/mpii/download_models.sh", "coco-": "models/coco/download_models.sh",
           "resnet_v1": "models/pretrained/download.sh", "efficientnet_lite": "models/pretrained/convert_efficientnet.py",
           "movenet": "models/pretrained/convert_movenet.py"}


class CheckpointError(UserError):
    """Weights that are not there, or that do not fit; the message names the file."""


def exists(prefix):
    """Whether there is a checkpoint, of today's form or one file as TensorFlow wrote before 2017."""
    return os.path.exists(prefix + ".index") or os.path.isfile(prefix)


def required(prefix):
    """The path prefix itself. Raises CheckpointError where there is no checkpoint."""
    if not exists(prefix):
        raise CheckpointError("there are no weights %s (no file %s.index); %s" % (prefix, prefix, hint(prefix)))
    return prefix


def checksums(prefix):
    """The file of a checkpoint that is another one where any weight is: its index, which has checksums of all of them."""
    return prefix + ".index" if os.path.exists(prefix + ".index") else prefix  # one file as before 2017


def hint(prefix):
    """Where weights that are not there come from: the end of a sentence."""
    for beginning, script in SOURCES.items():
        if os.path.basename(prefix).startswith(beginning):
            return "%s gets them" % script
    return "models/mpii and models/coco have scripts that get published ones, models/single and models/multi hold some"


def snapshots(prefix):
    """[(iteration, path prefix)] of this project's complete snapshots <prefix>-<iteration>, oldest first."""
    found = []
    for path in glob.glob(glob.escape(prefix) + "-*.index"):
        number = path[len(prefix) + 1:-len(".index")]
        if number.isdigit() and os.path.exists(path[:-len(".index")] + ".json"):
            found.append((int(number), path[:-len(".index")]))
    return sorted(found)


def read_side_file(prefix):
    """The dict beside a checkpoint, or {} where there is none."""
    if not os.path.exists(prefix + ".json"):
        return {}
    try:
        with open(prefix + ".json", encoding="utf-8") as stream:
            return json.load(stream)
    except ValueError as error:
        raise CheckpointError("%s.json, which belongs to the weights, is no JSON file (%s)" % (prefix, error)) from None


def skeleton_of(prefix):
    """The Skeleton that a checkpoint was trained for, by its side file, or None where nobody wrote one."""
    fields = read_side_file(prefix).get("skeleton")
    return Skeleton(**fields) if fields else None


def adopt_weights_skeleton(cfg):
    """Give a config that does not say which joints it means those of its weights. Returns the weights' path prefix."""
    prefix = find_file(cfg, "init_weights")
    skeleton = skeleton_of(prefix)
    if skeleton is not None:
        adopt_skeleton(cfg, skeleton, prefix)
    return prefix
