"""Train the temporal model, which tells whether detections of a joint in different frames are one person's, for tracking:
writes temporal_model.mat to the config's pairwise_model_dir, and a report of how good it is. It learns from the data set's
still pictures, whose people are cut out and moved by known motions, and from labelled videos.
"""
import argparse
from functools import partial

import numpy as np
from tqdm import tqdm

from dataset import factory
from dataset.formats.penn_action import read_penn_action
from dataset.moved_stills import MovedStills
from dataset.sequences import penn_sequences, posetrack_sequence
from multiperson.frames import FramePredictor
from multiperson.spatial_model_report import make_report, write_report
from multiperson.spatial_model_training import PairExamples, fit_pair
from multiperson.temporal import temporal_model_path, write_temporal_model
from multiperson.temporal_model_training import examples_of
from util.command import UserError, run_command
from util.config import load_config
from util.skeleton import Skeleton

KEPT = 0.6  # of the frames
LENGTH = 20  # frames of a sequence of moved stills


def some(frames, rng):
    """Some of the frames: cameras drop others, and then people jump."""
    return [frame for frame in frames if rng.uniform() < KEPT]


def sequences(args, cfg, skeleton):
    """[function without arguments that gives the LabelledFrames of a sequence]"""
    found = [partial(posetrack_sequence, path, skeleton) for path in args.posetrack]
    if args.penn_action:
        items, _ = read_penn_action(args.penn_action)
        found += [partial(list, frames) for frames in penn_sequences(items, skeleton)]
    if args.sequences:
        stills = MovedStills(factory.create(cfg).data, skeleton, cfg.seed, count=LENGTH)
        found += [partial(stills.sequence, number) for number in range(args.sequences)]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--phase", help="instead of the config's dataset_phase")
    parser.add_argument("--sequences", type=int, default=60, help="of moved stills; 0 = none")
    parser.add_argument("--penn_action", metavar="FOLDER", help="Penn Action, or what has its layout, as well")
    parser.add_argument("--posetrack", metavar="FILE", nargs="+", default=[], help="sequences of PoseTrack 2018, JSON, as well")
    parser.add_argument("--report", default="temporal_model.json", help="file of the report; a picture goes beside it")
    args = parser.parse_args()
    cfg = load_config(args.config)
    if args.phase:
        cfg.dataset_phase = args.phase
    predictor, rng = FramePredictor(cfg), np.random.RandomState(cfg.seed)
    skeleton = Skeleton.from_config(cfg)
    found = [examples_of(number, some(sequence(), rng), predictor.graph)
             for number, sequence in enumerate(tqdm(sequences(args, cfg, skeleton), "sequences"))]
    if not found:
        raise UserError("there are no sequences to learn from")
    examples = PairExamples(*map(np.concatenate, zip(*(examples for examples, _ in found))))
    joint = np.concatenate([joint for _, joint in found])
    fit = fit_pair(examples)
    if fit is None:
        raise UserError("%d sequences hold too few pairs to fit a model" % len(found))
    path = temporal_model_path(cfg)
    write_temporal_model(path, fit.model)
    of_joint = {(one, one): joint == one for one in range(skeleton.num_joints)}
    report = make_report({pair: PairExamples(*(part[mine] for part in examples)) for pair, mine in of_joint.items()},
                         {pair: fit.held_out[mine] for pair, mine in of_joint.items()}, skeleton.joint_names)
    write_report(report, args.report)
    print("wrote %s and %s: mean AUC %s, expected error of probabilities %.3f" % (
        path, args.report, report["mean_auc"], report["calibration"]["expected_error"]))


if __name__ == "__main__":
    run_command(main)
