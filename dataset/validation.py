"""Finding out what is wrong with a data set before training starts."""
import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from dataset.dataset_mat import DatasetError, ItemsInFiles
from util.command import counted, shortened
from util.image import ImageError, image_size

MANY = 2000  # pictures, from which on progress is shown
MOST = 200000  # pictures of a data set that are looked at; training leaves out others that cannot be read


def problems_of(item, num_joints):
    """(errors, warnings) of one DataItem: lists of sentences that name its picture."""
    errors, warnings = [], []
    try:
        width, height = image_size(item.im_path, item.content)
    except ImageError as error:
        return [str(error)], []
    if sorted(item.im_size[1:]) != sorted([height, width]):  # either way round, see read_picture
        warnings.append("%s: the data set says %d x %d px, the file has %d x %d"
                        % (item.im_path, item.im_size[2], item.im_size[1], width, height))
    for person in item.joints or []:
        ids, points = person[:, 0], person[:, 1:]
        for joint in ids[(ids < 0) | (ids >= num_joints) | (ids != np.floor(ids)) | ~np.isfinite(ids)]:
            errors.append("%s: joint id %g is none of 0 to %d" % (item.im_path, joint, num_joints - 1))
        if not np.isfinite(points).all():
            errors.append("%s: a joint's position is not a number" % item.im_path)
        elif len(points) and (np.abs(points - [width / 2, height / 2]) > 1.5 * max(width, height)).any():
            warnings.append("%s: a joint lies far outside the picture" % item.im_path)
    return errors, warnings


def validate(dataset):
    """Check every picture of a data set, of very many a sample. Logs warnings; raises DatasetError that lists the first
    errors."""
    if not dataset.data:
        raise DatasetError("the data set %s has no pictures" % dataset.cfg.dataset)
    if not dataset.has_gt:
        raise DatasetError("the data set %s has no joints to train on" % dataset.cfg.dataset)
    items, source = dataset.data, "the data set %s" % dataset.cfg.dataset
    if len(items) > MOST:
        source = "%d of the %d pictures of %s" % (MOST, len(items), source)
        logging.info("only these are looked at before training starts: %s", source)
        places = np.sort(np.random.RandomState(0).choice(len(items), MOST, replace=False)).tolist()
        items = ItemsInFiles(MOST, lambda place: dataset.data[places[place]])
    check_items(items, dataset.cfg.num_joints, source)


def check_items(items, num_joints, source):
    """Check every picture. Logs warnings; raises DatasetError that lists the first errors of `source`."""
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda item: problems_of(item, num_joints), items)
        found = list(tqdm(found, "checking", len(items), disable=len(items) < MANY))
    warnings = [line for _, lines in found for line in lines]
    errors = [line for lines, _ in found for line in lines]
    if warnings:
        logging.warning("%s about %s:\n  %s", counted(len(warnings), "warning"), source, shortened(warnings))
    if errors:
        raise DatasetError("%s in %s:\n  %s" % (counted(len(errors), "error"), source, shortened(errors)))
