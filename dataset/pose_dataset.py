"""Labelled pictures as batches for the network.

Every random choice comes from (seed, position), the place in the endless sequence of training pictures, so that any
batch can be made at any time, in any thread, and comes out the same.
"""
import functools
from dataclasses import replace
from enum import Enum

import numpy as np

from dataset import augmentation
from dataset.dataset_mat import DataItem, DatasetError, read_dataset_mat  # noqa: F401 (DataItem: a name of 2017)
from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from dataset.targets import dense_pairwise, encode, get_pairwise_index, map_size  # noqa: F401 (get_pairwise_index: a name of 2017)
from util.command import UserError
from util.config import find_path
from util.image import read_image
from util.skeleton import Skeleton, mirror_joints_map  # noqa: F401 (mirror_joints_map: a name of 2017)

SMALLEST_SIDE = 100  # px; smaller pictures are not trained on


class Batch(Enum):
    """The keys of a batch; all arrays but inputs and data_item are maps [batch, H, W, channels]."""
    inputs = 0
    part_score_targets = 1
    part_score_weights = 2
    locref_targets = 3
    locref_mask = 4
    pairwise_targets = 5
    pairwise_mask = 6
    data_item = 7
    padding_mask = 8  # [batch, H, W, 1]: 1 where there is a picture, 0 where it was only filled up
    pairwise_index = 9  # with pairwise_values: the same as pairwise_targets and _mask, as a list. int32 [M, 4] (place in
    pairwise_values = 10  # the batch, row, column, pair in the channels' order), and float32 [M, 2]


def data_to_input(data):
    """[...] -> float32 [1, ...]: one picture's array as a batch."""
    return np.expand_dims(data, 0).astype(np.float32)


def read_picture(item):
    """A DataItem's picture, uint8 RGB [h, w, 3]: upright as its EXIF data say, unless the data set gives the size of the
    pixels as they are stored: then its joints were placed on those."""
    image = read_image(item.im_path)
    if list(image.shape[:2]) != list(item.im_size[1:]) == list(image.shape[1::-1]):
        return read_image(item.im_path, upright=False)
    return image


@functools.lru_cache(maxsize=4)
def _order(seed, epoch, visits):
    return np.random.RandomState([seed, 1, epoch]).permutation(visits)


class PoseDataset(object):
    """The pictures of cfg.dataset (one dataset.mat or a list), in random order and changed at random for training."""

    mirror_shift = -1  # mirroring maps x to width - x + mirror_shift
    heeds_present_joints = True  # whether weigh_only_present_joints has an effect

    def __init__(self, cfg):
        if cfg.mirror and not cfg.shuffle:
            raise UserError("mirror: true needs shuffle: true")
        self.cfg = cfg
        self.shuffle = cfg.shuffle
        self.test_mode = False
        self._pairwise_stats = None
        self.data = self.load_dataset() if cfg.dataset else []
        self.skeleton = Skeleton.from_config(cfg) if "num_joints" in cfg else None  # load_dataset may have set its joints
        self.has_gt = any(item.joints is not None for item in self.data)
        self._position = 0
        self._train_items = None

    @property
    def pairwise_stats(self):
        """What load_pairwise_stats reads, or None without pairwise_predict; may be set from outside."""
        wanted = self.cfg.pairwise_predict and not self.cfg.pairwise_stats_collect
        if self._pairwise_stats is None and wanted:
            self._pairwise_stats = load_pairwise_stats(self.cfg)
        return self._pairwise_stats

    @pairwise_stats.setter
    def pairwise_stats(self, stats):
        self._pairwise_stats = stats

    def load_dataset(self):
        """-> list of DataItem"""
        items = [item for path in self.dataset_paths() for item in read_dataset_mat(path)]
        return [replace(item, image_id=number) for number, item in enumerate(items)]

    def dataset_paths(self):
        paths = self.cfg.dataset if isinstance(self.cfg.dataset, list) else [self.cfg.dataset]
        return [find_path(self.cfg, path) for path in paths]

    @property
    def num_images(self):
        return len(self.data)

    def set_shuffle(self, shuffle):
        self.shuffle = shuffle
        self._position = 0

    def set_test_mode(self, test_mode):
        """In test mode each picture comes once, in order, unchanged but for global_scale."""
        self.test_mode = test_mode
        self._position = 0

    def get_pose_segments(self):
        """The limbs, as pairs of joint ids."""
        return self.skeleton.limbs

    def next_batch(self):
        """The next batch: a dict from Batch to arrays; data_item is a DataItem, or a list of them where
        batch_size > 1."""
        number = self._position
        self._position += 1
        if not self.test_mode:
            return self._with_dense_pairwise(self.make_batch(number))
        item = self.data[number % len(self.data)]
        return self._with_dense_pairwise(self._collate([self._sample(item, self.cfg.global_scale, rng=None)]))

    def make_batch(self, number):
        """Training batch `number`, the same at every call. Pairwise targets are listed, not dense."""
        size = self.cfg.batch_size
        return self._collate([self._sample(*self._training_visit(number * size + k)) for k in range(size)])

    def _with_dense_pairwise(self, batch):
        if Batch.pairwise_index in batch:
            index, values = batch.pop(Batch.pairwise_index), batch.pop(Batch.pairwise_values)
            dense = [dense_pairwise(index[index[:, 0] == k, 1:], values[index[:, 0] == k], maps.shape[:2],
                                    self.cfg.num_joints) for k, maps in enumerate(batch[Batch.part_score_targets])]
            batch[Batch.pairwise_targets], batch[Batch.pairwise_mask] = (np.stack(maps) for maps in zip(*dense))
        return batch

    # How a training picture comes about

    @property
    def train_items(self):
        """The pictures that are large enough to train on, and have ground truth."""
        if self._train_items is None:
            self._train_items = [item for item in self.data
                                 if item.joints is not None and min(item.im_size[1:]) >= SMALLEST_SIDE]
            if not any(self._fits(item, self.scale_of(item, self.cfg.scale_jitter_lo)) for item in self._train_items):
                raise DatasetError("%s: not one of %d pictures has sides of at least %d px and fits max_input_size"
                                   % (self.cfg.dataset, len(self.data), SMALLEST_SIDE))
        return self._train_items

    def _training_visit(self, position):
        """The (DataItem, scale, random generator, mirrored) of a position in training."""
        rng = np.random.RandomState([self.cfg.seed, position])
        item, mirrored = self._visit(position)
        while True:
            scale = self.scale_of(item, rng.uniform(self.cfg.scale_jitter_lo, self.cfg.scale_jitter_up))
            if self._fits(item, scale):
                return item, scale, rng, mirrored
            item = self.train_items[rng.randint(len(self.train_items))]  # too large: another one instead

    def _visit(self, position):
        """The picture that comes at a position, and whether mirrored: each once (each way) an epoch."""
        items = self.train_items
        visits = len(items) * (2 if self.cfg.mirror else 1)
        epoch, place = divmod(position, visits)
        if self.shuffle:
            place = _order(self.cfg.seed, epoch, visits)[place]
        return items[place % len(items)], place >= len(items)

    def scale_of(self, item, jitter=1.0):
        """How much a picture is resized: by global_scale, or so that its person has the size person_size."""
        if self.cfg.person_size and item.joints:
            points = item.joints[0][:, 1:]
            span = max((points.max(axis=0) - points.min(axis=0)).max(), 1)
            return self.cfg.person_size / span * jitter
        return self.cfg.global_scale * jitter

    def _fits(self, item, scale):
        _, height, width = item.im_size
        return width * height * scale ** 2 <= self.cfg.get("max_input_size", np.inf) ** 2

    def _sample(self, item, scale, rng, mirrored=False, focus=None):
        """One picture's arrays: a dict from Batch to arrays without the batch dimension.

        rng: the random generator of a training picture; None = test; focus: see view
        """
        view = self.view(item, scale, rng, mirrored, focus)
        sample = {Batch.inputs: view.image, Batch.data_item: item}
        if item.joints is not None:
            size = map_size(view.image.shape[0], view.image.shape[1], self.cfg.stride)
            joint_id = [person[:, 0].astype(int) for person in view.people]
            coords = [person[:, 1:] for person in view.people]
            self._add_targets(joint_id, coords, size, scale, sample)
            if self.cfg.weigh_part_predictions:
                sample[Batch.part_score_weights] *= self.cell_weights(item, view, size)[..., None]
        return sample

    def cell_weights(self, item, view, size):
        """float32 [H, W]: 0 for cells that show what nobody labelled."""
        return np.ones(size, np.float32)

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
            people, focus = ([self.mirror_joints(person, image.shape[1]) for person in group] for group in (people, focus))
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
        pad = self.cfg.crop_pad
        x1, y1 = (max(side - pad, 0) for side in box[:2])
        x2, y2 = (min(side + pad, limit - 1) for side, limit in zip(box[2:], image.shape[1::-1]))
        moved = [[person - [0, x1, y1] for person in people] for people in groups]
        return image[y1:y2 + 1, x1:x2 + 1], moved, (x1, y1)

    def mirror_joints(self, person, width):
        """n x 3 (joint id, x, y) -> the same of the picture mirrored left to right."""
        person = person.copy()
        person[:, 0] = self.skeleton.mirror_map[person[:, 0].astype(int)]
        person[:, 1] = width - person[:, 1] + self.mirror_shift
        return person

    def compute_targets_and_weights(self, joint_id, coords, data_item, size, scale, batch):
        """Add one picture's training maps to `batch`, all of them dense [H, W, channels], and return it.

        joint_id, coords: one array a person, [n] and [n, 2] (x, y) in px of the resized picture
        size: (rows, columns) of the maps; scale: the picture's, pos_dist_thresh grows with it
        """
        size = [int(side) for side in size]
        self._add_targets([np.asarray(ids, int) for ids in joint_id], coords, size, scale, batch)
        if Batch.pairwise_index in batch:
            batch[Batch.pairwise_targets], batch[Batch.pairwise_mask] = dense_pairwise(
                batch.pop(Batch.pairwise_index), batch.pop(Batch.pairwise_values), size, self.cfg.num_joints)
        return batch

    def _add_targets(self, joint_id, coords, size, scale, sample):
        """The same, with pairwise targets listed: [M, 3] (row, column, pair in the channels' order)."""
        cfg = self.cfg
        # People of a set size have parts of a set size.
        radius = cfg.pos_dist_thresh * (1 if cfg.person_size else scale)
        stats = stats_arrays(self.pairwise_stats, cfg.num_joints) if cfg.pairwise_predict else None
        only_present_joints = cfg.weigh_only_present_joints and self.heeds_present_joints
        targets = encode(list(zip(joint_id, coords)), size, cfg.num_joints, radius, cfg.stride, cfg.locref_stdev, stats,
                         only_present_joints)
        sample[Batch.part_score_targets] = targets.part_scores
        sample[Batch.part_score_weights] = targets.part_weights
        if cfg.location_refinement:
            sample[Batch.locref_targets] = targets.locref
            sample[Batch.locref_mask] = targets.locref_mask
        if stats is not None:
            index = targets.pairwise_index
            index[:, 2] = np.argsort(pair_order(self.pairwise_stats, cfg))[index[:, 2]]
            sample[Batch.pairwise_index], sample[Batch.pairwise_values] = index, targets.pairwise_values

    def _collate(self, samples):
        """Samples -> a batch, filled up to the largest of them: pictures with mean_pixel, maps with 0."""
        items = [sample.pop(Batch.data_item) for sample in samples]
        batch = {}
        if Batch.pairwise_index in samples[0]:
            index = [np.insert(sample.pop(Batch.pairwise_index), 0, k, axis=1) for k, sample in enumerate(samples)]
            batch[Batch.pairwise_index] = np.concatenate(index)
            batch[Batch.pairwise_values] = np.concatenate([sample.pop(Batch.pairwise_values) for sample in samples])
        for key in samples[0]:
            fill = self.cfg.mean_pixel if key is Batch.inputs else 0
            batch[key] = _stack([sample[key] for sample in samples], fill)
        if Batch.part_score_targets in batch and len(samples) > 1:
            maps = [sample[Batch.part_score_targets] for sample in samples]
            batch[Batch.padding_mask] = _stack([np.ones_like(one[..., :1]) for one in maps], 0)
        batch[Batch.data_item] = items[0] if len(items) == 1 else items
        return batch


def _stack(arrays, fill):
    """Arrays [h, w, C] of several sizes -> float32 [batch, H, W, C] of the largest, filled up with `fill`."""
    height, width = (max(array.shape[axis] for array in arrays) for axis in (0, 1))
    stacked = np.empty((len(arrays), height, width, arrays[0].shape[2]), np.float32)
    stacked[:] = fill
    for slot, array in zip(stacked, arrays):
        slot[:array.shape[0], :array.shape[1]] = array
    return stacked
