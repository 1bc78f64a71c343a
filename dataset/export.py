"""Turn predictions into what other programs read, and into labels to be corrected and trained on again.

    python -m dataset.export out/poses.json results.json --annotations person_keypoints_val.json   # COCO results
    python -m dataset.export out/poses.json poses.csv          # a row a person: image, person, score, nose_x, ...
    python -m dataset.export out/poses.json poses.csv --long   # a row a joint: image, person, joint, x, y, score
    python -m dataset.export out/poses.json poses.h5           # DeepLabCut's form, and the same as poses.csv
    python -m dataset.export out/poses.json again/dataset.mat  # joints scored at least --threshold

Predictions are what the demos and test_multiperson.py write (poses.json, one person or several), test.py
(predictions.mat), or COCO results of any program; of the last two --config names the pictures.
"""
import argparse
import os

import numpy as np

from dataset import factory
from dataset.convert import write
from dataset.dataset_mat import DataItem, DatasetError
from dataset.formats.coco import write_coco_results
from dataset.formats.csv import write_csv
from dataset.formats.deeplabcut import write_deeplabcut
from dataset.formats.source import find_picture, picture_size, reading
from dataset.pck_report import read_predictions
from dataset.validation import check_items
from util.command import UserError, run_command
from util.config import load_config
from util.files import read_json
from util.pose_json import image_entry, keypoints_of, person_entry
from util.skeleton import Skeleton, skeleton_for


def read_poses(path, document):
    """(images, Skeleton) of what a poses.json holds, see util/pose_json.py. Raises DatasetError."""
    names = [str(name) for name in document["joint_names"]]
    limbs = [(names[a], names[b]) for a, b in document["limbs"]]
    skeleton = skeleton_for(names, limbs)
    order = [names.index(name) for name in skeleton.joint_names]
    folders = ["", os.path.dirname(path)]
    images = []
    for image in document["images"]:
        if any(len(person["keypoints"]) != len(names) for person in image["people"]):
            raise DatasetError("%s: a person in %s has not %d keypoints" % (path, image["image"], len(names)))
        people = [person_entry(keypoints_of(person)[order], person["score"]) for person in image["people"]]
        im_path = find_picture(image["image"], folders)
        _, height, width = picture_size(im_path, image["width"], image["height"])
        images.append(dict(image, image=im_path, width=width, height=height, people=people))
    return images, skeleton


def read_single(path, cfg):
    """The same of a predictions.mat; cfg names the data set that it was made of. Raises UserError."""
    dataset = factory.create(cfg)
    poses = read_predictions(path, dataset)
    return [_image(item, [person_entry(pose, np.mean(pose[:, 2]))])
            for item, pose in zip(dataset.data, poses)], Skeleton.from_config(cfg)


def read_results(path, results, cfg):
    """The same of the COCO results that a file holds, whose joints have no scores but 1 = found."""
    items = factory.create(cfg).data  # first: its annotations may say which joints there are
    skeleton = Skeleton.from_config(cfg)
    people = {item.coco_id: [] for item in items}
    for result in results:
        keypoints = np.array(result["keypoints"], float).reshape(-1, 3)
        if result["image_id"] not in people:
            raise UserError("%s: the data set %s has no image %s" % (path, cfg.dataset, result["image_id"]))
        if len(keypoints) != skeleton.num_joints:
            raise DatasetError("%s: a person in image %s has not %d keypoints"
                               % (path, result["image_id"], skeleton.num_joints))
        keypoints[keypoints[:, 2] == 0] = np.nan
        people[result["image_id"]].append(person_entry(keypoints, result["score"]))
    return [_image(item, people[item.coco_id]) for item in items], skeleton


def _image(item, people):
    image = image_entry(item.im_path, item.im_size[1:], people)
    return image if item.coco_id is None else dict(image, id=item.coco_id)


def read(path, config):
    """(images, Skeleton) of predictions of any form; config: path of the one that those without pictures need."""
    with reading(path):
        if path.endswith(".mat"):
            return read_single(path, load_config(config))
        document = read_json(path)
        if isinstance(document, list):
            return read_results(path, document, load_config(config))
        return read_poses(path, document)


def number_images(images, annotations):
    """Give each image the id that COCO's annotations have for a file of its name, of several for that whose path ends most
    like its own; without any annotations 1, 2, ... Raises UserError."""
    if annotations is None:
        for number, image in enumerate(images, 1):
            image.setdefault("id", number)
        return
    known = {}
    with reading(annotations):
        for image in read_json(annotations)["images"]:
            path = _backwards(image["file_name"])
            known.setdefault(path[0], []).append((path, int(image["id"])))
    taken = {}
    for image in images:
        image["id"] = _id_of(image["image"], known, annotations)
        other = taken.setdefault(image["id"], image["image"])
        if other != image["image"]:
            raise UserError("%s has one picture for both %s and %s" % (annotations, other, image["image"]))


def _id_of(name, known, annotations):
    """The id of the picture `name`. known: {name without folders: [(path, as of _backwards, id)]}"""
    path = _backwards(os.path.abspath(name))
    if path[0] not in known:
        raise UserError("%s has no picture %s" % (annotations, path[0]))
    common = [(len(os.path.commonprefix([path, other])), number) for other, number in known[path[0]]]
    best = [number for length, number in common if length == max(common)[0]]
    if len(best) > 1:
        raise UserError("%s: %s may be each of the pictures with the ids %s; their folders must tell which"
                        % (annotations, name, ", ".join(map(str, best))))
    return best[0]


def _backwards(path):
    """a/b/c.png -> [c.png, b, a]"""
    return path.replace("\\", "/").split("/")[::-1]


def labels_of(images, threshold):
    """DataItems of predictions; joints that score lower than `threshold` are left out."""
    items = []
    for number, image in enumerate(images):
        people = []
        for pose in map(keypoints_of, image["people"]):
            sure = np.flatnonzero(np.nan_to_num(pose[:, 2], nan=-np.inf) >= threshold)
            people += [np.column_stack([sure, pose[sure, :2]])] * bool(len(sure))
        items.append(DataItem(number, image["image"], [3, image["height"], image["width"]], people))
    return items


def export(images, skeleton, out, annotations=None, threshold=0.2, long=False):
    """Write predictions in the form that OUT's ending says; the arguments are those of the command. Raises UserError."""
    if out.endswith(".mat"):
        items = labels_of(images, threshold)
        check_items(items, skeleton.num_joints, "the predictions")
        write(out, items, skeleton)
        return
    if out.endswith(".json"):
        number_images(images, annotations)
        write_coco_results(out, images)
    elif out.endswith(".csv"):
        write_csv(out, skeleton.joint_names, images, long)
    elif out.endswith(".h5"):
        write_deeplabcut(out, skeleton.joint_names, images)
        out += " and .csv"
    else:
        raise UserError("%s: the result is a .json (COCO), .csv, .h5 (DeepLabCut) or .mat (dataset.mat)" % out)
    print("wrote %s: %d pictures, %d people" % (out, len(images), sum(len(image["people"]) for image in images)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predictions", metavar="PREDICTIONS", help="poses.json, predictions.mat or COCO results")
    parser.add_argument("out", metavar="OUT", help="OUT.json, OUT.csv, OUT.h5 or OUT.mat")
    parser.add_argument("--config", default="pose_cfg.yaml",
                        help="of predictions.mat and COCO results: the config that they were made with")
    parser.add_argument("--annotations", help="COCO annotations whose image ids OUT.json takes; default: 1, 2, ...")
    parser.add_argument("--threshold", type=float, default=0.2, help="lowest score of a joint in OUT.mat")
    parser.add_argument("--long", action="store_true", help="OUT.csv has a row a joint instead of a row a person")
    args = parser.parse_args()
    export(*read(args.predictions, args.config), args.out, args.annotations, args.threshold, args.long)


if __name__ == "__main__":
    run_command(main)
