"""A dataset.mat from Python, for those who have their labels in a program rather than in a file.

    import scipy.io
    from models.dataset_generator import mat_generator
    keypoints = [[0, 120.5, 80.0], [1, 131.0, 95.5]]        # joint id from 0, x, y in px
    mat = mat_generator(["a.jpg", "b.jpg"], [[3, 480, 640], [3, 480, 640]], [keypoints, []])
    scipy.io.savemat("dataset.mat", mat)

Labels in files (tables, COCO, DeepLabCut, ...) need no program: `python -m dataset.convert`. An example of the result is
models/dataset_example.mat: one picture with the limb joints of dataset_type mpii, as COCO labels them.
"""
import numpy as np

from dataset.dataset_mat import DataItem, mat_variables


def dataset_generator(img_path, img_size, keypoints):
    """One picture as a 1 x 1 MATLAB struct array with the fields image, size, joints.

    img_path: relative to the working directory of the training, or to the dataset.mat; img_size: [channels, height, width]
    keypoints: n x 3 (joint id from 0, x, y), or a list of such, one a person; none for a picture without people
    Raises ValueError, naming the picture.
    """
    size = [int(side) for side in np.asarray(img_size).reshape(-1)]
    if len(size) != 3:
        raise ValueError("%s: its size must be [channels, height, width], not %s" % (img_path, size))
    return mat_variables([DataItem(0, str(img_path), size, _people(img_path, keypoints))])["dataset"]


def mat_generator(img_path_list, img_size_list, keypoints_list):
    """Pictures as what scipy.io.savemat writes to a dataset.mat; the lists hold what dataset_generator takes.

    Raises ValueError.
    """
    if not len(img_path_list) == len(img_size_list) == len(keypoints_list):
        raise ValueError("%d paths, %d sizes and %d lists of keypoints; they need one a picture"
                         % (len(img_path_list), len(img_size_list), len(keypoints_list)))
    pictures = [dataset_generator(*one) for one in zip(img_path_list, img_size_list, keypoints_list)]
    return {"dataset": np.concatenate(pictures, axis=1)}


def _people(img_path, keypoints):
    if keypoints is None or not len(keypoints):
        return []
    is_one = np.ndim(keypoints[0]) == 1
    people = [np.asarray(person, float) for person in ([keypoints] if is_one else keypoints)]
    for person in people:
        if person.ndim != 2 or person.shape[1] != 3:
            raise ValueError("%s: keypoints are n x 3 (joint id, x, y) a person, not %s" % (img_path, person.shape))
    return people
