"""Train the network that a pose_cfg.yaml describes, on the data set that it names.

    pose convert labels.csv mice/mice.mat     # your labels become a data set; mice/pose_cfg.yaml is written as well
    cd mice
    pose train                                # with pose_cfg.yaml
    pose train long_cfg.yaml --restart        # another config, from the beginning

Stopped (Ctrl-C) or killed, the same command goes on from the newest snapshot. Snapshots, learning curves (log) and log.txt
go to the working directory. docs/self_training.md explains the config's keys, docs/cluster.md training on several machines.
"""
import argparse
import signal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", metavar="CONFIG", default="pose_cfg.yaml", help="default: %(default)s")
    parser.add_argument("--restart", action="store_true", help="begin anew where there are snapshots already")
    args = parser.parse_args()
    from nnet.cluster import log_file  # after the arguments: --help takes no time
    from nnet.training import train
    from util.config import load_config
    from util.logging import setup_logging
    setup_logging(log_file())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # kill and schedulers mean the same as Ctrl-C
    train(load_config(args.config), args.restart)
