"""Turn labels of another form into a dataset.mat, into COCO's form, or into tar archives with the pictures.

    python -m dataset.convert lsp/train/joints.mat lsp/train.mat   # Leeds Sports Poses
    python -m dataset.convert my-deeplabcut-project mice/mice.mat  # DeepLabCut: a project, or its CollectedData.csv or .h5
    python -m dataset.convert labels.csv hands/hands.mat           # image,thumb_x,thumb_y,... or image,joint,x,y
    python -m dataset.convert labels.json --images photos out.mat  # COCO, or an export of Label Studio
    python -m dataset.convert annotations.xml out.mat              # CVAT for images 1.1
    python -m dataset.convert Penn_Action penn.mat                 # labels/ and frames/; with --test its test sequences
    python -m dataset.convert dataset.mat labels.json              # and back: COCO's keypoint annotations
    python -m dataset.convert dataset.mat shards/train.tar         # with the pictures: tar archives, as WebDataset has them

SOURCE's pictures are looked for where its form has them, else in --images. Several sources with the same joints become
one. Where there is no pose_cfg.yaml beside OUT.mat, one is written with which training can start. --val 0.1 sets a tenth
of the pictures aside as OUT_val.mat, on which the training is measured; the same ones each time.
"""
import argparse
import json
import os

import numpy as np
import yaml

from dataset.dataset_mat import DatasetError, appended, read_dataset_mat, write_dataset_mat
from dataset.formats.coco import read_coco, write_coco
from dataset.formats.csv import read_csv
from dataset.formats.cvat import read_cvat
from dataset.formats.deeplabcut import is_deeplabcut, read_deeplabcut
from dataset.formats.label_studio import is_label_studio, read_label_studio
from dataset.formats.lsp import read_lsp
from dataset.formats.penn_action import is_penn_action, read_penn_action
from dataset.formats.source import reading
from dataset.validation import check_items
from dataset.webdataset import write_archives
from util.command import UserError, run_command
from util.config import PROJECT, cfg_from_file
from util.files import read_json, replacing
from util.skeleton import SKELETONS, Skeleton

PERSON_SIZE = 185  # px that joints should span: what the shipped weights were trained for
RADIUS = 7  # px, likewise, around a joint: where it is
SHIPPED_WEIGHTS = "models/single/mobilenet-v2-fpn-single"
CONFIG = """\
dataset: %(dataset)s
%(val_dataset)sdataset_type: %(dataset_type)s
%(joints)s
# The network starts from the shipped weights.
net_type: mobilenet_v2_fpn_1.75
stride: 4
mean_pixel: [127.5, 127.5, 127.5]
init_weights: %(weights)s
location_refinement: true
locref_loss_weight: 0.05

# Pictures are resized so that joints span about 185 px, and cut to input_size around them for training.
global_scale: %(scale)s
input_size: 256
pos_dist_thresh: %(radius)s  # px of the picture: 7 after resizing; with person_size it is 7
scale_jitter_lo: 0.8
scale_jitter_up: 1.25
mirror: true
mixed_precision: true
rotation: 30          # 180 for animals seen from above
translation: 0.1
colour: 0.3

# 9 minutes on two cores with AMX, 14 with AVX2 alone.
batch_size: 8
optimizer: adam
cosine: [0.001, 0.00001, 1500]
warmup_iters: 50
display_iters: 50
save_iters: 500
"""


def read(source, images=None, config=None, test=False):
    """(DataItems, Skeleton) of a source, whose form is told by what it is called and by what is in it.

    images: folder of the pictures, where they are not where the form has them
    config: of a dataset.mat, which does not name its joints itself; default: pose_cfg.yaml beside it
    test: of Penn Action the sequences for testing
    Raises UserError, naming the source, whatever is wrong with it.
    """
    with reading(source):
        reader = _reader(source)
        if reader is read_dataset_mat:
            return read_dataset_mat(source), _skeleton(source, config)
        if reader is read_penn_action:
            return read_penn_action(source, test)
        return reader(source, images)


def _reader(source):
    ending = os.path.splitext(source)[1].lower()
    if not os.path.exists(source):
        raise DatasetError("there is no %s" % os.path.abspath(source))
    if is_deeplabcut(source):
        return read_deeplabcut
    if is_penn_action(source):
        return read_penn_action
    if os.path.basename(source) == "joints.mat":
        return read_lsp
    if ending in READERS:
        return READERS[ending]
    raise DatasetError("%s is none of: a DeepLabCut project (a folder with config.yaml), LSP's joints.mat, %s"
                       % (source, ", ".join("*" + known for known in READERS)))


def _read_json(path, images):
    document = read_json(path)
    if isinstance(document, dict) and "images" in document and "annotations" in document:
        return read_coco(document, path, images)
    if is_label_studio(document):
        return read_label_studio(document, path, images)
    raise DatasetError("%s is neither COCO's JSON (images, annotations, categories) nor an export of Label Studio" % path)


READERS = {".csv": read_csv, ".h5": read_deeplabcut, ".json": _read_json, ".xml": read_cvat, ".mat": read_dataset_mat}


def _skeleton(source, config):
    config = config or os.path.join(os.path.dirname(source), "pose_cfg.yaml")
    if not os.path.exists(config):
        raise DatasetError("%s does not name its joints: a config that does is needed, --config pose_cfg.yaml" % source)
    return Skeleton.from_config(cfg_from_file(config))


def read_all(sources, images=None, config=None, test=False):
    """(DataItems, Skeleton) of several sources that have the same joints, checked."""
    items, skeleton = read(sources[0], images, config, test)
    for source in sources[1:]:
        more, other = read(source, images, config, test)
        if other.joint_names != skeleton.joint_names:
            raise DatasetError("%s has other joints (%s) than %s (%s)" % (
                source, ", ".join(other.joint_names), sources[0], ", ".join(skeleton.joint_names)))
        items = appended(items, more)
    if not items:
        raise DatasetError("%s holds no pictures" % ", ".join(sources))
    check_items(items, skeleton.num_joints, ", ".join(sources))
    return items, skeleton


def split(items, fraction):
    """(DataItems to train on, those to measure on) of a set: a share of the pictures, or of whole sequences, at random.

    Raises UserError where one of them would be empty.
    """
    groups = [os.path.abspath(item.im_path) if item.sequence is None else item.sequence for item in items]
    kinds = list(dict.fromkeys(groups))
    count = int(round(fraction * len(kinds))) if 0 < fraction < 1 else 0
    if not 0 < count < len(kinds):
        raise UserError("--val %g: of %d pictures or sequences one at least must be there to train on, and one to measure on"
                        % (fraction, len(kinds)))
    measured = {kinds[place] for place in np.random.RandomState(0).permutation(len(kinds))[:count]}
    return [[item for item, group in zip(items, groups) if (group in measured) == wanted] for wanted in (False, True)]


def starting_config(items, skeleton, dataset, val_dataset="", dataset_type=None):
    """The text of a pose_cfg.yaml with which training on these pictures can start.

    dataset, val_dataset: names beside it; dataset_type: default: that of a dataset.mat with these joints
    """
    spans = [np.ptp(person[:, 1:], axis=0).max() for item in items for person in item.joints or [] if len(person) > 1]
    scale = float(np.clip(PERSON_SIZE / np.median(spans), 0.25, 2.0)) if spans else 1.0
    joints = {key: value for key, value in skeleton._asdict().items() if value}
    types = [name for name, known in SKELETONS.items() if known == skeleton]
    if dataset_type is None:
        dataset_type = "default" if not types or types == ["coco"] else types[0]  # coco would be a folder of COCO's own
    weights = os.path.join(PROJECT, SHIPPED_WEIGHTS)
    return CONFIG % {
        "dataset": json.dumps(dataset), "weights": json.dumps(weights),
        "val_dataset": "val_dataset: %s\n" % json.dumps(val_dataset) if val_dataset else "",
        "dataset_type": dataset_type,
        "scale": round(scale, 3),
        "radius": round(RADIUS / scale, 1),
        "joints": yaml.safe_dump(dict(joints, num_joints=skeleton.num_joints), default_flow_style=None, width=100)}


def write(out, items, skeleton, val=0):
    """Write OUT.json in COCO's form; or OUT.mat, or OUT-000000.tar and so on, and, where there is none yet, a config beside it.

    val: share of the pictures that become OUT_val.mat, or OUT_val-000000.tar and so on, instead
    Raises UserError.
    """
    if out.endswith(".json"):
        folder = write_coco(out, items, skeleton)
        _report(out, items, "; the pictures' names start from %s" % folder)
        return
    stem, ending = os.path.splitext(out)
    dataset_type = "webdataset" if ending == ".tar" else None
    val_out = ""
    if val:
        items, measured = split(items, val)
        val_out = _write_data_set(stem + "_val" + ending, measured, skeleton)
    out = _write_data_set(out, items, skeleton)
    config = os.path.join(os.path.dirname(out), "pose_cfg.yaml")
    dataset, val_dataset = (os.path.basename(path) for path in (out, val_out))
    if os.path.exists(config):
        print("%s is there already and was left alone%s"
              % (config, "; it needs the line `val_dataset: %s`" % val_dataset if val else ""))
        return
    with replacing(config) as stream:
        stream.write(starting_config(items, skeleton, dataset, val_dataset, dataset_type))
    print("wrote %s, with which train.py can start" % config)


def _write_data_set(out, items, skeleton):
    """Returns what a config calls it, with the folder."""
    if out.endswith(".tar"):
        out = write_archives(out, items, skeleton)
    else:
        write_dataset_mat(out, items)
    _report(out, items)
    return out


def _report(out, items, more=""):
    print("wrote %s: %d pictures, %d people%s" % (out, len(items), sum(len(item.joints or []) for item in items), more))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", metavar="SOURCE", nargs="+")
    parser.add_argument("out", metavar="OUT", help="OUT.mat, OUT.json or OUT.tar")
    parser.add_argument("--images", help="folder that the names of pictures start from")
    parser.add_argument("--config", help="of a dataset.mat: the config that names its joints; default: beside it")
    parser.add_argument("--test", action="store_true", help="Penn Action: its test sequences")
    parser.add_argument("--val", metavar="FRACTION", type=float, default=0, help="share of the pictures for OUT_val.mat or .tar")
    args = parser.parse_args()
    if os.path.splitext(args.out)[1] not in (".mat", ".json", ".tar"):
        raise UserError("%s: the result is a .mat, a .json or a .tar" % args.out)
    if args.val and args.out.endswith(".json"):
        raise UserError("--val does not go with OUT.json")
    write(args.out, *read_all(args.sources, args.images, args.config, args.test), val=args.val)


if __name__ == "__main__":
    run_command(main)
