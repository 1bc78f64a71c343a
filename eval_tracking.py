"""How well the people of a video were followed: MOTA, IDF1, switches, fragmentations, precision and recall.

    python eval_tracking.py out/street_pose.jsonl --mot gt.txt --frames 1 200
    python eval_tracking.py out/000342_mpii_test_pose.jsonl --posetrack 000342_mpii_test.json

With --mot somebody matches a box where the mean of their hips and shoulders (of those that were found; of all joints where
none was) lies within half the box's height of its centre; people with fewer than 4 joints do not count, nor do boxes
marked so, and whoever is found there; a second row says what the figures are if they do. With --posetrack
each joint that both files know by name is followed for itself, within half a head size (PCKh), as PoseTrack does it; its
total MOTA is the mean of the joints'. Frames that the poses lack count as empty.
"""
import argparse

from dataset.formats.mot import read_mot
from dataset.formats.posetrack import read_posetrack
from dataset.tracking_report import against_boxes, against_posetrack, print_table, read_tracks
from util.command import run_command


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", metavar="POSES", help="a file of demo/video.py, with tracks")
    truth = parser.add_mutually_exclusive_group(required=True)
    truth.add_argument("--mot", metavar="FILE", help="boxes, in the form of the MOT challenges")
    truth.add_argument("--posetrack", metavar="FILE", help="a sequence of PoseTrack 2018, JSON")
    parser.add_argument("--frames", metavar=("FIRST", "LAST"), nargs=2, type=int, help="with --mot: only these, from 1")
    args = parser.parse_args()
    if args.frames and (args.posetrack or not 1 <= args.frames[0] <= args.frames[1]):
        parser.error("--frames FIRST LAST goes with --mot, and counts from 1")
    names, found = read_tracks(args.poses)
    if args.mot:
        print_table(against_boxes(names, found, read_mot(args.mot), args.frames))
    else:
        print_table(against_posetrack(names, found, *read_posetrack(args.posetrack)))


if __name__ == "__main__":
    run_command(main)
