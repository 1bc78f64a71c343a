"""Workers of Ray Data: on this machine, or on all those of a Ray cluster, which see the source and the folder of the table
at the same paths."""
import json
import logging
import socket
from typing import Iterator, List, Type

from pose_tensorflow.many.sources import Shard
from pose_tensorflow.many.work import Done, Job, Worker
from util.command import UserError, first_line

LONGEST = 10  # seconds until a cluster answers


class _RayWorker(object):
    """What Ray Data's map_batches wants: a Worker whose batches are shards, one each, as JSON."""

    def __init__(self, job, kind):
        self._worker = kind(Job(*job))

    def __call__(self, batch):
        done = self._worker.do(Shard(*json.loads(batch["shard"][0])))
        return {key: [value] for key, value in done._asdict().items()}


def on_ray(job: Job, shards: List[Shard], workers: int, address: str, kind: Type[Worker] = Worker) -> Iterator[Done]:
    """What became of each shard, as they get done by so many workers (0: as many as the cluster has processors). Ray starts
    those that die again, with the shard that they had.

    address: of the cluster, see ray.init: "auto" = that of this machine, "local" = one that is started for this alone
    kind: what works in them
    Raises UserError where there is no cluster, and where workers cannot start.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UserError("--address needs Ray (%s): pip install \"pose-tensorflow[ray]\"" % error) from None
    _check_reachable(address)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        ray.init(address=address, include_dashboard=False if address == "local" else None, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError("there is no Ray cluster at %s (%s)" % (address, error)) from None
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        workers = min(workers or int(ray.cluster_resources().get("CPU", 1)), len(shards))
        texts = [{"shard": json.dumps(shard)} for shard in shards]
        done = ray.data.from_items(texts, override_num_blocks=len(texts)).map_batches(
            _RayWorker, fn_constructor_args=(tuple(job), kind), batch_size=1, num_cpus=1,
            compute=ray.data.ActorPoolStrategy(size=workers))
        for row in done.iter_rows():
            yield Done(**row)
    except ray.exceptions.RayError as error:
        raise UserError("Ray's workers fail: %s" % first_line(error)) from None
    finally:
        ray.shutdown()


def _check_reachable(address):
    """Raises UserError where nobody listens at host:port, or ray://host:port, on whom Ray would wait for many minutes."""
    host, _, port = address.split("://")[-1].rpartition(":")
    if port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), LONGEST).close()
        except (OSError, OverflowError) as error:
            raise UserError("there is no Ray cluster at %s (%s)" % (address, error)) from None
