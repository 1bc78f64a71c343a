"""Find people in pictures, folders of pictures and videos: draws them, and writes their joints as JSON.

    pose predict us.jpg                            # everybody: out/us_pose.png, out/poses.json
    pose predict me.jpg --single --json me.json    # one person, the whole picture's best
    pose predict holiday/ street.mp4 --out found   # all pictures of a folder, and a video (pose video --help)
    pose predict                                   # five photographs that come along

Several people are looked for unless you say --single; that is also right where there is only one, whom the network for one
person, the larger of the two, finds more exactly. poses.json says for each picture who was found, {"image": "us.jpg",
"people": [{"keypoints": [[x, y, score], ...], "score": s}, ...], ...}, in the picture's own pixels.
"""
import argparse
import os
import sys


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", metavar="IMAGE|FOLDER|VIDEO", help="default: the photographs that come along")
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--multi", action="store_true", help="several people; the default, unless the --config is for one")
    people.add_argument("--single", action="store_true", help="one person in each picture")
    parser.add_argument("--config", help="pose_cfg.yaml of a network of your own; default: the shipped weights'")
    parser.add_argument("--weights", help="checkpoint prefix, such as snapshot-1500, instead of the config's init_weights")
    parser.add_argument("--out", default="out", help="folder of the drawn pictures and videos; default: %(default)s")
    parser.add_argument("--json", help="file for the joints of all pictures; default: OUT/poses.json")
    parser.add_argument("--show", action="store_true", help="also show what was drawn in a window")
    return parser.parse_args()


def main():
    args = parse()
    from pose_tensorflow.configs import choose_config, for_several  # after the arguments: --help takes no time
    from util.command import UserError
    missing = [path for path in args.inputs if not os.path.exists(path)]
    if missing:
        raise UserError("there is no %s" % ", ".join(missing))
    cfg = choose_config(args.config or ("single" if args.single else "multi"), args.weights)
    args.single = args.single or not (args.multi or for_several(cfg))
    pictures, videos = sorted_inputs(args.inputs)
    names = [os.path.splitext(os.path.basename(path))[0] for path in videos]
    twice = [path for path, name in zip(videos, names) if names.count(name) > 1]
    if twice:
        raise UserError("what is found in %s would go to the same files: predict them one by one, each with an --out of its "
                        "own" % " and ".join(twice))
    failures = []
    if pictures or not videos:
        failures += failure_of(predict_pictures, args, cfg, pictures)
    for video in videos:
        failures += failure_of(predict_video, args, video)
    if failures:
        raise UserError("\n".join(failures))


def sorted_inputs(paths):
    """(pictures, videos): a folder stands for the pictures in it."""
    from util.video import pictures_in
    pictures, videos = [], []
    for path in paths:
        if os.path.isdir(path):
            pictures += pictures_in(path)
        else:
            (videos if is_video(path) else pictures).append(path)
    return pictures, videos


def is_video(path):
    """Whether it is a file, and no picture by its ending or by what is in it."""
    from util.image import ImageError, image_size
    from util.video import PICTURES
    if path.lower().endswith(PICTURES):
        return False
    try:
        return image_size(path) is None
    except ImageError:
        return True


def failure_of(function, *arguments):
    """[what went wrong], [] where nothing did: an input that cannot be read does not keep others from being searched."""
    from util.command import UserError
    try:
        function(*arguments)
    except UserError as error:
        return [str(error)]
    return []


def predict_pictures(args, cfg, paths):
    from demo import demo_multiperson, singleperson
    from demo.command import write_pictures
    from demo.samples import sample_images
    pictures = [(path, None) for path in paths] or sample_images()
    find, draw, _ = (singleperson if args.single else demo_multiperson).make_finder(cfg)
    write_pictures(pictures, cfg, find, draw, args.out, args.json, args.show)


def predict_video(args, path):
    from demo import video
    options = [option for key in ("config", "weights", "out") if getattr(args, key)
               for option in ("--" + key, getattr(args, key))]
    sys.argv[1:] = [path] + options + ["--" + key for key in ("single", "show") if getattr(args, key)]
    video.main()
