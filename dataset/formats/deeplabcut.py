"""DeepLabCut projects (Mathis et al., Nature Neuroscience 2018): config.yaml and labeled-data/*/CollectedData_*.csv or .h5,
of one animal or of several. The .csv is taken where there are both. Predictions have the same form, with likelihoods.

An .h5 may hold pickles, and these any code. From Python 3.8 on nothing is unpickled but numbers, texts and arrays; with 3.7
read only those that you trust.
"""
import glob
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas

from dataset.dataset_mat import DatasetError
from dataset.formats.source import Picture, Point, assemble, find_picture, picture_size
from util.command import UserError
from util.files import read_yaml, replacing
from util.pose_json import keypoints_of

UNPICKLED = {("numpy", "dtype"), ("numpy", "ndarray"), ("_codecs", "encode")} | {
    ("numpy.%s.multiarray" % core, name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")}
HEADER = ["scorer", "individuals", "bodyparts", "coords"]  # without individuals for one animal


def is_deeplabcut(source):
    """Whether this is a project's folder, or a table of its form."""
    if os.path.isdir(source):
        return os.path.isfile(os.path.join(source, "config.yaml"))
    with open(source, encoding="utf-8-sig", errors="replace") as stream:
        return source.endswith(".csv") and stream.read(6) == "scorer"


def read_deeplabcut(source, images=None):
    """(DataItems, Skeleton) of a project's folder, or of one of its tables. Joints that are not labelled are left out.

    images: folder that the names of pictures start from; default: the project's
    """
    if os.path.isdir(source):
        project, tables = source, _tables(source)
    else:
        project, tables = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(source)))), [source]
        project = os.path.relpath(project)
    frames = [(path, read_table(path)) for path in tables]
    folders = [images or project, os.path.dirname(tables[0])]
    pictures = [picture for path, frame in frames for picture in _pictures(frame, folders)]
    config = os.path.join(project, "config.yaml")
    names, limbs = _read_config(config) if os.path.isfile(config) else (None, ())
    return assemble(source if len(tables) > 1 else tables[0], pictures, names, limbs)


def _tables(project):
    scorer = read_yaml(os.path.join(project, "config.yaml")).get("scorer")
    scorer = glob.escape(str(scorer)) if scorer else "*"
    start = os.path.join(glob.escape(project), "labeled-data", "*", "CollectedData_" + scorer)
    tables = {os.path.splitext(path)[0]: path for ending in (".h5", ".csv") for path in glob.glob(start + ending)}
    if not tables:
        raise DatasetError("%s has no labeled-data/*/CollectedData_%s.csv or .h5" % (project, scorer))
    return sorted(tables.values())


def _read_config(path):
    """(names of joints, limbs as pairs of names) of a config.yaml."""
    config = read_yaml(path)
    names = config.get("bodyparts")
    if config.get("multianimalproject"):
        names = (config.get("multianimalbodyparts") or []) + (config.get("uniquebodyparts") or [])
    if not isinstance(names, list) or not names:
        raise DatasetError("%s: no list of bodyparts" % path)
    names = [str(name) for name in names]
    return names, [pair for pair in config.get("skeleton") or [] if len(pair) == 2 and set(pair) <= set(names)]


def read_table(path):
    """A CollectedData file as a DataFrame: one row a picture, whose index is its path; columns as in HEADER."""
    if not path.endswith(".h5"):
        return _read_csv(path)
    try:
        # In a process of its own, since damaged files crash the HDF5 library.
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
            frame = pool.submit(_read_hdf, path).result()
    except ImportError:
        raise DatasetError("%s: H5 needs another package: pip install tables" % path) from None
    if not set(HEADER) - {"individuals"} <= set(frame.columns.names):
        raise DatasetError("%s: expected the header rows scorer, bodyparts, coords" % path)
    return frame


def _read_hdf(path):
    """pandas.read_hdf, after which this process unpickles no more than that."""
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(_only_arrays)
    return pandas.read_hdf(path)


def _only_arrays(event, details):
    if event == "pickle.find_class" and tuple(details[:2]) not in UNPICKLED:
        raise DatasetError("the file holds code (%s.%s), which is not run" % tuple(details[:2]))


def _read_csv(path):
    """The picture's path is in column 1, or in columns 1 to 3 (labeled-data, folder, file)."""
    rows = pandas.read_csv(path, header=None, dtype=str, encoding="utf-8-sig")
    header = [name for name in HEADER if name in list(rows.iloc[:4, 0])]
    if list(rows.iloc[:len(header), 0]) != header or not set(HEADER) - {"individuals"} <= set(header):
        raise DatasetError("%s: expected the header rows scorer, bodyparts, coords" % path)
    first = next(column for column in range(1, rows.shape[1]) if rows.iloc[len(header) - 1, column] in ("x", "y"))
    columns = pandas.MultiIndex.from_arrays(rows.iloc[:len(header), first:].values, names=header)
    values = rows.iloc[len(header):]
    index = ["/".join(cells) for cells in values.iloc[:, :first].values]
    try:
        return pandas.DataFrame(values.iloc[:, first:].astype(float).values, index, columns)
    except ValueError as error:
        raise DatasetError("%s: %s" % (path, error)) from None


def _pictures(frame, folders):
    levels = [frame.columns.get_level_values(name) for name in HEADER[1:] if name in frame.columns.names]
    coords, parts = levels[-1], levels[-2]
    individuals = levels[0] if len(levels) == 3 else [""] * len(parts)
    xs = [column for column, coord in enumerate(coords) if coord == "x"]
    ys = {(individuals[column], parts[column]): column for column, coord in enumerate(coords) if coord == "y"}
    pictures = []
    for name, values in zip(frame.index, frame.values.astype(float)):
        points = [Point(individuals[x], str(parts[x]), values[x], values[ys[individuals[x], parts[x]]]) for x in xs]
        path = find_picture("/".join(name) if isinstance(name, tuple) else str(name), folders)
        pictures.append(Picture(path, picture_size(path), [one for one in points if np.isfinite([one.x, one.y]).all()]))
    return pictures


def write_deeplabcut(path, joint_names, images, scorer="pose-tensorflow"):
    """Write predictions (see util/pose_json.py) as DeepLabCut does: path, an .h5, and the same as .csv beside it.

    A row a picture, named relative to the file; individuals where a picture has several people. Raises UserError.
    """
    count = max([1] + [len(image["people"]) for image in images])
    values = np.full((len(images), count, len(joint_names), 3), np.nan)
    for row, image in zip(values, images):
        for place, person in zip(row, image["people"]):
            place[:] = keypoints_of(person)
    folder = os.path.dirname(os.path.abspath(path))
    index = [os.path.relpath(os.path.abspath(image["image"]), folder).replace(os.sep, "/") for image in images]
    table = pose_table(joint_names, values, index, scorer)
    write_h5(path, table)
    write_csv(os.path.splitext(path)[0] + ".csv", table)


def pose_table(joint_names, poses, index, scorer="pose-tensorflow"):
    """Poses [pictures, people, J, 3] (x, y, likelihood), nan where absent, as a DataFrame, see read_table. Its index are names
    of pictures or, as DeepLabCut has it for videos, numbers of frames."""
    individuals = ["individual%d" % number for number in range(1, poses.shape[1] + 1)]
    levels = [[scorer], individuals, joint_names, ["x", "y", "likelihood"]]
    columns = pandas.MultiIndex.from_product(levels, names=HEADER)
    if len(individuals) == 1:
        columns = columns.droplevel("individuals")
    return pandas.DataFrame(poses.reshape(len(poses), -1), index, columns)


def write_csv(path, table):
    """Raises UserError."""
    with replacing(path) as stream:
        table.to_csv(stream)


def write_h5(path, table):
    """Raises UserError."""
    with replacing(path, "wb") as stream:
        try:
            table.to_hdf(stream.name, key="df_with_missing", mode="w")
        except ImportError:
            raise UserError("%s: H5 needs another package: pip install tables" % path) from None
