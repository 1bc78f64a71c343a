"""Workers without a network that die, in a module of their own, which processes import quickly."""
import os
import signal

from pose_tensorflow.many.work import Done, Worker
from util.command import UserError


class Mortal(Worker):
    """Shard 1 kills the first that does it, shard 2 each; one dies before it begins."""

    def __init__(self, job):
        self._out = job.out
        if self._first("started"):
            os._exit(3)

    def _first(self, what):
        try:
            os.close(os.open(os.path.join(self._out, what), os.O_CREAT | os.O_EXCL))
            return True
        except OSError:
            return False

    def _do(self, shard):
        if shard.number == 2 or shard.number == 1 and self._first("killed"):
            os.kill(os.getpid(), signal.SIGKILL)
        return Done(shard.number, 1, 0, 0)


class Stillborn(Worker):
    def __init__(self, job):
        os._exit(7)


class Unable(Worker):
    def __init__(self, job):
        raise UserError("there are no weights")
