"""COCO's annotation files, of which only places are kept in memory: labels are read when their picture's turn comes."""
import json
from array import array
from typing import Any, Callable, Dict, List, Tuple

import numpy as np

from dataset.dataset_mat import DatasetError
from util.indexed import indexed, read_at
from util.json_stream import entries

Json = Dict[str, Any]


class CocoFile(object):
    """Raises UserError where the file is missing or broken.

    check: function of (image, None) and of (None, annotation), called once for each, which raises what is wrong with them
    categories: as in the file; annotations: [n], how many each picture has
    """

    def __init__(self, path: str, check: Callable[..., Any]):
        self.path = path
        found = indexed(path, lambda _: _find(path, check))
        self.categories = json.loads(found["categories"].tobytes().decode())
        self._images, self._annotations, self._first = found["images"], found["annotations"], found["first"]
        self.annotations = np.diff(self._first)

    def __len__(self) -> int:
        return len(self._images)

    def read(self, place: int) -> Tuple[Json, List[Json]]:
        """(image, annotations) of a picture."""
        places = [self._images[place]] + list(self._annotations[self._first[place]:self._first[place + 1]])
        image, *annotations = map(json.loads, read_at(self.path, places))
        return image, annotations


def _find(path, check):
    """Where images and annotations lie, each [n, 2] (offset, size); the annotations of one picture after those of the one
    before, picture k's from first[k] on."""
    ids, of_images, image_ids, of_annotations, categories = array("q"), array("q"), array("q"), array("q"), []
    try:
        with open(path, "rb") as stream:
            for key, value, offset, size in entries(stream):
                if key == "images":
                    check(value, None)
                    ids.append(value["id"])
                    of_images.extend((offset, size))
                elif key == "annotations":
                    check(None, value)
                    image_ids.append(value["image_id"])
                    of_annotations.extend((offset, size))
                elif key == "categories":
                    categories.append((offset, size))
        categories = [json.loads(one) for one in read_at(path, categories)]
    except OSError as error:
        raise DatasetError("cannot read the annotations %s (%s)" % (path, error.strerror)) from None
    except DatasetError:
        raise
    except Exception as error:  # what is wrong with it is found out by stumbling
        raise DatasetError("%s is no COCO annotation file (%s: %s)" % (path, type(error).__name__, error)) from None
    order, first = _sorted_by_image(path, np.array(ids), np.array(image_ids))
    return {"images": np.array(of_images).reshape(-1, 2), "annotations": np.array(of_annotations).reshape(-1, 2)[order],
            "first": first, "categories": np.frombuffer(json.dumps(categories).encode(), np.uint8)}


def _sorted_by_image(path, ids, image_ids):
    """(order of the annotations by image; [n + 1] where those of each begin). Annotations of no image are left out."""
    by_id = np.argsort(ids, kind="stable")
    known = ids[by_id]
    twice = known[1:][known[1:] == known[:-1]]
    if len(twice):
        raise DatasetError("%s has several images of the id %d" % (path, twice[0]))
    place = np.searchsorted(known, image_ids)
    there = np.flatnonzero(place < len(known))
    there = there[known[place[there]] == image_ids[there]]
    images = by_id[place[there]]
    order = np.argsort(images, kind="stable")
    return there[order], np.searchsorted(images[order], np.arange(len(ids) + 1))
