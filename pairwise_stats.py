"""Means and deviations of the offsets between joints, over all people of the config's data set: pairwise_stats.mat."""
import argparse
import logging

from dataset import factory
from dataset.pairwise_stats import collect_pairwise_stats, save_pairwise_stats
from util.command import run_command
from util.config import load_config
from util.pck import stack_people
from util.skeleton import Skeleton


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--out", help="file to write; default: the config's pairwise_stats_fn")
    args = parser.parse_args()
    cfg = load_config(args.config)
    people = [person for item in factory.create(cfg).data for person in item.joints or []]
    skeleton = Skeleton.from_config(cfg)
    stats, unseen = collect_pairwise_stats(stack_people(people, skeleton.num_joints),
                                           skeleton.mirror_map if cfg.mirror else None)
    for a, b in unseen:
        logging.warning("%s and %s are never labelled together", skeleton.joint_names[a], skeleton.joint_names[b])
    out = args.out or cfg.pairwise_stats_fn
    save_pairwise_stats(out, stats)
    print("wrote %s: %d pairs of %d people" % (out, len(stats), len(people)))


if __name__ == "__main__":
    run_command(main)
