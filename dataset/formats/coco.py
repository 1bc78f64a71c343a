"""COCO's keypoint annotations (Lin et al., arXiv 1405.0312; cocodataset.org/#format-data), read and written."""
import json
import os
import re
from dataclasses import replace

import numpy as np

from dataset.dataset_mat import DatasetError
from dataset.formats.source import Picture, Point, assemble, find_picture, picture_size
from util.files import replacing
from util.mscoco_util import coco_result
from util.pose_json import keypoints_of
from util.skeleton import COCO


def read_coco(document, path, images=None):
    """(DataItems, Skeleton) of an annotation file. Crowds, and people without labelled joints, are left out.

    document: what the file `path` holds; images: folder of the pictures; default: as in COCO itself, where
    annotations/person_keypoints_val.json goes with images/val; else beside the file
    Raises DatasetError.
    """
    names, limbs = _category(document, path)
    folder = os.path.dirname(path)
    phase = re.sub(r".*_|\.json$", "", os.path.basename(path))
    folders = [images] if images else [os.path.join(folder, "..", "images", phase), os.path.join(folder, "images"), folder]
    points = {image["id"]: [] for image in document["images"]}
    for annotation in document["annotations"]:
        if annotation["image_id"] not in points:
            raise DatasetError("%s: annotation %s is of image %s, which the file has not"
                               % (path, annotation.get("id"), annotation["image_id"]))
        if not annotation.get("iscrowd") and annotation.get("keypoints"):
            points[annotation["image_id"]] += _points(annotation, names, path)
    pictures = []
    for image in document["images"]:
        im_path = find_picture(image["file_name"], folders)
        size = picture_size(im_path, image.get("width"), image.get("height"))
        pictures.append(Picture(im_path, size, points[image["id"]]))
    items, skeleton = assemble(path, pictures, names, limbs)
    return [replace(item, coco_id=image["id"]) for item, image in zip(items, document["images"])], skeleton


def _category(document, path):
    """(names of joints, limbs as pairs of names) of the one category with joints that the annotations use."""
    used = {annotation["category_id"] for annotation in document["annotations"]}
    categories = [one for one in document.get("categories", []) if one["id"] in used and one.get("keypoints")]
    if len(categories) > 1:
        raise DatasetError("%s has joints of several categories (%s); they need a data set each"
                           % (path, ", ".join(str(one["name"]) for one in categories)))
    if not categories:
        return COCO.joint_names, ()
    names = [str(name) for name in categories[0]["keypoints"]]
    limbs = categories[0].get("skeleton") or []
    if any(not 1 <= joint <= len(names) for limb in limbs for joint in limb):
        raise DatasetError("%s: the skeleton %s must name joints by their places, from 1" % (path, limbs))
    return names, [(names[a - 1], names[b - 1]) for a, b in limbs]


def _points(annotation, names, path):
    keypoints = np.array(annotation["keypoints"], float).reshape(-1, 3)
    if len(keypoints) != len(names):
        raise DatasetError("%s: annotation %s has %d joints instead of %d"
                           % (path, annotation.get("id"), len(keypoints), len(names)))
    return [Point(id(annotation), name, x, y) for name, (x, y, visible) in zip(names, keypoints) if visible]


def write_coco(path, items, skeleton):
    """Write DataItems as an annotation file; returns the folder that its file names start from. Raises UserError."""
    paths = [os.path.abspath(item.im_path) for item in items]
    folder = os.path.commonpath([os.path.dirname(one) for one in paths])
    ids = [item.coco_id for item in items]
    if None in ids or len(set(ids)) < len(ids):  # not from COCO, or from several files of it
        ids = list(range(1, len(items) + 1))
    images = [image_entry(number, os.path.relpath(im_path, folder), item.im_size[1:])
              for number, im_path, item in zip(ids, paths, items)]
    people = [(number, person) for number, item in zip(ids, items) for person in item.joints or [] if len(person)]
    with replacing(path) as stream:
        json.dump(annotation_document(images, people, skeleton), stream)
    return folder


def image_entry(number, file_name, size):
    """An entry of "images". size: (height, width), px"""
    return {"id": number, "file_name": file_name, "height": size[0], "width": size[1], "license": 0}


def annotation_document(images, people, skeleton):
    """What an annotation file holds. people: pairs (id of the picture, n x 3 (joint id, x, y)), n > 0

    All joints are visible, box, area and segmentation are those of the joints' box: a dataset.mat knows no better.
    """
    category = {"id": 1, "name": "person", "supercategory": "person", "keypoints": skeleton.joint_names,
                "skeleton": [[a + 1, b + 1] for a, b in skeleton.limbs]}
    return {"info": {}, "licenses": [], "categories": [category], "images": images,
            "annotations": [annotation_of(number, image, person, skeleton.num_joints)
                            for number, (image, person) in enumerate(people, 1)]}


def write_coco_results(path, images):
    """Write predictions (see util/pose_json.py) as COCO results, what its evaluation takes; each image has an `id`."""
    with replacing(path) as stream:
        json.dump([coco_result(image["id"], keypoints_of(person), person["score"])
                   for image in images for person in image["people"]], stream)


def annotation_of(number, image, person, num_joints):
    """An entry of "annotations". number, image: its id and that of its picture; person: n x 3 (joint id, x, y), n > 0"""
    keypoints = np.zeros((num_joints, 3))
    keypoints[person[:, 0].astype(int)] = np.insert(person[:, 1:], 2, 2, axis=1)
    (x, y), (right, bottom) = person[:, 1:].min(axis=0).tolist(), person[:, 1:].max(axis=0).tolist()
    return {"id": number, "image_id": image, "category_id": 1, "iscrowd": 0, "keypoints": keypoints.ravel().tolist(),
            "num_keypoints": len(person), "bbox": [x, y, right - x, bottom - y], "area": (right - x) * (bottom - y),
            "segmentation": [[x, y, right, y, right, bottom, x, bottom]]}
