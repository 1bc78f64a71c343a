"""Labelled pictures as batches for the network.

Every random choice comes from (seed, position), the place in the endless sequence of training pictures, so that any
batch can be made at any time, in any thread, and comes out the same.
"""
import copy
import logging
import threading
from dataclasses import replace

import numpy as np

from dataset import augmentation
from dataset.batch import Batch, Extra, data_to_input, join
from dataset.dataset_mat import DataItem, DatasetError, read_dataset_mat  # noqa: F401 (DataItem: a name of 2017)
from dataset.maps import get_pairwise_index, map_size  # noqa: F401 (get_pairwise_index: a name of 2017)
from dataset.names_of_2017 import NamesOf2017, differences
from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from dataset.targets import dense_pairwise, encode, part_weights
from util.command import UserError
from util.config import find_path, with_defaults
from util.image import ImageError, read_image
from util.skeleton import Skeleton, mirror_joints_map  # noqa: F401 (mirror_joints_map: a name of 2017)

SMALLEST_SIDE = 100  # px; smaller pictures are not trained on
MOST_LEFT_OUT = 0.05  # of the pictures, besides one; where more cannot be read, training stops
LARGEST_SCALE = 10  # by which person_size may enlarge a picture
TRIES = 1000  # pictures in a row that may be too small or too large


def read_picture(item):
    """A DataItem's picture, uint8 RGB [h, w, 3]: upright as its EXIF data say, unless the data set gives the size of the
    pixels as they are stored: then its joints were placed on those."""
    content = item.content
    image = read_image(item.im_path, content=content)
    if list(image.shape[:2]) != list(item.im_size[1:]) == list(image.shape[1::-1]):
        return read_image(item.im_path, upright=False, content=content)
    return image


def extend_crop(crop, crop_pad, image_size):
    """A crop box (x1, y1, x2, y2), inclusive, grown by crop_pad px, within a picture of image_size [channels, h, w]."""
    x1, y1, x2, y2 = crop
    return (max(x1 - crop_pad, 0), max(y1 - crop_pad, 0),
            min(x2 + crop_pad, image_size[2] - 1), min(y2 + crop_pad, image_size[1] - 1))


class PoseDataset(NamesOf2017):
    """The pictures of cfg.dataset (one dataset.mat or a list), in random order and changed at random for training.

    Subclasses may override any public method, as in 2017.
    """

    mirror_shift = -1  # mirroring maps x to width - x + mirror_shift

    def __init__(self, cfg):
        self.cfg = with_defaults(cfg)
        if cfg.mirror and not cfg.shuffle:
            raise UserError("mirror: true needs shuffle: true")
        self.test_mode = False
        self.pairwise_stats_collect = cfg.pairwise_stats_collect
        self.lists_pairwise = False  # whether pairwise targets are listed, see Extra: dense ones take much memory and time
        self._pairwise_stats = None
        self.data = self.load_dataset() if cfg.dataset else []
        self.num_images = len(self.data)
        self.has_gt = any(item.joints for item in self.data)
        if "num_joints" in cfg:  # load_dataset may have set it
            self.skeleton = Skeleton.from_config(cfg)
            self.symmetric_joints = self.skeleton.mirror_map
        self._lock = threading.Lock()
        self._left_out = set()  # image_ids of those that cannot be read
        self._random = np.random.RandomState(cfg.seed)
        self.set_shuffle(cfg.shuffle)

    @property
    def pairwise_stats(self):
        """What load_pairwise_stats reads, or None without pairwise_predict; may be set from outside."""
        wanted = self.cfg.pairwise_predict and not self.pairwise_stats_collect
        if self._pairwise_stats is None and wanted:
            self._pairwise_stats = load_pairwise_stats(self.cfg)
        return self._pairwise_stats

    @pairwise_stats.setter
    def pairwise_stats(self, stats):
        self._pairwise_stats = stats

    def load_dataset(self):
        """-> list of DataItem, or ItemsInFiles"""
        items = [item for path in self.dataset_paths() for item in read_dataset_mat(path)]
        return [replace(item, image_id=number) for number, item in enumerate(items)]

    def dataset_paths(self):
        paths = self.cfg.dataset if isinstance(self.cfg.dataset, list) else [self.cfg.dataset]
        return [find_path(self.cfg, path) for path in paths]

    def set_shuffle(self, shuffle):
        self.shuffle = shuffle
        self._set_order(np.arange(self.num_images * (2 if self.cfg.mirror else 1)))
        self._drawn = self._epoch = self.curr_img = 0
        self._shuffled = None

    def set_test_mode(self, test_mode):
        """In test mode each picture comes once, in order, unchanged but for global_scale."""
        self.test_mode = test_mode
        self.set_shuffle(self.shuffle)

    def get_pose_segments(self):
        """The limbs, as pairs of joint ids."""
        return self.skeleton.limbs

    def next_batch(self):
        """The next batch: a dict from Batch to arrays; data_item is a DataItem, or a list of them where
        batch_size > 1. Pictures without ground truth have inputs and data_item only."""
        if self.test_mode:
            place, self.curr_img = self.curr_img, (self.curr_img + 1) % self.num_images
            return self.make_batch(self.get_training_sample(place), self.get_scale(), False)
        return self._training_batch(self._drawn, jump=False)

    def training_batch(self, number):
        """Training batch `number`, the same at every call."""
        return self._training_batch(number * self._draws_per_batch(), jump=True)

    def _training_batch(self, position, jump):
        made = [self._made(position + k, jump) for k in range(self._draws_per_batch())]
        return join([batch for batches in made for batch in batches], self.cfg.mean_pixel)

    def _made(self, position, jump):
        """The batches of the picture, or pictures, at a position. One that cannot be read is never drawn again: whether that
        was found out before or just now, the next one takes its place."""
        while True:
            drawn = self._draw(position, jump)
            try:
                return [self.make_batch(*picture) for picture in self._pictures(drawn)]
            except ImageError as error:
                self._leave_out(drawn[0], error)

    def _leave_out(self, item, error):
        with self._lock:
            self._left_out.add(item.image_id)
            count = len(self._left_out)
        message = "%s: left out, as %d of %d pictures now" % (error, count, self.num_images)
        if count > 1 + MOST_LEFT_OUT * self.num_images:
            raise DatasetError(message + ", which are too many: `python -m dataset.check` lists them") from None
        logging.warning(message)

    def _draws_per_batch(self):
        return self.cfg.batch_size

    def _pictures(self, drawn):
        """What _draw has given -> [(DataItem, scale, mirrored)]: that picture, or a sequence from it on."""
        return [drawn]

    def _draw(self, position, jump):
        """The (DataItem, scale, mirrored) of a training picture, whose random changes are those of a position.

        jump: the picture is that of the position too, else the one after the last
        """
        with self._lock:
            self._drawn += 1
            self._random = np.random.RandomState([self.cfg.seed, position])
            if jump:
                self._epoch, self.curr_img = divmod(position, self.num_training_samples())
            for _ in range(TRIES):
                place, mirrored = self.next_training_sample()
                item = self.get_training_sample(place)
                scale = self.scale_of(item, self.get_scale())
                usable = not self.has_gt or item.joints is not None and self.is_valid_size(item.im_size, scale)
                if usable and item.image_id not in self._left_out:
                    item = copy.copy(item)
                    item.random = None if self.pairwise_stats_collect else self._random
                    return item, scale, mirrored
        raise DatasetError("%s: of %d pictures, not one of %d drawn has joints, sides of at least %d px and fits "
                           "max_input_size" % (self.cfg.dataset, self.num_images, TRIES, SMALLEST_SIDE))

    def num_training_samples(self):
        """How many pictures an epoch has: each once, with mirror once each way."""
        return self.num_images * (2 if self.cfg.mirror else 1)

    def shuffle_images(self):
        """A new order of pictures, in image_indices and mirrored."""
        rng = np.random.RandomState([self.cfg.seed, 1, self._epoch])
        self._set_order(rng.permutation(len(self.mirrored)))

    def _set_order(self, places):
        """places: [n], each picture's place in self.data, + num_images for its mirror image"""
        self.image_indices, self.mirrored = places % max(self.num_images, 1), places >= self.num_images

    def next_training_sample(self):
        """(its place in self.data, whether mirrored) of the picture at curr_img, which moves on."""
        if self.shuffle and self._shuffled != self._epoch:
            self._shuffled = self._epoch
            self.shuffle_images()
        place, count = self.curr_img, self.num_training_samples()
        self._epoch, self.curr_img = divmod(self._epoch * count + place + 1, count)
        return self.image_indices[place], bool(self.mirrored[place])

    def get_training_sample(self, imidx):
        return self.data[imidx]

    def get_scale(self):
        """By how much the next picture is resized."""
        if self.pairwise_stats_collect:
            return 1.0
        if self.test_mode:
            return self.cfg.global_scale
        return self.cfg.global_scale * self._random.uniform(self.cfg.scale_jitter_lo, self.cfg.scale_jitter_up)

    def scale_of(self, item, scale):
        """`scale`; with person_size that at which a picture's person has this size, times scale / global_scale. A single
        joint, or a few close together, tell no size."""
        if self.cfg.person_size and item.joints and not self.pairwise_stats_collect:
            span = np.ptp(item.joints[0][:, 1:], axis=0).max()
            if self.cfg.person_size <= LARGEST_SCALE * span:
                return self.cfg.person_size / span * scale / self.cfg.global_scale
        return scale

    def is_valid_size(self, image_size, scale):
        """Whether a picture of image_size [channels, h, w] is trained on at this scale."""
        _, height, width = image_size
        largest = self.cfg.get("max_input_size", np.inf)
        return self.pairwise_stats_collect or (min(height, width) >= SMALLEST_SIDE
                                               and width * height * scale ** 2 <= largest ** 2)

    def make_batch(self, data_item, scale, mirror):
        """The batch of one picture. Its data_item has to_file, see DataItem, and when they are collected pairwise_stats."""
        view = self.view(data_item, scale, data_item.random, mirror, data_item.focus)
        item = copy.copy(data_item)
        item.to_file = view.to_file
        batch = {Batch.inputs: view.image}
        if item.joints is not None:
            if self.pairwise_stats_collect:
                item.pairwise_stats = differences(view.people)
            joint_id = [person[:, 0].astype(int) for person in view.people]
            coords = [person[:, 1:] for person in view.people]
            size = map_size(view.image.shape[0], view.image.shape[1], self.cfg.stride)
            batch = self.compute_targets_and_weights(joint_id, coords, item, size, scale, batch)
        if Extra.pairwise_index in batch:
            batch[Extra.pairwise_index] = np.insert(batch[Extra.pairwise_index], 0, 0, axis=1)
        batch = {key: data_to_input(data) if isinstance(key, Batch) else data for key, data in batch.items()}
        batch[Batch.data_item] = item
        return batch

    def view(self, item, scale, rng, mirrored=False, focus=None):
        """A picture as the network gets it -> augmentation.View.

        rng: None = as it is, but for the scale; focus: around which people it may be cut out; default: its own
        """
        image = read_picture(item)
        people = item.joints or []
        focus = people if focus is None else focus
        to_file = np.eye(3)
        if self.cfg.crop and item.crop is not None:
            image, (people, focus), to_file[:2, 2] = self._crop(image, (people, focus), item.crop)
        if mirrored:
            people, focus = ([self.mirror_joints(person, self.symmetric_joints, image.shape[1]) for person in group]
                             for group in (people, focus))
            to_file = to_file.dot([[-1, 0, image.shape[1]], [0, 1, 0], [0, 0, 1]])
            image = image[:, ::-1]
        if rng is None:
            view = augmentation.rescale(image, people, scale)
        else:
            view = augmentation.warp(image, people, self.cfg, scale, rng, focus)
            recoloured = augmentation.recolour(view.image, self.cfg, rng)
            view = view._replace(image=augmentation.occlude(recoloured, self.cfg, rng))
        return view._replace(to_file=to_file[:2].dot(np.vstack([view.to_file, [0, 0, 1]])))

    def _crop(self, image, groups, box):
        x1, y1, x2, y2 = extend_crop(box, self.cfg.crop_pad, (3,) + image.shape[:2])
        moved = [[person - [0, x1, y1] for person in people] for people in groups]
        return image[y1:y2 + 1, x1:x2 + 1], moved, (x1, y1)

    def mirror_joints(self, joints, symmetric_joints, image_width):
        """A person, n x 3 (joint id, x, y) -> the same of the picture mirrored left to right."""
        mirrored = self.mirror_joint_coords(joints.copy(), image_width)
        mirrored[:, 0] = symmetric_joints[joints[:, 0].astype(int)]
        return mirrored

    def mirror_joint_coords(self, joints, image_width):
        """The person's x are mirrored in place, and it is returned."""
        joints[:, 1] = image_width - joints[:, 1] + self.mirror_shift
        return joints

    def compute_scmap_weights(self, scmap_shape, joint_id, data_item):
        """float32 [H, W, J]: how much each cell counts; 0 for joints that nobody has, with weigh_only_present_joints."""
        return part_weights(scmap_shape, joint_id, self.cfg.weigh_only_present_joints)

    def compute_targets_and_weights(self, joint_id, coords, data_item, size, scale, batch):
        """Add one picture's training maps to `batch`, [H, W, channels], and return it.

        joint_id, coords: one array a person, [n] and [n, 2] (x, y) in px of the resized picture
        size: (rows, columns) of the maps; scale: the picture's, pos_dist_thresh grows with it
        """
        cfg = self.cfg
        size = tuple(int(side) for side in size)
        # People of a set size have parts of a set size.
        radius = cfg.pos_dist_thresh * (1 if cfg.person_size else scale)
        pairwise = cfg.pairwise_predict and not self.pairwise_stats_collect
        stats = stats_arrays(self.pairwise_stats, cfg.num_joints) if pairwise else None
        people = [(np.asarray(ids, int), points) for ids, points in zip(joint_id, coords)]
        targets = encode(people, size, cfg.num_joints, radius, cfg.stride, cfg.locref_stdev, stats)
        batch[Batch.part_score_targets] = targets.scores
        batch[Batch.part_score_weights] = self.compute_scmap_weights(targets.scores.shape, joint_id, data_item)
        if cfg.location_refinement:
            batch[Batch.locref_targets] = targets.locref
            batch[Batch.locref_mask] = targets.locref_mask
        if pairwise:
            index, values = targets.pairwise_index, targets.pairwise_values
            index[:, 2] = np.argsort(pair_order(self.pairwise_stats, cfg))[index[:, 2]]
            if self.lists_pairwise:
                batch[Extra.pairwise_index], batch[Extra.pairwise_values] = index, values
            else:
                batch[Batch.pairwise_targets], batch[Batch.pairwise_mask] = dense_pairwise(index, values, size,
                                                                                           cfg.num_joints)
        return batch
