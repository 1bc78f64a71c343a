"""What a training step takes: a batch, a dict from Batch, and in our own training from Extra, to arrays."""
from enum import Enum

import numpy as np


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


class Extra(Enum):
    """What batches may hold besides."""
    padding_mask = 0  # [batch, H, W, 1]: 1 where there is a picture, 0 where it was only filled up
    pairwise_index = 1  # with pairwise_values: the same as pairwise_targets and _mask, as a list. int32 [M, 4] (place in
    pairwise_values = 2  # the batch, row, column, pair in the channels' order), and float32 [M, 2]


def data_to_input(data):
    """[...] -> float32 [1, ...]: one picture's array as a batch."""
    return np.expand_dims(data, 0).astype(np.float32, copy=False)


def join(batches, mean_pixel):
    """Batches of one picture each -> a batch, filled up to the largest of them: pictures with mean_pixel, maps with 0."""
    if len(batches) == 1:
        return batches[0]
    joined = {Batch.data_item: [batch[Batch.data_item] for batch in batches]}
    for key in set(batches[0]) - {Batch.data_item}:
        arrays = [batch[key] for batch in batches]
        if key is Extra.pairwise_index:
            joined[key] = np.concatenate([array + [k, 0, 0, 0] for k, array in enumerate(arrays)])
        elif key is Extra.pairwise_values:
            joined[key] = np.concatenate(arrays)
        else:
            joined[key] = _stack(arrays, mean_pixel if key is Batch.inputs else 0)
    if Batch.part_score_targets in joined:
        joined[Extra.padding_mask] = _stack([np.ones_like(batch[Batch.part_score_targets][..., :1]) for batch in batches], 0)
    return joined


def _stack(arrays, fill):
    """Arrays [1, h, w, C] of several sizes -> float32 [batch, H, W, C] of the largest, filled up with `fill`."""
    height, width = (max(array.shape[axis] for array in arrays) for axis in (1, 2))
    stacked = np.empty((len(arrays), height, width, arrays[0].shape[3]), np.float32)
    stacked[:] = fill
    for slot, array in zip(stacked, arrays):
        slot[:array.shape[1], :array.shape[2]] = array[0]
    return stacked


def list_pairwise(batch):
    """Turn dense pairwise targets, as an overridden step of PoseDataset may make them, into listed ones, in place."""
    if Batch.pairwise_targets in batch:
        mask = batch.pop(Batch.pairwise_mask)
        pairs = mask.shape[:3] + (-1, 2)
        index = np.argwhere(mask.reshape(pairs)[..., 0])
        batch[Extra.pairwise_index] = index
        batch[Extra.pairwise_values] = batch.pop(Batch.pairwise_targets).reshape(pairs)[tuple(index.T)]
    return batch
