"""Pictures with their labels in tar archives, as WebDataset lays them out (github.com/webdataset/webdataset): of what belongs
together the names are the same up to the first dot. Here that is a picture and, as <key>.json, its labels in COCO's form

    {"width": 640, "height": 480, "annotations": [{"keypoints": [x, y, v, ...]}, ...]}

or such a list alone; an annotation may have all that COCO's have. Nothing is unpacked: the archives' headers say where
everything lies, and it is read from there when its turn comes, in any order.
"""
import glob
import io
import json
import os
import tarfile
from dataclasses import dataclass
from typing import Dict

import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import DatasetError, ItemsInFiles
from dataset.formats.coco import annotation_of
from dataset.formats.source import picture_size, reading
from dataset.mscoco import MSCOCO, CocoItem, coco_item
from util.files import replacing
from util.image import image_size
from util.indexed import indexed, read_at, tar_members
from util.video import PICTURES

LABELS = ".json"
SHARD = 1000  # pictures of an archive that is written
NUMBERS = "[0-9]" * 6  # of such archives, as a pattern


@dataclass
class TarItem(CocoItem):
    """A picture in a tar archive. place: (offset, size) in it"""

    archive: str = ""
    place: tuple = ()

    @property
    def content(self):
        return read_at(self.archive, [self.place])[0]


class WebDataset(MSCOCO):
    """cfg.dataset: a pattern such as shards/train-*.tar, or a list of them."""

    def load_dataset(self):
        archives = [path for pattern in self.dataset_paths() for path in _archives(pattern, self.cfg.dataset)]
        samples = [_samples(path) for path in tqdm(archives, "looking into the archives", disable=len(archives) < 20)]
        ends = np.cumsum([len(places) for _, places in samples])

        def read(number):
            archive = int(np.searchsorted(ends, number, "right"))
            names, places = samples[archive]
            within = number - (ends[archive] - len(places))
            return _item(number, archives[archive], names[within], places[within].tolist())

        return ItemsInFiles(int(ends[-1]), read)

    def dataset_paths(self):
        """As of other data sets, but of a pattern whose archives lie beside the config."""
        patterns = self.cfg.dataset if isinstance(self.cfg.dataset, list) else [self.cfg.dataset]
        beside = glob.escape(os.path.dirname(self.cfg.get("config_file", "")))
        return [pattern if glob.glob(pattern) else os.path.join(beside, pattern) for pattern in patterns]

    @property
    def coco(self):
        raise DatasetError("the labels of %s are in tar archives, not in an annotation file" % self.cfg.dataset)


def _archives(pattern, dataset):
    paths = sorted(glob.glob(pattern))
    if not paths:
        raise DatasetError("the data set %s: there are no tar archives %s" % (dataset, os.path.abspath(pattern)))
    return paths


def _samples(path):
    """(names of the pictures of an archive, [n, 4] (offset, size) of each and of its labels, which may be 0, 0)"""
    members = indexed(path, tar_members)
    pictures: Dict[bytes, int] = {}
    labels: Dict[bytes, int] = {}
    for place, name in enumerate(members["names"].tolist()):
        folder, slash, base = name.rpartition(b"/")
        stem, _, ending = base.partition(b".")
        ending = b"." + ending.lower()
        kind = labels if ending == LABELS.encode() else pictures if ending.decode("latin-1") in PICTURES else None
        if kind is not None:
            if folder + slash + stem in kind:
                raise DatasetError("%s holds %s twice" % (path, name.decode("utf-8", "backslashreplace")))
            kind[folder + slash + stem] = place
    alone = [key for key in labels if key not in pictures]
    if alone or not pictures:
        raise DatasetError("%s: there is no picture (%s) %s" % (
            path, " ".join(PICTURES), "for %s.json" % alone[0].decode("utf-8", "backslashreplace") if alone else "in it"))
    where = np.column_stack([members["offsets"], members["sizes"]])
    where = np.concatenate([where, [[0, 0]]])  # of labels that are not there
    return members["names"][list(pictures.values())], np.hstack([
        where[list(pictures.values())], where[[labels.get(key, -1) for key in pictures]]])


def _item(number, archive, name, places):
    path = "%s/%s" % (archive, name.decode("utf-8", "backslashreplace"))
    picture, labels = places[:2], places[2:]
    with reading("the labels of %s" % path):
        if not labels[1]:
            width, height = image_size(path, read_at(archive, [picture])[0])
            return TarItem(number, path, [3, height, width], archive=archive, place=picture)
        document = json.loads(read_at(archive, [labels])[0])
        document = document if isinstance(document, dict) else {"annotations": document}
        if document.get("width") is None:
            document["width"], document["height"] = image_size(path, read_at(archive, [picture])[0])
        item = coco_item(number, path, picture_size(path, document["width"], document["height"]),
                         document["annotations"], coco_id=document.get("id"))
    return TarItem(**vars(item), archive=archive, place=picture)


def write_archives(out, items, skeleton):
    """Write DataItems with their pictures as OUT-000000.tar, ... (out: with .tar), SHARD pictures each. What there was more of
    them is removed. Returns the folder, as it is, with the pattern that all of their names match. Raises UserError."""
    folder, stem = os.path.split(os.path.splitext(out)[0])
    names = []
    for number, first in enumerate(range(0, len(items), SHARD)):
        names.append("%s-%06d.tar" % (stem, number))
        with replacing(os.path.join(folder, names[-1]), "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
            for place, item in enumerate(tqdm(items[first:first + SHARD], "archive %d" % number, leave=False), first):
                _add(tar, "%09d%s" % (place, os.path.splitext(item.im_path)[1].lower()), _content_of(item))
                _add(tar, "%09d%s" % (place, LABELS), json.dumps(_document(place, item, skeleton)).encode())
    pattern = "%s-%s.tar" % (glob.escape(stem), NUMBERS)
    for path in glob.glob(os.path.join(glob.escape(folder), pattern)):
        if os.path.basename(path) not in names:  # it is of an earlier, larger set
            os.remove(path)
    return os.path.join(folder, pattern)


def _document(place, item, skeleton):
    _, height, width = item.im_size
    return {"id": place, "file_name": os.path.basename(item.im_path), "width": width, "height": height,
            "annotations": [annotation_of(number, place, person, skeleton.num_joints)
                            for number, person in enumerate(item.joints or [], 1) if len(person)]}


def _content_of(item):
    content = item.content
    if content is None:
        with open(item.im_path, "rb") as stream:
            content = stream.read()
    return content


def _add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
