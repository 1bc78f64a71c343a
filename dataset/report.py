"""Findings about a data set, printed, as a table, and as drawings."""
import contextlib
import csv
import itertools
import os

import numpy as np
from PIL import Image

from dataset.pose_dataset import read_picture
from util.command import UserError
from util.contact_sheet import contact_sheet, thumbnail
from util.image import ImageError
from util.pck import stack_people

SIDE, WIDTH = 220, 1400  # px of a thumbnail, and about how wide a drawing is


@contextlib.contextmanager
def writing_to(folder):
    """Make a folder for what is written meanwhile. Raises UserError where that fails."""
    try:
        os.makedirs(folder, exist_ok=True)
        yield
    except OSError as error:
        raise UserError("cannot write to %s (%s)" % (folder, error.strerror)) from None


class Report(object):
    """Prints findings, and draws them to files in the folder `out`: the first `count`.

    folder: where the pictures are, and their names start from
    """

    def __init__(self, items, skeleton, out, count):
        self._skeleton, self._out, self._count = skeleton, out, count
        there = [os.path.abspath(item.im_path) for item in items if os.path.exists(printable(item.im_path))]
        self.folder = os.path.commonpath([os.path.dirname(path) for path in there]) if there else os.getcwd()

    def write_table(self, findings):
        """OUT/check.csv: all findings, in their order."""
        with open(os.path.join(self._out, "check.csv"), "w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["kind", "score", "image", "person", "text"])
            for one in findings:
                table.writerow([one.kind, "" if one.score is None else "%.3f" % one.score, printable(one.item.im_path),
                                "" if one.person is None else one.person + 1, printable(one.text)])

    def _name(self, item):
        path = os.path.abspath(item.im_path)
        return printable(os.path.relpath(path, self.folder) if path.startswith(self.folder + os.sep) else item.im_path)

    def show(self, findings):
        for one in findings[:self._count]:
            kind = one.kind if one.score is None else "%.2f" % one.score
            print("  %-7s  %s: %s" % (kind, self._name(one.item), words(one)))
        if len(findings) > self._count:
            print("  and %d more" % (len(findings) - self._count))

    def draw(self, name, title, cells):
        """Write OUT/name, a contact sheet, in place of an earlier one; cells: (thumbnails side by side, caption)"""
        cells = [(np.hstack(pictures), caption) for pictures, caption in itertools.islice(cells, self._count)]
        path = os.path.join(self._out, name)
        if os.path.exists(path):
            os.remove(path)
        if cells:
            Image.fromarray(contact_sheet(title, cells, WIDTH // cells[0][0].shape[1])).save(path)
            print("wrote %s" % path)

    def draw_problems(self, problems):
        """problems.png: of each picture that can be read, all of it with its labels."""
        self.draw("problems.png", "right is orange, left is blue", self._problem_cells(problems))

    def _problem_cells(self, problems):
        for item, found in itertools.groupby(problems, lambda one: one.item):
            try:
                image = read_picture(item)
            except ImageError:
                continue
            poses = poses_of(item, range(len(item.joints or [])), self._skeleton)
            box = box_of(poses, image, [[0, 0], image.shape[1::-1]])
            picture = thumbnail(image, poses, self._skeleton, box, SIDE)
            yield [picture], "%s: %s" % (self._name(item), "; ".join(map(words, found)))

    def draw_doubts(self, doubts):
        """doubts.png: each person as labelled, and as the network sees them."""
        title = "right is orange, left is blue; in each pair the labels are left, what the network sees is right"
        self.draw("doubts.png", title, self._doubt_cells(doubts))

    def _doubt_cells(self, doubts):
        for one in doubts:
            image = read_picture(one.item)
            labelled = poses_of(one.item, [one.person], self._skeleton)
            box = box_of(labelled + [one.pose], image)
            pictures = [thumbnail(image, poses, self._skeleton, box, SIDE) for poses in (labelled, [one.pose])]
            yield pictures, "%s: %.2f %s" % (self._name(one.item), one.score, words(one))


def printable(text):
    """Text on one line, whatever a file's name holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def words(one):
    """A Finding without its picture's name."""
    several = one.person is not None and len(one.item.joints) > 1
    return printable("%s%s" % ("person %d: " % (one.person + 1) if several else "", one.text))


def poses_of(item, people, skeleton):
    """The labels of some people of a DataItem, for drawing: [J, 3] (x, y, 1) each, nan for an absent joint."""
    known = [person[np.isin(person[:, 0], range(skeleton.num_joints))] for person in (item.joints[k] for k in people)]
    poses, labelled = stack_people(known, skeleton.num_joints)
    return list(np.where(labelled[..., None], np.insert(poses, 2, 1, axis=2), np.nan))


def box_of(poses, image, points=()):
    """(x1, y1, x2, y2) around poses and points, with a margin around poses; never far outside the picture."""
    size = np.array(image.shape[1::-1])
    found = [pose[np.isfinite(pose).all(axis=1), :2] for pose in poses] + [np.reshape(points, (-1, 2))]
    found = np.clip(np.concatenate(found), -size / 2, size * 1.5)
    margin = 0 if len(points) else 0.1 * np.ptp(found, axis=0).max() + 5
    return np.concatenate([found.min(axis=0) - margin, found.max(axis=0) + margin])
