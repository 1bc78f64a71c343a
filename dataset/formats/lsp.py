"""Leeds Sports Poses (Johnson and Everingham, CVPR 2011): joints.mat and images/im%05d.jpg beside it."""
import os

import numpy as np

from dataset.dataset_mat import DataItem, DatasetError
from util.image import image_size
from util.mat import read_mat
from util.skeleton import MPII


def read_lsp(path, images=None):
    """(DataItems, Skeleton) of a joints.mat: `joints` 14 x 3 x N, or 3 x 14 x N as in the first release; (x, y, visible).

    images: folder of the pictures; default: images/ beside the file
    The order of joints is dataset_type mpii's. Joints with visible 0 are left out.
    """
    try:
        joints = read_mat(path)["joints"]
    except KeyError:
        raise DatasetError("%s holds no variable `joints`" % path) from None
    if joints.ndim != 3 or 14 not in joints.shape[:2]:
        raise DatasetError("%s: `joints` must be 14 x 3 x N, not %s" % (path, joints.shape))
    first_release = joints.shape[0] == 3  # there the third number is 1 for occluded joints, which are labelled too
    people = joints.transpose(2, 1, 0) if first_release else joints.transpose(2, 0, 1)  # [N, 14, 3]
    folder = images or os.path.join(os.path.dirname(path), "images")
    items = []
    for number, person in enumerate(people):
        im_path = os.path.join(folder, "im%0*d.jpg" % (4 if first_release else 5, number + 1))
        width, height = image_size(im_path)
        labelled = np.ones(14, bool) if first_release else person[:, 2] > 0
        ids = np.flatnonzero(labelled)
        items.append(DataItem(number, im_path, [3, height, width], [np.column_stack([ids, person[ids, :2]])]))
    return items, MPII
