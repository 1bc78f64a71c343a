"""PCK of predictions.mat against a data set: by the box, by the torso, and PCKh; printed."""
import numpy as np

from dataset import factory
from util import pck
from util.command import UserError
from util.mat import read_mat
from util.skeleton import Skeleton


def read_predictions(path, dataset):
    """[N, J, 3] (x, y, score) of a predictions.mat. Raises UserError where it is not that of a data set's pictures."""
    variables = read_mat(path)
    if "joints" not in variables:
        raise UserError("%s holds no `joints`; test.py writes a file of predictions" % path)
    joints = variables["joints"].reshape(-1)
    if len(joints) != dataset.num_images:
        raise UserError("%s holds %d predictions for the %d pictures of %s"
                        % (path, len(joints), dataset.num_images, dataset.cfg.dataset))
    num_joints = dataset.cfg.num_joints
    for pose in joints:
        if np.shape(pose) != (num_joints, 3):
            raise UserError("%s holds a prediction of the size %s, where the config's %d joints have (%d, 3); test.py with "
                            "this config makes one that fits" % (path, np.shape(pose), num_joints, num_joints))
    return np.stack(joints).astype(float)


def print_table(title, hits, skeleton):
    """Percentages per group of joints; hits: [N, J] of 1, 0 and nan (not counted)."""
    counted = np.isfinite(hits).any(axis=0)
    percent = np.full(len(counted), np.nan)
    percent[counted] = 100 * np.nanmean(hits[:, counted], axis=0)  # [J]

    def mean(values):
        return "--" if np.isnan(values).all() else "%.1f" % np.nanmean(values)

    print("\n%s (%d people)" % (title, np.isfinite(hits).any(axis=1).sum()))
    print(" & ".join(skeleton.all_joints_names + ["total", "pooled"]) + " \\\\")
    columns = [mean(percent[group]) for group in skeleton.all_joints]
    print(" & ".join(columns + [mean(percent), mean(100 * hits.reshape(-1))]) + " \\\\")


def print_worst(count, predicted, poses, labelled, paths):
    """The pictures of the people whose joints are farthest off: by the mean distance over the larger side of their box."""
    lengths = pck.box_lengths(poses, labelled)
    distances = np.where(labelled, np.linalg.norm(predicted[..., :2] - poses, axis=2), 0)
    errors = {person: distances[person].sum() / labelled[person].sum() / lengths[person]
              for person in np.flatnonzero(lengths > 0)}
    print("\nmean distance of the joints over the larger side of their box, the worst first")
    for person in sorted(errors, key=errors.get, reverse=True)[:count]:
        print("%.2f  %s" % (errors[person], paths[person]))


def print_pck(cfg, path, worst=0):
    """Tables of the PCK of a predictions.mat on the config's data set, and the `worst` people. Raises UserError."""
    dataset = factory.create(cfg)
    skeleton = Skeleton.from_config(cfg)
    predicted = read_predictions(path, dataset)
    shown = [number for number, item in enumerate(dataset.data) if item.joints]
    # One person a picture is predicted; of several annotated ones it is compared with the first.
    poses, labelled = pck.stack_people([dataset.data[number].joints[0] for number in shown], skeleton.num_joints)
    for criterion in pck.criteria(poses, labelled, skeleton, cfg.get("pck_threshold", 0.1)):
        print_table(criterion.title, pck.correct(predicted[shown], poses, labelled & criterion.joints, criterion.length,
                                                 criterion.threshold), skeleton)
    if worst:
        print_worst(worst, predicted[shown], poses, labelled, [dataset.data[number].im_path for number in shown])
