"""Label Studio's keypoints (labelstud.io/guide/export), exported as JSON or JSON-MIN: positions in percent of the sides."""
import os
import re
from urllib.parse import parse_qs, unquote, urlparse

from dataset.dataset_mat import DatasetError
from dataset.formats.source import Picture, Point, assemble, find_picture, picture_size

PICTURE = re.compile(r"\.(jpe?g|png|bmp|gif|tiff?|webp)$", re.I)


def is_label_studio(document):
    return isinstance(document, list) and all(
        isinstance(task, dict) and ("annotations" in task or "annotator" in task) for task in document)


def read_label_studio(document, path, images=None):
    """(DataItems, Skeleton) of an export. Of several annotations of a task the first counts that was not cancelled.

    Keypoints with the same parent (in Label Studio: placed inside a region) are one person's; those without are, too.
    document: what the file `path` holds; images: folder of the pictures; default: the file's
    Raises DatasetError.
    """
    folders = [images or os.path.dirname(path)]
    pictures = []
    for task in document:
        im_path = _find(task, folders, path)
        regions = [region for region in _regions(task) if region.get("keypointlabels")]
        for region in regions:
            if region.get("image_rotation"):
                raise DatasetError("%s: %s was turned in Label Studio, which is not supported" % (path, im_path))
        size = picture_size(im_path, *[regions[0].get(key) if regions else None
                                       for key in ("original_width", "original_height")])
        points = [Point(region.get("parentID"), str(region["keypointlabels"][0]), float(region["x"]) * size[2] / 100,
                        float(region["y"]) * size[1] / 100) for region in regions]
        pictures.append(Picture(im_path, size, points))
    return assemble(path, pictures)


def _regions(task):
    """What was marked in a task's picture, as flat dicts."""
    if "annotations" in task:
        valid = [one["result"] for one in task["annotations"] if not one.get("was_cancelled")]
        return [dict(region, **region["value"]) for region in (valid[0] if valid else []) if "value" in region]
    return [region for value in task.values() if isinstance(value, list) for region in value if isinstance(region, dict)]


def _find(task, folders, path):
    """The task's picture: the file that its address ends with; Label Studio puts 8 digits before the names of uploads."""
    names = [_name(str(value)) for value in task.get("data", task).values()]
    name = next((name for name in names if PICTURE.search(name)), None)
    if name is None:
        raise DatasetError("%s: task %s names no picture" % (path, task.get("id")))
    found = find_picture(name, folders)
    original = find_picture(re.sub("^[0-9a-f]{8}-", "", os.path.basename(name)), folders)
    return original if os.path.isfile(original) and not os.path.isfile(found) else found


def _name(address):
    """The path in an address: /data/upload/1/a.jpg, /data/local-files/?d=a.jpg, https://..., s3://..."""
    url = urlparse(address)
    return parse_qs(url.query).get("d", [unquote(url.path)])[0].lstrip("/")
