"""The people of a shard as a file of the table: Parquet, a row a person.

    image                    the picture's name: in the folder, as in the list, or <tar or Parquet file>/<name in it>
    width, height            px
    person                   1, 2, ..., the surest first
    score                    the person's
    <joint>_x, _y, _score    px of the picture, for each joint, and how sure it is; null for a joint that was not found
    error                    why a picture could not be read

A picture without people has one row, and so has one that could not be read: what they lack is null. So each picture has at
least one row, and the rows with a person are the people. The same people make the same bytes.
"""
import io
from typing import TYPE_CHECKING, List

import numpy as np

from util.files import replacing

if TYPE_CHECKING:
    from pose_tensorflow.people import People


def person_rows(name: str, people: "People") -> List[tuple]:
    """The rows of a picture, as a Table takes them."""
    height, width = people.size
    rows = [(name, width, height, number, person.score, person.keypoints, None) for number, person in enumerate(people, 1)]
    return rows or [(name, width, height, None, None, None, None)]


def error_row(name: str, error: str) -> tuple:
    """The row of a picture that could not be read."""
    return name, None, None, None, None, None, _text(error)


def write_table(path: str, rows: List[tuple], joint_names: List[str]) -> None:
    """Write rows as a Parquet file, whole or not at all. Raises UserError."""
    import pyarrow
    import pyarrow.parquet
    images, widths, heights, numbers, scores, poses, errors = zip(*rows)
    lacking = np.full((len(joint_names), 3), np.nan)
    values = np.array([lacking if pose is None else pose for pose in poses], np.float32)  # [rows, J, 3]
    columns = {"image": pyarrow.array(map(_text, images), pyarrow.string()),
               "width": pyarrow.array(widths, pyarrow.int32()), "height": pyarrow.array(heights, pyarrow.int32()),
               "person": pyarrow.array(numbers, pyarrow.int32()), "score": pyarrow.array(scores, pyarrow.float32())}
    for joint, joint_name in enumerate(joint_names):
        for part, suffix in enumerate(("x", "y", "score")):
            columns["%s_%s" % (joint_name, suffix)] = pyarrow.array(values[:, joint, part], from_pandas=True)  # nan: null
    columns["error"] = pyarrow.array(errors, pyarrow.string())
    written = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), written)
    with replacing(path, "wb") as stream:
        stream.write(written.getvalue())


def _text(name):
    """A name as UTF-8 can have it; files' names may be any bytes."""
    return name.encode("utf-8", "backslashreplace").decode()
