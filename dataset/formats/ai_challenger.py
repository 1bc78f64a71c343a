"""AI Challenger's keypoints (Wu et al., arXiv 1711.06475): their annotations as COCO's, and predictions in their form.

A list of records {image_id: a file's name without .jpg, url, keypoint_annotations: {human1: [42 numbers, (x, y, v) of
each of 14 joints]}, human_annotations: {human1: [x1, y1, x2, y2]}}; v: 1 visible, 2 occluded, 3 not labelled.
"""
import json
import os
import re
from multiprocessing.pool import ThreadPool
from typing import List, NamedTuple

import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import DatasetError
from util.files import read_json_list, replacing
from util.image import ImageError, image_size
from util.mscoco_util import PERSON_CATEGORY, category_of
from util.skeleton import AI_CHALLENGER, COCO, Skeleton

JOINTS = AI_CHALLENGER.num_joints
VISIBLE, OCCLUDED, UNLABELLED = 1, 2, 3
COCO_VISIBILITY = {VISIBLE: 2, OCCLUDED: 1, UNLABELLED: 0}
THREADS = 4  # reading headers is mostly waiting for the disk
FILE_NAME = re.compile(r"[^/\\\0\ud800-\udfff]+")  # no separators: no picture outside of img_dir is ever read


class Record(NamedTuple):
    """A picture of P people.

    image_id: its file's name without .jpg; url: where it was found, or ""
    keypoints: [P, 14, 3] (x, y, v), px; boxes: [P, 4] (x1, y1, x2, y2), px, x1 <= x2 and y1 <= y2
    """

    image_id: str
    url: str
    keypoints: np.ndarray
    boxes: np.ndarray


class Layout(NamedTuple):
    """The joints in a COCO file: their skeleton, and [14] the place in it of each of AI Challenger's joints."""

    skeleton: Skeleton
    places: List[int]


COCO_NAMES = {"neck": "nose", "head_top": "left_eye"}  # so that configs and statistics made for COCO serve unchanged
LAYOUTS = {
    "coco17": Layout(COCO, [COCO.joint_id(COCO_NAMES.get(name, name)) for name in AI_CHALLENGER.joint_names]),
    "aic14": Layout(AI_CHALLENGER, list(range(JOINTS))),
}


def read_ai_challenger(path):
    """The Records of an annotation file. Raises DatasetError, naming file and record."""
    records = read_json_list(path, "records {image_id, keypoint_annotations, ...}")
    if not records:
        raise DatasetError("%s has no records" % path)
    seen = {}
    for number, raw in enumerate(records):
        # In its place: arrays need much less memory than what JSON made of them.
        record = records[number] = _checked(path, number, _record, raw)
        if record.image_id in seen:
            raise DatasetError("%s: records %d and %d are both of the picture %s"
                               % (path, seen[record.image_id], number, record.image_id))
        seen[record.image_id] = number
    return records


def _checked(path, number, read, *args):
    try:
        return read(*args)
    except KeyError as error:
        raise DatasetError("%s: record %d has no %s" % (path, number, error)) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise DatasetError("%s: record %d cannot be read: %s" % (path, number, error)) from None


def _record(raw):
    keypoints, boxes = _by_name(raw, "keypoint_annotations"), _by_name(raw, "human_annotations")
    if not set(keypoints) <= set(boxes):
        raise ValueError("human_annotations has no box of %s" % ", ".join(sorted(set(keypoints) - set(boxes))))
    people = _numbers(keypoints, 3 * JOINTS).reshape(-1, JOINTS, 3)
    if not set(people[..., 2].ravel().tolist()) <= set(COCO_VISIBILITY):
        raise ValueError("each third number of keypoint_annotations must be 1, 2 or 3")
    corners = _numbers({name: boxes[name] for name in keypoints}, 4).reshape(-1, 2, 2)
    return Record(_image_id(raw), str(raw.get("url", "")), people, np.sort(corners, axis=1).reshape(-1, 4))


def _by_name(raw, key):
    if not isinstance(raw[key], dict):
        raise ValueError("%s must be of the form {human1: [...]}" % key)
    return raw[key]


def _image_id(raw):
    if not isinstance(raw["image_id"], str) or not FILE_NAME.fullmatch(raw["image_id"]):
        raise ValueError("its image_id %r is not the name of a file" % (raw["image_id"],))
    return raw["image_id"]


def _numbers(lists, count):
    """{name: list of `count` numbers} -> [n, count], integers if all are."""
    for name, values in lists.items():
        if not isinstance(values, list) or len(values) != count or not set(map(type, values)) <= {int, float}:
            raise ValueError("%s must have %d numbers" % (name, count))
    numbers = np.array(list(lists.values()) or np.empty((0, count), int))
    if numbers.dtype.kind not in "if" or not np.isfinite(numbers).all():
        raise ValueError("a number is not finite")
    return numbers


def convert_to_coco(path, img_dir, out, layout="coco17"):
    """Write the annotation file `path` as COCO's to `out`; a picture's id is its place in the file, from 0.

    Pictures that are not in img_dir, or cannot be read, are left out. Returns (number of pictures, number of people,
    [why a picture was left out]). Raises DatasetError where there is nothing to convert.
    """
    if not os.path.isdir(img_dir):
        raise DatasetError("there is no folder of pictures %s" % img_dir)
    if os.path.realpath(out) == os.path.realpath(path):
        raise DatasetError("%s is the file to be converted; name another one to write" % out)
    records = read_ai_challenger(path)
    with replacing(out) as stream:
        sizes = _sizes([os.path.join(img_dir, _file_name(record)) for record in records])
        kept = [number for number, size in enumerate(sizes) if not isinstance(size, ImageError)]
        if not kept:
            raise DatasetError("none of the %d pictures of %s can be read (%s)" % (len(records), path, sizes[0]))
        stream.write('{"categories": [%s],\n' % json.dumps(category_of(LAYOUTS[layout].skeleton)))
        _write_list(stream, "images", (_image(number, records[number], *sizes[number]) for number in kept))
        stream.write(",\n")
        people = ((number, person, box) for number in kept for person, box in zip(*records[number][2:]))
        count = _write_list(stream, "annotations", (_annotation(number, image_id, person, box, LAYOUTS[layout])
                                                    for number, (image_id, person, box) in enumerate(people, 1)))
        stream.write("}\n")
    return len(kept), count, [str(size) for size in sizes if isinstance(size, ImageError)]


def _file_name(record):
    return record.image_id + ".jpg"


def _sizes(paths):
    """For each picture its (width, height), upright as its EXIF data say, or the ImageError why there is none."""
    def size(path):
        try:
            return image_size(path)
        except ImageError as error:
            return error

    with ThreadPool(THREADS) as pool:
        return list(tqdm(pool.imap(size, paths, chunksize=64), "reading sizes", len(paths)))


def _image(number, record, width, height):
    return {"license": 0, "file_name": _file_name(record), "width": width, "height": height, "data_captured": 0,
            "coco_url": record.url, "flickr_url": record.url, "id": number}


def _annotation(number, image_id, person, box, layout):
    """person: [14, 3]; box: [4]"""
    keypoints = [[0, 0, 0]] * layout.skeleton.num_joints
    for place, (x, y, v) in zip(layout.places, person.tolist()):
        if v != UNLABELLED:
            keypoints[place] = [x, y, COCO_VISIBILITY[v]]
    x1, y1, x2, y2 = box.tolist()
    return {"num_keypoints": sum(v > 0 for _, _, v in keypoints), "image_id": image_id, "id": number,
            "category_id": PERSON_CATEGORY, "keypoints": [value for joint in keypoints for value in joint],
            "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0,
            "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]]}


def _write_list(stream, name, entries):
    """Write `"name": [...]`, one entry a line (three times as fast as json.dump of all). Returns how many."""
    stream.write('"%s": [' % name)
    count = 0
    for count, entry in enumerate(entries, 1):
        stream.write(("\n" if count == 1 else ",\n") + json.dumps(entry))
    stream.write("]")
    return count


def read_predictions(path, records):
    """Predicted people, {image_id: [P, 14, 3] (x, y, v)}, of a file in the challenge's form, or of COCO results of either
    layout, whose image_id is a picture's place among the annotations' Records.

    A joint that COCO results have not is at (0, 0) and not labelled. Raises DatasetError, naming file and entry.
    """
    predictions = {}
    for number, raw in enumerate(read_json_list(path, "predictions")):
        image_id, people = _checked(path, number, _prediction, raw, records)
        predictions.setdefault(image_id, []).extend(people)
    return {image_id: np.array(people, float).reshape(-1, JOINTS, 3) for image_id, people in predictions.items()}


def _prediction(raw, records):
    if "keypoint_annotations" in raw:
        return _image_id(raw), _numbers(_by_name(raw, "keypoint_annotations"), 3 * JOINTS)
    place = raw["image_id"]
    if type(place) is not int or not 0 <= place < len(records):
        raise ValueError("its image_id %r is no place among the %d annotations: were these converted?"
                         % (place, len(records)))
    for layout in LAYOUTS.values():
        if len(raw["keypoints"]) == 3 * layout.skeleton.num_joints:
            keypoints = _numbers({"keypoints": raw["keypoints"]}, 3 * layout.skeleton.num_joints).reshape(-1, 3)
            person = keypoints[layout.places].astype(float)
            person[:, 2] = np.where(person[:, 2] > 0, VISIBLE, UNLABELLED)
            return records[place].image_id, [person.ravel()]
    raise ValueError("it has %d keypoints, neither 17 nor 14" % (len(raw["keypoints"]) // 3))


def write_predictions(path, predictions):
    """Write predicted people, see read_predictions, in the form in which the challenge takes them."""
    with replacing(path) as stream:
        json.dump([{"image_id": image_id,
                    "keypoint_annotations": {"human%d" % number: np.round(person, 3).ravel().tolist()
                                             for number, person in enumerate(people, 1)}}
                   for image_id, people in predictions.items()], stream)
