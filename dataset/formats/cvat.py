"""CVAT for images 1.1 (docs.cvat.ai): <points label="nose"> and <skeleton> in an annotations.xml."""
import os
from xml.etree import ElementTree

from dataset.dataset_mat import DatasetError
from dataset.formats.source import Picture, Point, assemble, find_picture, picture_size


class _NoDoctype(ElementTree.TreeBuilder):
    """CVAT writes no document type; others' could make the parser swell a small file to gigabytes."""

    def doctype(self, name, pubid, system):
        raise ValueError("it has a document type, which CVAT does not write")


def read_cvat(path, images=None):
    """(DataItems, Skeleton) of an annotations.xml. A <skeleton>, and each group of <points>, is a person.

    images: folder of the pictures; default: images/ beside the file, else the file's
    Raises DatasetError.
    """
    root = ElementTree.parse(path, ElementTree.XMLParser(target=_NoDoctype())).getroot()
    if root.tag != "annotations" or root.find("track") is not None:
        raise DatasetError("%s is not of the form `CVAT for images`; export it as that" % path)
    folder = os.path.dirname(path)
    folders = [images] if images else [os.path.join(folder, "images"), folder]
    pictures = []
    for image in root.iter("image"):
        im_path = find_picture(image.attrib["name"], folders)
        size = picture_size(im_path, image.get("width"), image.get("height"))
        pictures.append(Picture(im_path, size, _points(image, path)))
    return assemble(path, pictures, _names(root, pictures))


def _points(image, path):
    points = []
    for number, skeleton in enumerate(image.iter("skeleton")):
        points += [_point(("skeleton", number), joint, path) for joint in skeleton.iter("points")
                   if joint.get("outside") != "1"]
    return points + [_point(joint.get("group_id", ""), joint, path) for joint in image.findall("points")]


def _point(person, joint, path):
    label, position = joint.attrib["label"], joint.attrib["points"]
    if ";" in position:
        raise DatasetError("%s: a shape %s has several points; a joint is one point with its own label" % (path, label))
    x, y = position.split(",")
    return Point(person, label, float(x), float(y))


def _names(root, pictures):
    """The joints that occur, in the order of the project's labels."""
    used = dict.fromkeys(point.joint for picture in pictures for point in picture.points)
    defined = [label.findtext("name") for label in root.iter("label")]
    return list(dict.fromkeys([name for name in defined if name in used] + list(used)))
