"""Look for what is wrong with a data set before a network learns it.

    python -m dataset.check pose_cfg.yaml                       # the config's dataset and val_dataset
    python -m dataset.check pose_cfg.yaml --model               # also the labels that a network doubts, left/right swaps
    python -m dataset.check pose_cfg.yaml --model other.yaml    # among them; the network of another config

prints how often each joint is labelled, how large pictures and people are, and what is wrong, the worst picture first:
    error    training would not start or break off: pictures that are missing or damaged, joints that do not exist
    warning  joints outside the picture or at one place, wrong sizes, and what is there twice: a joint of a person,
             a picture (compressed again, resized or mirrored, but not another part of it), a person's labels
    doubt    0 to 1: how much surer the network is of other places than of the labels; it may be wrong, so look
OUT gets all of it as check.csv, and problems.png and doubts.png, which show the first of them.

Without a config of its own, --model takes the newest snapshot beside the data set's config, else the shipped weights for
one person, which judge the joints whose names they know. A network that learned from wrong labels doubts them less.

Exit status: 1 where there are errors (with --strict: or warnings), or no such data set; else 0. Doubts do not count.
"""
import argparse
import os
import sys
from collections import Counter

import numpy as np
from tqdm import tqdm

from dataset import factory
from dataset.dataset_mat import appended
from dataset.formats.source import reading
from dataset.pose_dataset import SMALLEST_SIDE, read_picture
from dataset.problems import KINDS, Finding, find_problems, outside
from dataset.report import Report, writing_to
from util.command import UserError, counted, run_command
from util.config import PROJECT, Config, cfg_from_file, find_file, load_config
from util.image import ImageError
from util.skeleton import Skeleton

SHIPPED = os.path.join(PROJECT, "models/single/test/pose_cfg.yaml")


def load(cfg):
    """The config's data set. Raises UserError."""
    if not cfg.dataset:
        raise UserError("%s names no data set: set its key `dataset`" % cfg.config_file)
    with reading("the data set %s" % cfg.dataset):
        dataset = factory.create(cfg)
    if not dataset.data:
        raise UserError("the data set %s has no pictures" % cfg.dataset)
    return dataset


def load_validation(cfg):
    """The DataItems of the config's val_dataset; none where it has none. Raises UserError."""
    return load(Config(factory.of_validation(cfg), video_batch=False)).data if cfg.val_dataset else []


def summary(name, items, skeleton):
    """Lines: how large pictures and people are, and how often each joint is labelled."""
    people = [(item, person) for item in items for person in item.joints or []]
    sides = [side for item in items for side in item.im_size[1:]]
    lines = ["%s: %d pictures with sides of %d to %d px, %d of them without people, %d under %d px and never trained on"
             % (name, len(items), min(sides), max(sides), sum(not item.joints for item in items),
                sum(min(item.im_size[1:]) < SMALLEST_SIDE for item in items), SMALLEST_SIDE)]
    spans = [np.ptp(person[:, 1:], axis=0).max() for _, person in people if len(person) > 1]
    if np.isfinite(spans).any():
        quarters = np.percentile(np.array(spans)[np.isfinite(spans)], (0, 25, 75, 100))
        lines.append("%d people whose joints span %.4g to %.4g px, half of them %.4g to %.4g px"
                     % ((len(people),) + tuple(quarters[[0, 3, 1, 2]])))
    labelled = Counter(joint for _, person in people for joint in person[:, 0])
    out = Counter(joint for item, person in people for joint in person[outside(person[:, 1:], item), 0])
    width = max(len(name) for name in skeleton.joint_names)
    lines += ["", "%-*s  labelled  outside the picture" % (width, "joint")]
    return lines + ["%-*s  %8d  %19d" % (width, name, labelled[joint], out[joint])
                    for joint, name in enumerate(skeleton.joint_names)]


def start_judge(cfg, model, skeleton):
    """The nnet.doubts.Judge of --model: of the config `model`, "" = see the head of this file. Raises UserError."""
    from nnet.doubts import Judge  # of no use without --model
    from nnet.weights import snapshots
    network = cfg_from_file(model or cfg.config_file)
    newest = snapshots(os.path.join(os.path.dirname(network.config_file), network.snapshot_prefix))
    if newest:
        network.init_weights = newest[-1][1]
    elif not model:
        network = cfg_from_file(SHIPPED)
    judge = Judge(network, skeleton)
    print("labels are judged by the weights %s, which know %d of the %d joints"
          % (find_file(network, "init_weights"), len(judge.known), skeleton.num_joints))
    return judge


def find_doubts(items, judge):
    """The doubts about people's labels, the strongest first; pictures that cannot be read have none."""
    found = []
    for item in tqdm(items, "judging"):
        try:
            doubts = judge.doubts(read_picture(item), item.joints or [])
        except ImageError:
            continue
        found += [Finding("doubt", item, number, doubt.reason, doubt.score, doubt.pose)
                  for number, doubt in enumerate(doubts) if doubt is not None]
    return sorted(found, key=lambda one: -one.score)


def check(args):
    """Whether the data set of the config args.config has no errors and, with args.strict, no warnings."""
    cfg = load_config(args.config)
    trained = load(cfg).data
    measured = load_validation(cfg)
    items = appended(trained, measured)
    skeleton = Skeleton.from_config(cfg)
    judge = None if args.model is None else start_judge(cfg, args.model, skeleton)
    with writing_to(args.out):
        report = Report(items, skeleton, args.out, args.count)
        print("\n".join(summary(cfg.dataset, trained, skeleton)))
        if measured:
            print("\n" + "\n".join(summary(cfg.val_dataset, measured, skeleton)))
        problems = find_problems(items, skeleton, len(trained))
        doubts = find_doubts(items, judge) if judge else []
        errors, warnings = (sum(one.kind == kind for one in problems) for kind in KINDS[:2])
        print("\n%s, %s; pictures' names start from %s"
              % (counted(errors, "error"), counted(warnings, "warning"), report.folder))
        report.show(problems)
        report.draw_problems(problems)
        if judge:
            print("\nhow much the network doubts the labels of %d people" % len(doubts))
            report.show(doubts)
            report.draw_doubts(doubts)
        report.write_table(problems + doubts)
    return not errors and not (args.strict and warnings)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", metavar="CONFIG", help="pose_cfg.yaml that names the data set")
    parser.add_argument("--model", metavar="OTHER", nargs="?", const="", help="judge labels by a network: of this config")
    parser.add_argument("--out", default="out/check", help="folder of check.csv and the drawings; default: %(default)s")
    parser.add_argument("--count", type=int, default=20, help="how many to print and to draw; default: %(default)s")
    parser.add_argument("--strict", action="store_true", help="warnings also make the exit status 1")
    args = parser.parse_args()
    if args.count < 0:
        raise UserError("--count: %d pictures cannot be shown" % args.count)
    if not check(args):
        sys.exit(1)


if __name__ == "__main__":
    run_command(main)
