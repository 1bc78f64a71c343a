"""What a worker does: finds the people of a shard, and writes them."""
import os
from typing import NamedTuple, Optional

from pose_tensorflow.many.sources import Shard, pictures
from pose_tensorflow.many.table import error_row, person_rows, write_table
from util.command import UserError
from util.image import ImageError


class Job(NamedTuple):
    """What all workers are told: config, weights: see pose_tensorflow.load; out: folder of the table"""

    config: str
    weights: Optional[str]
    out: str


class Done(NamedTuple):
    """What became of a shard.

    number: of the shard; pictures: that were looked at, unreadable: how many of them could not be read; people: found
    problem: why the shard could not be done, else ""
    """

    number: int
    pictures: int = 0
    unreadable: int = 0
    people: int = 0
    problem: str = ""


def table_file(out: str, number: int) -> str:
    """The file of the table that a shard becomes."""
    return os.path.join(out, "part-%06d.parquet" % number)


class Worker(object):
    """A network, loaded once, that does one shard after the other."""

    def __init__(self, job: Job):
        from pose_tensorflow import load
        self._out, self._pose = job.out, load(job.config, job.weights)

    def do(self, shard: Shard) -> Done:
        rows, count, unreadable = [], 0, 0
        try:
            for name, read in pictures(shard):
                count += 1
                try:
                    image = read()
                except ImageError as error:
                    unreadable += 1
                    rows.append(error_row(name, str(error)))
                else:
                    rows += person_rows(name, self._pose(image))
            write_table(table_file(self._out, shard.number), rows, self._pose.joint_names)
        except UserError as error:
            return Done(shard.number, problem=str(error))
        return Done(shard.number, count, unreadable, sum(row[3] is not None for row in rows))
