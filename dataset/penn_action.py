"""Penn Action (Zhang et al., ICCV 2013): one person in sequences of frames, or whatever else comes in sequences."""
import copy
from dataclasses import replace

import numpy as np

from dataset.dataset_mat import DatasetError, read_dataset_mat, read_sequences
from dataset.pose_dataset import PoseDataset


class PennAction(PoseDataset):
    """With video_batch, batch_size consecutive frames of a sequence make a batch, all of them changed alike."""

    mirror_shift = 1  # its positions count pixels from 1

    def load_dataset(self):
        items, sequences = [], []
        for path in self.dataset_paths():
            found = read_dataset_mat(path)
            if self.cfg.video_batch:
                sequences += [frames + len(items) for frames in read_sequences(path, found)]
                self._check_lengths(path, sequences)
            items += found
        self._place = {frame: (frames, place) for frames in sequences for place, frame in enumerate(frames)}
        return [replace(item, image_id=number) for number, item in enumerate(items)]

    def _check_lengths(self, path, sequences):
        shortest = min(len(frames) for frames in sequences)
        if shortest < self.cfg.batch_size:
            raise DatasetError("%s: a sequence has only %d frames; with video_batch that is the largest batch_size"
                               % (path, shortest))

    def _draws_per_batch(self):
        return 1 if self.cfg.video_batch else self.cfg.batch_size

    def _pictures(self, drawn):
        if not self.cfg.video_batch:
            return [drawn]
        item, scale, mirrored = drawn
        frames = [copy.copy(frame) for frame in self._frames_from(item)]
        for frame in frames:
            frame.random, frame.focus = copy.deepcopy(item.random), frames[0].joints  # the same random choices for each
        return [(frame, scale, mirrored) for frame in frames]

    def _frames_from(self, item):
        """The batch_size frames from this one on; where the sequence ends before, its last ones."""
        if item.image_id not in self._place:
            raise DatasetError("%s belongs to no sequence of %s" % (item.im_path, self.cfg.dataset))
        frames, place = self._place[item.image_id]
        start = min(place, len(frames) - self.cfg.batch_size)
        return [self.data[frame] for frame in frames[start:start + self.cfg.batch_size]]
