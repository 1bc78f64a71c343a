"""Which shards are done: those whose files are there. With which settings they were, is kept beside them."""
import glob
import json
import os
from typing import Any, Dict, Iterable, List

from tqdm import tqdm

from nnet.weights import adopt_weights_skeleton, checksums, required
from pose_tensorflow import __version__
from pose_tensorflow.configs import for_several
from pose_tensorflow.many.sources import Shard, source_digest
from pose_tensorflow.many.work import Done, table_file, tried_file
from util.command import UserError, counted, shortened
from util.config import Config, find_file
from util.files import digest, read_json, replacing
from util.skeleton import Skeleton

SETTINGS = "_settings.json"  # who reads a folder of Parquet leaves out names that begin so
SHOWN = 3  # keys of the config that are spelled out
PATHS = ("config_file", "init_weights", "pairwise_model_dir", "pairwise_stats_fn", "preset_joints")


def settings(cfg: Config, shards: List[Shard]) -> Dict[str, Any]:
    """What the table depends on, for JSON. Raises UserError where there are no weights."""
    weights = required(adopt_weights_skeleton(cfg))
    files = [checksums(weights)]
    if for_several(cfg):
        files += [find_file(cfg, "pairwise_stats_fn")]
        files += sorted(glob.glob(os.path.join(glob.escape(find_file(cfg, "pairwise_model_dir")), "spatial_model_*.mat")))
    skeleton = Skeleton.from_config(cfg)
    return {"version": __version__, "source": source_digest(shards), "pictures": sum(shard.size for shard in shards),
            "shards": len(shards), "weights": digest(files)[:32],
            "config": {key: value for key, value in cfg.items() if key not in PATHS},
            "joint_names": skeleton.joint_names, "limbs": skeleton.limbs}


def begin(out: str, wanted: Dict[str, Any]) -> None:
    """Keep the settings beside the table. Raises UserError where it was begun with others."""
    for tried in glob.glob(tried_file(glob.escape(out), "*")):
        os.remove(tried)  # in this run nobody has died
    path = os.path.join(out, SETTINGS)
    wanted = json.loads(json.dumps(wanted))  # as they come back
    if not os.path.exists(path):
        if glob.glob(os.path.join(glob.escape(out), "*.parquet")):
            raise UserError("%s holds Parquet files, but no %s that tells what they are: take another folder"
                            % (out, SETTINGS))
        with replacing(path) as stream:
            json.dump(wanted, stream, indent=1)
        return
    before = read_json(path)
    if before != wanted:
        raise UserError("%s was begun with other settings: %s; take another folder, or delete this one"
                        % (out, ", ".join(_differing(before, wanted))))


def _differing(before, wanted):
    """Names of settings that are not the same; of some of the config's keys with both values."""
    if not isinstance(before, dict) or not isinstance(before.get("config"), dict):
        return ["%s is damaged" % SETTINGS]
    keys = sorted(key for key in set(before) | set(wanted) if key != "config" and before.get(key) != wanted.get(key))
    old, new = before["config"], wanted["config"]
    others = ["%s: %s instead of %s" % (key, new.get(key), old.get(key))
              for key in sorted(set(old) | set(new)) if old.get(key) != new.get(key)]
    return keys + others[:SHOWN] + ["and %d more" % (len(others) - SHOWN)] * (len(others) > SHOWN)


def missing(out: str, shards: List[Shard]) -> List[Shard]:
    """The shards that are not done."""
    return [shard for shard in shards if not os.path.exists(table_file(out, shard.number))]


def follow(results: Iterable[Done], todo: List[Shard], shards: List[Shard]) -> Dict[str, int]:
    """Show how the work goes on, until all results have come: {"pictures", "unreadable", "people"} that were done.

    Raises UserError, after all others are done, where shards could not be.
    """
    sizes = {shard.number: shard.size for shard in todo}
    total = sum(shard.size for shard in shards)
    counts, problems = {"pictures": 0, "unreadable": 0, "people": 0}, []
    with tqdm(desc="finding people", total=total, initial=total - sum(sizes.values()), unit=" images") as bar:
        for done in results:
            bar.update(sizes[done.number])
            if done.problem:
                problems.append("shard %d: %s" % (done.number, done.problem))
            for key in counts:
                counts[key] += getattr(done, key)
    if problems:
        raise UserError("%s could not be done, all others are; the same command tries again:\n  %s"
                        % (counted(len(problems), "shard"), shortened(problems)))
    return counts
