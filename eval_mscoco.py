"""COCO's average precision of predictions.json (or predictions_with_segm.json) on the config's data set."""
import argparse

from dataset.formats.source import reading
from dataset.mscoco import load_annotations
from util.command import run_command
from util.config import load_config
from util.files import read_json_list
from util.mscoco_util import evaluate, predictions_file, tested_pictures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--predictions", help="default: predictions.json, with use_gt_segm predictions_with_segm.json")
    args = parser.parse_args()
    cfg = load_config(args.config)
    path = args.predictions or predictions_file(cfg)
    results = read_json_list(path, "COCO results, as test_multiperson.py writes them")
    with reading("%s, or the annotations of %s," % (path, cfg.dataset)):
        coco = load_annotations(cfg)
        pictures = tested_pictures(cfg, path, results)
        figures = evaluate(coco, results, cfg.get("oks_sigmas"), pictures)
    count = len(coco.dataset["images"])
    tested = count if pictures is None else len(pictures)
    print("%d people in %d pictures" % (len(results), count) if tested == count else
          "%d people in %d of %d pictures; the others do not count" % (len(results), tested, count))
    for name, value in figures.items():
        print("%-9s %.3f" % (name, value))


if __name__ == "__main__":
    run_command(main)
