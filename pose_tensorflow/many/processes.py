"""Workers as processes of this machine. One that dies costs the shard that it had, which another one does again."""
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from multiprocessing.connection import wait
from typing import Iterator, List, Type

from pose_tensorflow.many.sources import Shard
from pose_tensorflow.many.work import TRIES, Done, Job, Worker
from util.command import UserError


def in_processes(job: Job, shards: List[Shard], workers: int, kind: Type[Worker] = Worker) -> Iterator[Done]:
    """What became of each shard, as they get done by so many processes, of one thread each. kind: what works in them

    Raises UserError where they cannot start, or all die.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # which they inherit
    waiting, running, deaths = deque(shards), {}, 0  # running: {pipe: _Process}; deaths: since somebody was through
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                process = _Process(kind, job, waiting.popleft())
                running[process.pipe] = process
            for pipe in wait(list(running)):
                process = running.pop(pipe)
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):  # it died
                    deaths += 1
                    how = "a process died (%s) with shard %d" % (process.how_it_ended(), process.shard.number)
                    if deaths > TRIES * (workers + 1):
                        raise UserError("%s, as did all others lately: is there memory for %d?"
                                        % (how, workers)) from None
                    logging.warning("%s, which is done again", how)
                    waiting.appendleft(process.shard)
                    continue
                deaths = 0
                if isinstance(answer, str):
                    raise UserError(answer)
                yield answer
                if waiting:
                    process.give(waiting.popleft())
                    running[pipe] = process
                else:
                    process.end()
    finally:
        for process in running.values():
            process.kill()


class _Process(object):
    """A worker in a process of its own, with the shard that it is doing."""

    def __init__(self, kind, job, shard):
        context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
        self.pipe, theirs = context.Pipe()
        watched, self._alive = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(theirs, watched, kind, job), daemon=True)
        self._process.start()
        theirs.close()  # else nobody would notice its end
        watched.close()
        self.give(shard)

    def give(self, shard):
        self.shard = shard
        try:
            self.pipe.send(shard)
        except OSError:  # it died, as whoever waits for its answer will see
            pass

    def end(self):
        self.pipe.close()
        self._process.join()
        self._alive.close()

    def kill(self):
        self._process.terminate()
        self.end()

    def how_it_ended(self):
        self._process.join()
        code = self._process.exitcode
        return signal.Signals(-code).name if code < 0 else "exit status %d" % code


def _serve(pipe, watched, kind, job):
    """Do the shards that come through a pipe, until it is closed. watched: another one, which is closed if who started this is
    killed: then this ends at once, and nobody works beside those that are started next."""
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this
    try:
        worker = kind(job)
    except Exception as error:
        pipe.send("a process cannot start: %s" % error)
        return
    while True:
        try:
            shard = pipe.recv()
        except EOFError:
            return
        pipe.send(worker.do(shard))


def _end_with(watched):
    try:
        watched.recv()
    except EOFError:
        os._exit(1)
