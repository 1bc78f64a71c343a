"""Turn AI Challenger's keypoint annotations into COCO's, to train on with dataset_type: coco.

    python ai2coco.py --keypoint_json keypoint_train_annotations_20170909.json --img_dir keypoint_train_images_20170902

See docs/ai_challenger.md for the way from the download to the score.
"""
import argparse
import os

from dataset.formats.ai_challenger import LAYOUTS, convert_to_coco
from util.command import run_command, shortened


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keypoint_json", required=True, help="the challenge's annotations")
    parser.add_argument("--img_dir", required=True, help="the folder of their pictures")
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="coco17",
                        help="coco17: neck as nose, head top as left eye, so that configs for COCO serve unchanged; "
                             "aic14: the challenge's own 14 joints")
    parser.add_argument("--out", help="default: coco_art_neckhead_<name of the annotations> beside them")
    args = parser.parse_args()
    folder, name = os.path.split(args.keypoint_json)
    out = args.out or os.path.join(folder, "coco_art_neckhead_" + name)
    pictures, people, left_out = convert_to_coco(args.keypoint_json, args.img_dir, out, args.layout)
    print("wrote %s: %d people in %d pictures" % (out, people, pictures))
    if left_out:
        print("left out %d pictures:\n  %s" % (len(left_out), shortened(left_out)))


if __name__ == "__main__":
    run_command(main)
