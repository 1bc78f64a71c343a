"""Does `dataset.check --model` find people whose left and right were exchanged? Prints which share of them is in the first
sixth of its list, of a data set with one person a picture, 5 % of whom are exchanged, drawn 100 times.

    python benchmarks/swapped_labels.py                  # lsp/val, after models/single/prepare.py; a few minutes
    python benchmarks/swapped_labels.py pose_cfg.yaml    # another data set
"""
import argparse
from dataclasses import replace

import numpy as np

from dataset.check import SHIPPED, find_doubts, load, start_judge
from util.command import run_command
from util.config import cfg_from_file
from util.skeleton import Skeleton

DRAWS, EXCHANGED = 100, 0.05


def scores(items, judge):
    """{image_id: how much the network doubts its one person's labels}"""
    return {one.item.image_id: one.score for one in find_doubts(items, judge)}


def exchange(item, skeleton):
    person, = item.joints
    return replace(item, joints=[np.column_stack([skeleton.mirror_map[person[:, 0].astype(int)], person[:, 1:]])])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", default=SHIPPED)
    cfg = cfg_from_file(parser.parse_args().config)
    items = [item for item in load(cfg).data if len(item.joints or []) == 1]
    skeleton = Skeleton.from_config(cfg)
    judge = start_judge(cfg, "", skeleton)
    given, exchanged = scores(items, judge), scores([exchange(item, skeleton) for item in items], judge)
    ids = sorted(given)
    shares = []
    for seed in range(DRAWS):
        chosen = np.random.RandomState(seed).choice(ids, int(round(EXCHANGED * len(ids))), replace=False)
        order = sorted(ids, key=lambda one: -(exchanged if one in chosen else given)[one])
        shares.append(np.isin(chosen, order[:len(ids) // 6]).mean())
    print("%d people, %d of them exchanged: %.0f %% of these in the first sixth, at least %.0f %% in %d draws"
          % (len(ids), len(chosen), 100 * np.mean(shares), 100 * min(shares), DRAWS))


if __name__ == "__main__":
    run_command(main)
