"""Sequences with known tracks out of still pictures with labelled people: some are cut out and move, each in a way of its
own, over another picture, which moves as before a camera, behind strips and each other, into the frame and out of it."""
import numpy as np

from dataset.cutouts import cut_out
from dataset.dataset_mat import DatasetError
from dataset.layers import Layer, Motion, film, opaque
from dataset.pose_dataset import read_picture
from util.image import resize

FEWEST_JOINTS, SMALLEST = 12, 90  # of people who are cut out; px of the larger side of their joints' box
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")  # joints that they must have
LARGEST_SCALE = 1.25  # how much somebody is enlarged
FASTEST, FASTEST_CAMERA = 0.07, 0.015  # a frame, over the person's size, and over the frame's
RETURNING = 0.2  # of the people leave the frame and come back, or nearly
NOISE = 3.0  # largest standard deviation of the pixels' noise


class MovedStills(object):
    """Endlessly many sequences: the same seed and number make the same one.

    items: DataItems, as a data set's `data`; skeleton: of their joints; size: (width, height), count: of the frames
    Raises DatasetError where nobody can be cut out.
    """

    def __init__(self, items, skeleton, seed=0, size=(480, 320), count=12):
        self.skeleton, self.size, self.count = skeleton, size, count
        self._seed, self._items = seed, items
        torso = [skeleton.joint_id(name) for name in TORSO]
        self._people = [(item, person) for item in items for person in item.joints or []
                        if len(person) >= min(FEWEST_JOINTS, skeleton.num_joints) and set(torso) <= set(person[:, 0])
                        and np.ptp(person[:, 1:], axis=0).max() >= SMALLEST]
        if not self._people:
            raise DatasetError("nobody in the data set can be cut out: %d joints, hips and shoulders among them, and %d px"
                               % (FEWEST_JOINTS, SMALLEST))

    def sequence(self, number):
        """-> list of `count` LabelledFrames. Raises ImageError for a picture that cannot be read."""
        rng = np.random.RandomState([self._seed, number])
        background = self._background(rng)
        first = len(background.people)
        layers = [self._person(rng, first + number) for number in range(rng.randint(1, 5))]
        for _ in range(rng.randint(0, 3)):
            layers.insert(rng.randint(len(layers) + 1), self._strip(rng, background.motion))
        return film([background] + layers, self.size, self.count, rng.uniform(0, NOISE), rng.randint(2 ** 31))

    def _background(self, rng):
        """A whole picture, with its people, larger than the frame; mirrored at its edges where it moves too far."""
        item = self._items[rng.randint(len(self._items))]
        image = read_picture(item)
        scale = rng.uniform(1.0, 1.3) * max(np.array(self.size) / image.shape[1::-1])
        image = resize(image, scale)
        edge = max(self.size) // 2
        picture = opaque(np.pad(image, ((edge, edge), (edge, edge), (0, 0)), mode="symmetric"))
        people = [person * [1, scale, scale] + [0, edge, edge] for person in item.joints or []]
        motion = Motion(anchor=np.array(picture.shape[1::-1]) / 2, start=np.array(self.size) / 2,
                        velocity=_direction(rng) * rng.uniform(0, FASTEST_CAMERA) * self.size[0],
                        growth=rng.uniform(-0.004, 0.004), tilt=rng.uniform(0, 0.02), phase=rng.uniform(0, 2 * np.pi))
        return Layer(picture, motion, people, list(range(len(people))))

    def _person(self, rng, track):
        item, person = self._people[rng.randint(len(self._people))]
        wanted = rng.uniform(0.35, 0.9) * self.size[1]
        scale = min(wanted / np.ptp(person[:, 1:], axis=0).max(), LARGEST_SCALE)
        cutout = cut_out(read_picture(item), person, self.skeleton, scale)
        anchor = (cutout.joints[:, 1:].min(axis=0) + cutout.joints[:, 1:].max(axis=0)) / 2
        way = self._returning if rng.uniform() < RETURNING else self._passing
        motion = Motion(anchor, growth=rng.uniform(-0.008, 0.008), tilt=rng.uniform(0, 0.08), period=rng.uniform(12, 40),
                        sway=rng.uniform(-0.02, 0.02, 2) * cutout.size, phase=rng.uniform(0, 2 * np.pi),
                        **way(rng, cutout))
        return Layer(cutout.picture, motion, [cutout.joints], [track])

    def _passing(self, rng, cutout):
        """Somewhere in the frame, or at its edge, at some time; on a way that bends little."""
        time = rng.uniform(0, self.count)
        place = (np.array([rng.uniform(0.05, 0.95), rng.uniform(0.35, 0.65)])) * self.size
        velocity = _direction(rng) * [1, 0.4] * rng.uniform(0, FASTEST) * cutout.size
        pull = _direction(rng) * rng.uniform(0, FASTEST / 3) * cutout.size / self.count
        return dict(start=place - velocity * time + pull * time ** 2 / 2, velocity=velocity - pull * time, pull=pull)

    def _returning(self, rng, cutout):
        """Just outside at about half time, when it turns back."""
        time = self.count * rng.uniform(0.35, 0.65)
        half = np.ptp(cutout.joints[:, 1]) / 2
        side = rng.choice([-1, 1])
        place = np.array([self.size[0] / 2 + side * (self.size[0] / 2 + half + 1), rng.uniform(0.35, 0.65) * self.size[1]])
        pull = np.array([-side * FASTEST * cutout.size / time, 0])
        return dict(start=place + pull * time ** 2 / 2, velocity=-pull * time, pull=pull)

    def _strip(self, rng, camera):
        """A part of some picture, high or wide, which stands still before the camera."""
        part = resize(read_picture(self._items[rng.randint(len(self._items))]), rng.uniform(0.7, 1.3))
        high = rng.uniform() < 0.7
        width, height = [rng.uniform(0.05, 0.3), rng.uniform(0.6, 1.5)] if high else rng.uniform(0.2, 0.5, 2)
        picture = opaque(part[:int(height * self.size[1]), :int(width * self.size[1])])
        anchor = np.array(picture.shape[1::-1]) / 2
        return Layer(picture, camera._replace(anchor=anchor, start=rng.uniform(0.1, 0.9, 2) * self.size))


def _direction(rng):
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])
