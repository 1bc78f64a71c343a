"""What a worker does: finds the people of a shard, and writes them."""
import os
from typing import NamedTuple, Optional, Union

from pose_tensorflow.many.sources import Shard, pictures
from pose_tensorflow.many.table import error_row, person_rows, write_table
from util.command import UserError
from util.image import ImageError


TRIES = 3  # processes that may die with one shard


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


def tried_file(out: str, number: Union[int, str]) -> str:
    """The file that has a byte for each process that has begun a shard, until one is through."""
    return os.path.join(out, ".tried-%s" % number)


class Worker(object):
    """A network, loaded once, that does one shard after the other."""

    def __init__(self, job: Job):
        from pose_tensorflow.configs import choose_config  # a process that starts others needs no network
        from pose_tensorflow.pose import Pose
        self._out, self._pose = job.out, Pose(choose_config(job.config, job.weights), again=False)

    def do(self, shard: Shard) -> Done:
        """Find and write the people of a shard, unless that has killed others before."""
        tried = tried_file(self._out, shard.number)
        with open(tried, "ab") as stream:
            stream.write(b".")
        if os.path.getsize(tried) > TRIES:
            done = Done(shard.number, problem="%d processes died with it (%s)" % (TRIES, shard.described))
        else:
            done = self._do(shard)
        os.remove(tried)
        return done

    def _do(self, shard):
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
