"""Find people in millions of pictures: a table of their joints in Parquet, a row a person.

    python predict_many.py photos/ found                          # all pictures of a folder, and of those below it
    python predict_many.py "shards/*.tar" found --workers 8       # of tar archives; of Parquet: "data/*.parquet"
    python predict_many.py list.txt found --single                # of a list of paths; one person in each
    python predict_many.py photos/ found --address auto           # by all machines of a Ray cluster

Stopped or killed, the same command goes on: OUT gets a file for each 1000 pictures, and those that are there are not done
again. A picture that cannot be read has a row that says why. pandas.read_parquet("found") reads the whole table.
docs/many.md says more. It needs packages of its own: the extra "parquet", and for --address the extra "ray".
"""
import argparse
import os
import time


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="SOURCE", help="folder, list (.txt), or tar or Parquet files, one or a pattern")
    parser.add_argument("out", metavar="OUT", help="folder of the table")
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--multi", action="store_true", help="several people; the default, unless the --config is for one")
    people.add_argument("--single", action="store_true", help="one person in each picture")
    parser.add_argument("--config", help="pose_cfg.yaml of a network of your own; default: the shipped weights'")
    parser.add_argument("--weights", help="checkpoint prefix, such as snapshot-1500, instead of the config's init_weights")
    parser.add_argument("--workers", type=int, default=0, help="processes; default: one for each core")
    parser.add_argument("--address", help="of a Ray cluster whose machines shall work: auto = the one that this machine is "
                                          "part of; default: processes of this machine, without Ray")
    return parser.parse_args()


def main():
    args = parse()
    from pose_tensorflow.configs import choose_config, for_several  # after the arguments: --help takes no time
    from util.command import UserError
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise UserError("Parquet needs a package of its own (%s): pip install \"pose-tensorflow[parquet]\"" % error
                        ) from None
    from pose_tensorflow.many.progress import SETTINGS
    from pose_tensorflow.many.work import Job
    from util.files import alone
    if args.workers < 0:
        raise UserError("--workers: %d processes cannot work" % args.workers)
    config = args.config or ("single" if args.single else "multi")
    cfg = choose_config(config, args.weights)
    if args.config and (args.single or args.multi) and args.multi != for_several(cfg):
        raise UserError("%s is for %s" % (args.config, "several people" if args.single else "one person"))
    job = Job(os.path.abspath(config) if args.config else config, args.weights and os.path.abspath(args.weights),
              os.path.abspath(args.out))
    with alone(os.path.join(job.out, SETTINGS)):
        predict_many(cfg, job, args.source, args.workers, args.address)


def predict_many(cfg, job, source, workers, address):
    from pose_tensorflow.many.progress import begin, follow, missing, settings
    from pose_tensorflow.many.sources import find_shards
    from util.command import counted
    shards = find_shards(source)
    begin(job.out, settings(cfg, shards))
    todo = missing(job.out, shards)
    if not todo:
        print("nothing to do: the table in %s is complete, %d files for %d pictures"
              % (job.out, len(shards), sum(shard.size for shard in shards)))
        return
    start = time.time()
    counts = follow(results(job, todo, workers, address), todo, shards)
    before = sum(shard.size for shard in shards) - counts["pictures"]
    print("%s, of which %d could not be read; %d people; %.1f images/s%s"
          % (counted(counts["pictures"], "picture"), counts["unreadable"], counts["people"],
             counts["pictures"] / (time.time() - start), "; %d were done before" % before if before else ""))
    print("the table is in %s" % job.out)


def results(job, shards, workers, address):
    if address:
        from pose_tensorflow.many.on_ray import on_ray
        return on_ray(job, shards, workers, address)
    from pose_tensorflow.many.processes import in_processes
    from util.processor import cores
    return in_processes(job, shards, workers or cores())
