"""Tables (CSV), one header line, in either of two forms; names of columns in small or capital letters:

    image,nose_x,nose_y,tail_x,tail_y     a row for each person in a picture
    image,joint,x,y                       a row for each joint; with several people a column `person` that tells them apart

A column `visible`, or `nose_visible`, may say 0: that joint is not labelled. Neither is one with empty cells.
"""
import logging
import os
import re

import pandas

from dataset.dataset_mat import DatasetError
from dataset.formats.source import Picture, Point, assemble, find_picture, picture_size
from util.files import replacing
from util.pose_json import keypoints_of

IMAGE = ("image", "img", "file", "filename", "file_name", "path", "image_path")
PERSON = ("person", "person_id", "individual", "instance")
JOINT = ("joint", "keypoint", "bodypart", "joint_name")
VISIBLE = ("visible", "visibility", "v")
SCORE = re.compile("(.+[ _.-])?(score|likelihood)$", re.I)  # what predictions have besides
JOINT_COLUMN = re.compile("(.+)[ _.-](x|y|%s)$" % "|".join(VISIBLE), re.I)


def read_csv(path, images=None):
    """(DataItems, Skeleton) of a table. images: folder of the pictures; default: the table's. Raises DatasetError."""
    table = pandas.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    table.columns = [str(name).strip() for name in table.columns]
    image = _column(table, IMAGE)
    if image is None:
        raise DatasetError("%s: none of the columns %s is called image" % (path, ", ".join(table.columns)))
    if table[image].isna().any():
        raise DatasetError("%s, line %d: no image" % (path, table.index[table[image].isna()][0] + 2))
    rows, names = _long(path, table) if _column(table, JOINT) else _wide(path, table)
    rows = _labelled(path, rows)
    folders = [images or os.path.dirname(path)]
    points = {name: [] for name in table[image]}
    for name, person, joint, x, y in zip(table[image][rows.index], rows.person, rows.joint, rows.x, rows.y):
        points[name].append(Point(person, joint, x, y))
    paths = {name: find_picture(name, folders) for name in points}
    return assemble(path, [Picture(paths[name], picture_size(paths[name]), found) for name, found in points.items()], names)


def _column(table, names):
    return next((column for column in table.columns if column.lower() in names), None)


def _long(path, table):
    """A row a joint -> (DataFrame with the columns person, joint, x, y, visible; the joints' names)."""
    columns = [_column(table, names) for names in (PERSON, JOINT, ("x",), ("y",), VISIBLE)]
    if None in columns[2:4]:
        raise DatasetError("%s: a row for each joint needs the columns x and y" % path)
    rows = pandas.DataFrame({new: table[old] if old else None for new, old in zip(
        ("person", "joint", "x", "y", "visible"), columns)}, index=table.index)
    rows["person"] = rows["person"].fillna("")
    return rows, list(rows["joint"].dropna().unique())


def _wide(path, table):
    """A row a person -> the same."""
    columns = {}
    for column in table.columns:
        match = JOINT_COLUMN.match(column)
        if match:
            key = match.group(2).lower()
            columns.setdefault(match.group(1), {})["visible" if key in VISIBLE else key] = column
    columns = {joint: found for joint, found in columns.items() if "x" in found and "y" in found}
    if not columns:
        raise DatasetError("%s: expected columns image, nose_x, nose_y, ... or image, joint, x, y, not %s"
                           % (path, ", ".join(table.columns)))
    used = {column for found in columns.values() for column in found.values()}
    spare = [name for name in table.columns
             if name not in used and name.lower() not in IMAGE + PERSON and not SCORE.match(name)]
    if spare:
        logging.warning("%s: the columns %s are not joints and were left out", path, ", ".join(spare))
    tables = [pandas.DataFrame(dict(
        {key: table[column] for key, column in found.items()}, person=table.index, joint=joint), index=table.index)
        for joint, found in columns.items()]
    return pandas.concat(tables).reindex(columns=["person", "joint", "x", "y", "visible"]).sort_index(
        kind="stable"), list(columns)


def _labelled(path, rows):
    """The rows whose joint is labelled, with x and y as numbers."""
    numbers = {key: pandas.to_numeric(rows[key], errors="coerce") for key in ("x", "y")}
    for key, values in numbers.items():
        wrong = values.isna() & rows[key].notna()
        if wrong.any():
            raise DatasetError("%s, line %d: %s is %s, which is no number"
                               % (path, rows.index[wrong][0] + 2, key, rows[key][wrong].iloc[0]))
    half = numbers["x"].isna() != numbers["y"].isna()
    if half.any():
        raise DatasetError("%s, line %d: one of x and y is missing" % (path, rows.index[half][0] + 2))
    visible = ~rows["visible"].astype(str).str.strip().str.lower().isin(["0", "0.0", "false", "no"])
    return rows.assign(**numbers)[visible & numbers["x"].notna() & rows["joint"].notna()]


def write_csv(path, joint_names, images, long=False):
    """Write predictions (see util/pose_json.py), a row a person: image, person, score, nose_x, nose_y, nose_score, ...

    long: a row a joint: image, person, joint, x, y, score. Pictures are named relative to the file; one without people
    has a row without numbers. Raises UserError.
    """
    folder = os.path.dirname(os.path.abspath(path))
    columns = ["%s_%s" % (joint, part) for joint in joint_names for part in ("x", "y", "score")]
    columns = ["image", "person"] + (["joint", "x", "y", "score"] if long else ["score"] + columns)
    rows = []
    for image in images:
        name = os.path.relpath(os.path.abspath(image["image"]), folder)
        for number, person in enumerate(image["people"], 1):
            pose = keypoints_of(person).tolist()
            if long:
                rows += [[name, number, joint] + point for joint, point in zip(joint_names, pose)]
            else:
                rows.append([name, number, person["score"]] + sum(pose, []))
        if not image["people"]:
            rows.append([name] + [None] * (len(columns) - 1))
    # Objects: of texts pandas would demand that they are UTF-8, where pyarrow is installed, and files' names may be any bytes.
    table = pandas.DataFrame(rows, columns=columns, dtype=object).astype({"person": "Int64"})
    with replacing(path) as stream:
        table.to_csv(stream, index=False)
