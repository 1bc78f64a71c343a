"""Drawing detections and people: everything returns an image, uint8 RGB [h, w, 3]. PersonDraw and visualize_detections,
under their names of 2017, draw on the current matplotlib axes as well."""
import colorsys

import numpy as np
from PIL import Image, ImageDraw
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from multiperson.names_of_2017 import get_ref_points, keypoint_colors, marker_size  # noqa: F401
from util.visualize import as_rgb, distinct_colours, draw_poses, show_on_axes, shown_joints

FEWEST_JOINTS = draw_conf_min_count = 3  # people with fewer are not drawn
FARTHEST_MOVE = min_match_dist = 200  # px between two pictures, within which someone may be the same person


def person_colour(number):
    """(r, g, b) for a person's number from 0: by the golden ratio any few successive ones differ well."""
    return tuple(int(255 * v) for v in colorsys.hsv_to_rgb(number * 0.618034 % 1, 0.85, 1.0))


def colour_numbers(people):
    """For each entry of "people" (util.pose_json) the number of its colour: its track; where it has none, its place."""
    tracks = [person.get("track") for person in people]
    return [place if track is None else track for place, track in enumerate(tracks)]


def draw_people(image, poses, limbs, numbers=None, threshold=0.0):
    """The picture with people on it, each in a colour of its own.

    poses: one [J, 3] (x, y, score) a person, nan where absent; joints scored below `threshold` are left out, and so are
        people with too few joints
    numbers: for each person the number of its colour; default: its place
    """
    numbers = range(len(poses)) if numbers is None else numbers
    shown = [(pose, [person_colour(number)] * len(pose)) for number, pose in zip(numbers, poses)
             if shown_joints(pose, threshold).sum() >= FEWEST_JOINTS]
    return draw_poses(image, [pose for pose, _ in shown], limbs, [colours for _, colours in shown], threshold)


class PersonDraw(object):
    """Draws the people of successive pictures, each in a colour that it keeps from one picture to the next."""

    def __init__(self):
        self._numbers, self._points = [], np.zeros((0, 2))  # of the people of the last call

    def draw(self, visim, dataset, person_conf):
        """The picture with people on it. They are plotted on the current axes too; where these show no picture, it is shown.

        visim: uint8 [h, w, 3]; dataset: its get_pose_segments() are the limbs
        person_conf: [people, J, 2] px (x, y), as from get_person_conf_multicut; joints (0, 0) or nan are absent
        """
        limbs = dataset.get_pose_segments()
        poses = [pose for pose in map(_pose, person_conf) if np.isfinite(pose[:, 2]).sum() >= FEWEST_JOINTS]
        self._identify(np.array([np.nanmean(pose[:, :2], axis=0) for pose in poses]).reshape(-1, 2))
        visim = as_rgb(visim)
        self._plot(visim, poses, limbs)
        return draw_people(visim, poses, limbs, self._numbers)

    def _plot(self, visim, poses, limbs):
        import matplotlib.pyplot as plt  # only here: it takes long to load
        axes = plt.gca()
        if not axes.images:
            axes.imshow(visim)
        for pose, number in zip(poses, self._numbers):
            style = dict(color=np.array(person_colour(number)) / 255.0, linewidth=2, scalex=False, scaley=False)
            axes.plot(pose[:, 0], pose[:, 1], "o", **style)
            for limb in limbs:
                axes.plot(pose[limb, 0], pose[limb, 1], "-", **style)

    def _identify(self, points):
        """Number the people that have their joints' mean at `points` [P, 2] like those of the last call that are
        nearest, by an optimal assignment (Munkres); others get numbers that neither call has used."""
        distance = cdist(points, self._points)
        # Whatever is out of reach counts the same: somebody who stays is not sacrificed to somebody else's long way.
        now, before = linear_sum_assignment(np.minimum(distance, FARTHEST_MOVE))
        numbers = {i: self._numbers[j] for i, j in zip(now, before) if distance[i, j] <= FARTHEST_MOVE}
        free = iter(sorted(set(range(len(points) + len(self._points))) - set(self._numbers)))
        self._numbers = [numbers[i] if i in numbers else next(free) for i in range(len(points))]
        self._points = points


def _pose(person):
    """[J, 2], (0, 0) or nan where absent -> [J, 3] (x, y, 1), nan where absent"""
    pose = np.column_stack([person, np.ones(len(person))])
    pose[~np.isfinite(person).all(axis=1) | (np.asarray(person) == 0).all(axis=1)] = np.nan
    return pose


def visualize_detections(cfg, img, detections):
    """The picture with a dot on each detection, px of the picture: one colour a joint, larger where surer; it is shown on
    the current axes too."""
    marked = Image.fromarray(as_rgb(img))
    pen = ImageDraw.Draw(marked)
    largest = max(3, 0.012 * max(marked.size))
    for colour, coord, conf in zip(distinct_colours(cfg.num_joints), detections.coord, detections.conf):
        for (x, y), score in zip(coord[::-1], conf[::-1, 0]):  # the surest on top
            radius = largest * (0.3 + 0.7 * score)
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour, outline=(0, 0, 0))
    return show_on_axes(np.asarray(marked))
