"""Measure how good a network is: finds the people of the config's data set, and compares them with its labels.

    pose eval --weights snapshot-1500              # one person a picture: PCK, percentage of joints in their place
    pose eval cfg_of_several.yaml --out measured   # several people: COCO's average precision
    pose eval --predictions measured/predictions.mat    # of what was found before

What was found is written to OUT: predictions.mat, or predictions.json and poses.json.
"""
import argparse
import os


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", metavar="CONFIG", default="pose_cfg.yaml", help="default: %(default)s")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--predictions", metavar="FILE", help="measure these, instead of finding people first")
    parser.add_argument("--out", default="out", help="folder of what is found; default: %(default)s")
    parser.add_argument("--draw", action="store_true", help="also draw it, to the same folder")
    parser.add_argument("--worst", metavar="N", type=int, default=0, help="one person: list the N who are farthest off")
    args = parser.parse_args()
    from pose_tensorflow.configs import for_several  # after the arguments: --help takes no time
    from util.config import load_config
    cfg = load_config(args.config)
    cfg.init_weights = args.weights or cfg.init_weights
    (_several if for_several(cfg) else _one)(args, cfg)


def _one(args, cfg):
    from dataset.pck_report import print_pck
    if not args.predictions:
        from nnet.testing import predict_poses
        predict_poses(cfg, args.out, args.draw)
    print_pck(cfg, args.predictions or os.path.join(args.out, "predictions.mat"), args.worst)


def _several(args, cfg):
    from dataset.coco_report import print_precision
    path = args.predictions
    if not path:
        from multiperson.testing import predict_people
        path, _ = predict_people(cfg, args.out, draw=args.draw)
    print_precision(cfg, path)
