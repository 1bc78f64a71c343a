"""Which processes train a network together, and which of them this one is: what the environment variable TF_CONFIG says."""
import json
import os
import socket
from typing import Dict, List, NamedTuple

from util.command import UserError

TYPES = ("chief", "worker", "ps", "evaluator")
TIMEOUT = 10  # seconds, of connections


class ClusterError(UserError):
    """TF_CONFIG, or what it describes, cannot be used."""


class Task(NamedTuple):
    """One process of a cluster. cluster: {type: addresses "host:port"}"""

    cluster: Dict[str, List[str]]
    type: str
    index: int

    @property
    def replicas(self):
        """[(type, index)] of those that compute gradients, the chief first. Without a chief worker 0 is it."""
        return [(job, index) for job in ("chief", "worker") for index in range(len(self.cluster.get(job, [])))]

    @property
    def is_chief(self):
        return (self.type, self.index) in self.replicas[:1]

    @property
    def needed(self):
        """[(type, index)] of those without which training ends."""
        return self.replicas[:1] + [("ps", index) for index in range(len(self.cluster["ps"]))]

    def unreachable(self, tasks):
        """Those of `tasks` at whose address nobody listens, as words."""
        return ["%s %d at %s" % (job, index, self.cluster[job][index]) for job, index in tasks
                if not _listens(self.cluster[job][index])]


def read_tf_config():
    """The Task that the environment variable TF_CONFIG describes, or None where this process trains alone.

    Raises ClusterError for what is not {"cluster": {type: [host:port, ...]}, "task": {"type": ..., "index": ...}}.
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        described = json.loads(text or "{}")
    except ValueError as error:
        raise ClusterError("TF_CONFIG is no JSON (%s): %s" % (error, text)) from None
    cluster, task = (described.get(key, {}) if isinstance(described, dict) else None for key in ("cluster", "task"))
    if not isinstance(cluster, dict) or not isinstance(task, dict):
        raise ClusterError('TF_CONFIG must be {"cluster": {...}, "task": {...}}, not %s' % text)
    if not cluster and not task:
        return None
    for job, addresses in cluster.items():
        _check(job, addresses)
    job, index = task.get("type"), task.get("index", 0)
    if job not in TYPES:
        raise ClusterError("TF_CONFIG: the task's type, %r, is none of %s" % (job, ", ".join(TYPES)))
    if job != "evaluator" and not (isinstance(index, int) and 0 <= index < len(cluster.get(job, []))):
        raise ClusterError("TF_CONFIG: the cluster has no task %s %r" % (job, index))
    task = Task({one: cluster[one] for one in cluster if one != "evaluator"}, job, index)
    if job == "evaluator" or cluster.get("ps") and task.replicas:
        return task
    if not cluster.get("ps") and len(task.replicas) == 1:  # as services describe a single machine
        return None
    raise ClusterError("TF_CONFIG: the cluster has no %s" % ("chief or worker" if cluster.get("ps") else
                                                            "ps, a task that holds the weights"))


def log_file():
    """The name of this process's log: log.txt, but for others than a cluster's chief, since all may share one folder."""
    task = read_tf_config()
    if task is None or task.is_chief:
        return "log.txt"
    return "log-%s-%d.txt" % (task.type, task.index)


def _check(job, addresses):
    if job not in TYPES:
        raise ClusterError("TF_CONFIG: the cluster has tasks %r, which are none of %s" % (job, ", ".join(TYPES)))
    if job == "chief" and len(addresses) != 1:
        raise ClusterError("TF_CONFIG: the cluster has %d chiefs instead of one" % len(addresses))
    for address in addresses if isinstance(addresses, list) else [addresses]:
        if not (isinstance(addresses, list) and isinstance(address, str) and address.rpartition(":")[2].isdigit()):
            raise ClusterError('TF_CONFIG: %s must be a list of "host:port", not %r' % (job, addresses))


def _listens(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), TIMEOUT).close()
        return True
    except OSError:
        return False
