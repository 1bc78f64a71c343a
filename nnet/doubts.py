"""Which labels a network doubts: it compares its score maps at the labels, at the labels with left and right exchanged, and
at their highest."""
from collections import namedtuple

import numpy as np

from dataset.maps import cell_centres
from nnet.map_predictor import scales_for
from nnet.predict import FEWEST_JOINTS, PosePredictor, argmax_pose_predict
from util.command import UserError
from util.skeleton import Skeleton

NEAR = 0.1  # of the size of a person, the larger side of the labels' box: as exact as labels are taken to be
REACH = 0.25  # of that size: how far outside the labels' box the network may look for a joint
SURE = 0.3  # by how much another place must score higher to be named

Doubt = namedtuple("Doubt", "score reason pose")
Doubt.__doc__ = """What a network thinks of a person's labels.

score: 0 to 1, how much higher its score maps are elsewhere than at the labels, on average over the joints
reason: the joints that make the score, in words
pose: [J, 3] (x, y, score), where the network sees the data set's joints, px of the picture; nan where it sees none
"""

View = namedtuple("View", "centres scores locref scale corner")
View.__doc__ = """A network's maps of a picture, or of a part of it, resized by `scale`.

centres: [H, W, 2], the cells' (x, y) px of the picture; scores [H, W, J], locref [H, W, J, 2] px or None
corner: the part's (x, y) in the picture
"""


class Judge(object):
    """A network that knows, by name, at least some joints of a data set."""

    def __init__(self, cfg, skeleton):
        """cfg: of the network; skeleton: of the data set. Raises UserError where they have too few joints in common."""
        self._predictor = PosePredictor(cfg, with_maps=True)
        self._cfg = cfg
        self._skeleton = skeleton
        names = Skeleton.from_config(cfg).joint_names
        self._channel = np.array([names.index(name) if name in names else -1 for name in skeleton.joint_names])
        self.known = [name for name in skeleton.joint_names if name in names]
        if len(self.known) < FEWEST_JOINTS:
            raise UserError("the network of %s knows %s of the joints %s: another one is needed, --model CONFIG"
                            % (cfg.config_file, " and ".join(self.known) or "none", ", ".join(skeleton.joint_names)))

    def doubts(self, image, people):
        """One Doubt a person, or None where fewer than 3 of its joints can be judged.

        image: uint8 RGB [h, w, 3]; people: arrays n x 3 (joint id, x, y) in its pixels
        """
        people = [self._visible(image, person) for person in people]
        if not any(len(person) for person in people):
            return [None] * len(people)
        if self._cfg.person_size and self._cfg.input_size:
            views = [self._views_around(image, person) for person in people]
        else:
            views = [[self._view(image, scale) for scale in scales_for(image, self._cfg)]] * len(people)
        return [self._doubt(person, several, people[:number] + people[number + 1:]) if len(person) else None
                for number, (person, several) in enumerate(zip(people, views))]

    def _visible(self, image, person):
        """The joints of a person that the network can judge: known, and in the picture; none where they are too few."""
        inside = (person[:, 1:] >= 0).all(axis=1) & (person[:, 1:] <= image.shape[1::-1]).all(axis=1)
        real = np.isin(person[:, 0], np.flatnonzero(self._channel >= 0))
        return person[inside & real] if (inside & real).sum() >= FEWEST_JOINTS else person[:0]

    def _views_around(self, image, person):
        if not len(person):
            return []
        (x1, y1, x2, y2), scale = self._predictor.window_around(image, person[:, 1:])
        return [self._view(image[y1:y2, x1:x2], scale, (x1, y1))]

    def _view(self, image, scale, corner=(0, 0)):
        found = self._predictor.find_at(image, scale)
        centres = cell_centres(*np.indices(found.scores.shape[:2]), self._cfg.stride) / scale + corner
        return View(centres, found.scores, found.locref, scale, np.array(corner))

    def _doubt(self, person, views, others):
        ids, points = person[:, 0].astype(int), person[:, 1:]
        size = np.ptp(points, axis=0).max()
        view = max(views, key=lambda one: np.maximum(*self._evidence(one, one.scores, ids, points, size)).mean())
        free = self._free(view, others, size)
        given, _ = self._evidence(view, view.scores, ids, points, size)
        _, exchanged = self._evidence(view, free, ids, points, size)
        pose = self._pose(view, free, points, size)
        distances = np.linalg.norm(pose[ids, :2] - points, axis=1)
        reason = self._exchanged(ids, exchanged - given) or self._moved(ids, pose[ids, 2] - given, distances)
        score = float(np.max([given, exchanged, pose[ids, 2]], axis=0).mean() - given.mean())
        pose[~(pose[:, 2] >= self._cfg.score_threshold)] = np.nan
        return Doubt(score, reason, pose)

    def _evidence(self, view, scores, ids, points, size):
        """[n], [n]: how high joints and those of the other side score near the points that are labelled as the joints."""
        radius = max(NEAR * size, self._cfg.stride / view.scale)  # at least the cell that the label is in
        near = np.linalg.norm(view.centres[:, :, None] - points, axis=-1) <= radius  # [H, W, n]
        return [np.where(near, scores[..., self._channel[joints]], 0).max(axis=(0, 1))
                for joints in (ids, self._skeleton.mirror_map[ids])]

    def _free(self, view, others, size):
        """The score maps, 0 where other people have the joint, or that of the other side."""
        scores = view.scores.copy()
        for joint, x, y in np.concatenate(others + [np.zeros((0, 3))]):
            near = np.linalg.norm(view.centres - [x, y], axis=-1) <= 2 * NEAR * size
            for side in (int(joint), self._skeleton.mirror_map[int(joint)]):
                scores[near, self._channel[side]] = 0
        return scores

    def _pose(self, view, scores, points, size):
        """[J, 3]: where each joint scores highest, not far from the box of the labelled points."""
        low, high = points.min(axis=0) - REACH * size, points.max(axis=0) + REACH * size
        inside = ((view.centres >= low) & (view.centres <= high)).all(axis=-1)
        found = argmax_pose_predict(scores * inside[..., None], view.locref, self._cfg.stride)
        found[:, :2] = found[:, :2] / view.scale + view.corner
        return np.where(self._channel[:, None] >= 0, found[self._channel], np.nan)

    def _exchanged(self, ids, gains):
        """Which mirror pairs look exchanged; gains: [n], how much higher each joint's label scores for the other side."""
        named = [name for group, name in zip(self._skeleton.all_joints, self._skeleton.all_joints_names)
                 if len(group) == 2 and np.isin(ids, group).any() and gains[np.isin(ids, group)].mean() >= SURE]
        return "left and right exchanged: " + ", ".join(named) if named else ""

    def _moved(self, ids, gains, distances):
        """The joints that the network sees elsewhere; those most in doubt first."""
        named = ["%s %.0f px" % (self._skeleton.joint_names[ids[k]], distances[k])
                 for k in np.argsort(-gains, kind="stable") if gains[k] >= SURE]
        return "elsewhere: " + ", ".join(named) if named else "nothing certain"
