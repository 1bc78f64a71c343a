"""Find everybody's joints in a video: draws them and writes them as JSON lines. Stopped, the same command goes on.

    python demo/video.py street.mp4                          # out/street_pose.mp4, out/street_pose.jsonl
    python demo/video.py mouse.mp4 --single --config pose_cfg.yaml --weights snapshot-1500 --h5 mouse.h5
    python demo/video.py 0 --show                            # camera 0, until Ctrl-C

A video is a file, a folder of pictures, which are taken for 25 a second, or the number of a camera. The first line of the
JSON says what the others mean: a frame each, {"frame": 0, "time": 0.0, "people": [{"track": 3, "keypoints": ...}]};
`track` stays the same for a person throughout, and is null with --single.
"""
import argparse
import os
import signal

import numpy as np

from dataset.formats.deeplabcut import pose_table, write_csv, write_h5
from demo import demo_multiperson, singleperson
from demo.video_poses import Following, OneByOne, Smoothing, settings_of, write_video_poses
from multiperson.following import Follower
from multiperson.temporal import temporal_model_path
from util.command import counted, run_command, shortened
from util.config import PROJECT, cfg_from_file
from util.memory import return_large_blocks
from util.pose_json import keypoints_of
from util.pose_lines import read_pose_lines
from util.skeleton import Skeleton
from util.video import open_video
from util.visualize import window


def write_tables(lines, skeleton, csv, h5):
    """The poses of one person, as DeepLabCut writes them: a row a frame, by its number; joints that were filled in have no
    likelihood. csv, h5: paths, or None"""
    numbers, poses = zip(*((entry["frame"], [keypoints_of(person) for person in entry["people"]])
                           for entry in read_pose_lines(lines)))
    table = pose_table(skeleton.joint_names, np.array(poses), numbers)
    if csv:
        write_csv(csv, table)
    if h5:
        write_h5(h5, table)


def make_finder(cfg, single, state):
    """(finder, draw), see demo.video_poses; state: path of what is needed to go on with tracking"""
    if not single and cfg.pairwise_relative and os.path.exists(temporal_model_path(cfg)):
        follower = Follower(cfg)
        return Following(follower, state), demo_multiperson.make_drawer(cfg)
    if not single:
        print("people are not tracked: that needs pairwise_relative: true in the config, and %s, which train_temporal_model.py "
              "makes" % temporal_model_path(cfg))
    find, draw, predictor = (singleperson if single else demo_multiperson).make_finder(cfg, again=True)
    return OneByOne(find, predictor.batch), draw


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", metavar="VIDEO", help="a file, a folder of pictures, or the number of a camera")
    parser.add_argument("--config", help="a pose_cfg.yaml; default: the shipped weights'")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--out", default="out", help="folder of the drawn video")
    parser.add_argument("--json", help="file for the joints; default: OUT/<name of the video>_pose.jsonl")
    parser.add_argument("--csv", help="with --single: the joints as DeepLabCut writes them")
    parser.add_argument("--h5", help="the same, as HDF5")
    parser.add_argument("--every", type=int, default=1, help="take only every so many-th frame; the config's track_... count taken frames")
    parser.add_argument("--start", type=float, default=0.0, help="begin at so many seconds")
    parser.add_argument("--end", type=float, help="end before so many seconds")
    parser.add_argument("--single", action="store_true", help="find one person, with the network for one")
    parser.add_argument("--smooth", action="store_true", help="take the joints' trembling away (One Euro filter); as --fill "
                        "it changes the drawn video, the tables, and a second file, <that of --json>_smooth.jsonl")
    parser.add_argument("--fill", metavar="N", type=int, default=0, help="fill gaps of at most N frames, on straight lines: "
                        "such joints have null for a score, and are drawn thinner")
    parser.add_argument("--show", action="store_true", help="also show the drawn frames in a window")
    args = parser.parse_args()
    if args.every < 1:
        parser.error("--every %d: it must be at least 1" % args.every)
    if args.fill < 0:
        parser.error("--fill %d: it must be at least 0" % args.fill)
    if (args.csv or args.h5) and not args.single:
        parser.error("--csv and --h5 are for one person, with --single")
    return args


def main():
    args = parse()
    return_large_blocks()
    video = open_video(args.video)
    cfg = cfg_from_file(args.config or os.path.join(PROJECT, "models", "single/test" if args.single else "multi/video",
                                                    "pose_cfg.yaml"))
    if args.weights:
        cfg.init_weights = args.weights
    if video.live:
        cfg.test_batch_size = 1  # nobody shall wait for the next frame to see this one
        signal.signal(signal.SIGINT, lambda *_: video.stop())
    selection = dict(every=args.every, start=args.start, end=args.end)
    settings = settings_of(video, cfg, single=args.single, **selection)
    name = "camera_%s" % args.video if video.live else os.path.splitext(os.path.basename(os.path.normpath(args.video)))[0]
    drawn = os.path.join(args.out, name + "_pose.mp4")
    lines = args.json or os.path.join(args.out, name + "_pose.jsonl")
    finder, draw = make_finder(cfg, args.single, lines + ".tracks")
    skeleton = Skeleton.from_config(cfg)
    smoothing = None
    if args.smooth or args.fill:
        smoothing = Smoothing("%s_smooth%s" % os.path.splitext(lines), args.smooth, args.fill, cfg.score_threshold)
    write_video_poses(video, selection, skeleton, settings, finder, draw, lines, drawn, window() if args.show else None,
                      smoothing)
    best = smoothing.path if smoothing else lines
    if args.csv or args.h5:
        write_tables(best, skeleton, args.csv, args.h5)
    if video.unreadable:
        print("left out %s that could not be read:\n  %s" % (counted(len(video.unreadable), "frame"),
                                                             shortened(video.unreadable)))
    files = [lines, smoothing and smoothing.path, args.csv, args.h5]
    print("the drawn video is %s, the joints are in %s" % (drawn, ", ".join(filter(None, files))))


if __name__ == "__main__":
    run_command(main)
