"""Train the network that pose_cfg.yaml describes: ``cd models/mpii/train && python3 ../../../train.py``.

Stopped (Ctrl-C) or killed, the same command goes on from the newest snapshot. On several machines: docs/cluster.md.
"""
import argparse
import signal

from nnet.cluster import log_file
from nnet.training import train
from util.command import run_command
from util.config import load_config
from util.logging import setup_logging


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml",
                        help="a file in the folder that POSE_PARAM_PATH names, else in the working directory")
    parser.add_argument("--restart", action="store_true", help="begin anew where there are snapshots already")
    parser.add_argument("--verbose", action="store_true", help="show the whole config, which always goes to log.txt")
    args = parser.parse_args()
    setup_logging(log_file(), args.verbose)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # kill and schedulers mean the same as Ctrl-C
    train(load_config(args.config), args.restart)


if __name__ == "__main__":
    run_command(main)
