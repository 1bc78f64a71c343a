"""DeepLabCut projects (Mathis et al., Nature Neuroscience 2018): config.yaml and labeled-data/*/CollectedData_*.csv."""
import glob
import os
import re
from dataclasses import replace

import numpy as np
import pandas
import yaml

from dataset.dataset_mat import DataItem, DatasetError
from util.image import image_size
from util.skeleton import Skeleton


def read_deeplabcut(project):
    """(DataItems, Skeleton) of a project's folder, single animal. Joints that are not labelled are left out."""
    config = _read_config(os.path.join(project, "config.yaml"))
    names = [str(name) for name in config["bodyparts"]]
    name = "CollectedData_%s.csv" % (config.get("scorer") or "*")
    tables = sorted(glob.glob(os.path.join(glob.escape(project), "labeled-data", "*", name)))
    if not tables:
        raise DatasetError("%s has no labeled-data/*/%s" % (project, name))
    items = [item for table in tables for item in _read_table(table, project, names)]
    return [replace(item, image_id=number) for number, item in enumerate(items)], _skeleton(names, config)


def _read_config(path):
    try:
        with open(path, encoding="utf-8") as stream:
            config = yaml.safe_load(stream)
    except (OSError, yaml.YAMLError) as error:
        raise DatasetError("cannot read %s (%s)" % (path, error)) from None
    if not isinstance(config, dict) or not isinstance(config.get("bodyparts"), list):
        raise DatasetError("%s: no list of bodyparts; only single-animal projects can be read" % path)
    return config


def _read_table(path, project, names):
    """The DataItems of a CSV with the header rows scorer, bodyparts, coords; the picture's path is in column 1, or in
    columns 1 to 3 (labeled-data, folder, file)."""
    rows = pandas.read_csv(path, header=None, dtype=str)
    if list(rows.iloc[:3, 0]) != ["scorer", "bodyparts", "coords"]:
        raise DatasetError("%s: expected the header rows scorer, bodyparts, coords" % path)
    parts, coords = rows.iloc[1], rows.iloc[2]
    first = next(column for column in range(1, rows.shape[1]) if coords[column] in ("x", "y"))
    unknown = sorted(set(parts[first:]) - set(names))
    if unknown:
        raise DatasetError("%s: bodyparts %s are not in config.yaml" % (path, ", ".join(unknown)))
    try:
        numbers = rows.iloc[3:, first:].astype(float).values  # [N, 2 * labelled bodyparts]
    except ValueError as error:
        raise DatasetError("%s: %s" % (path, error)) from None
    ids = np.array([names.index(part) for part in parts[first::2]])
    items = []
    for cells, values in zip(rows.iloc[3:, :first].values, numbers):
        im_path = os.path.join(project, *re.split(r"[/\\]", "/".join(cells)))
        width, height = image_size(im_path)
        points = values.reshape(-1, 2)
        there = np.isfinite(points).all(axis=1)
        items.append(DataItem(0, im_path, [3, height, width], [np.column_stack([ids[there], points[there]])]))
    return items


def _skeleton(names, config):
    limbs = [[names.index(a), names.index(b)] for a, b in config.get("skeleton") or [] if a in names and b in names]
    return Skeleton.from_names(names, limbs)
