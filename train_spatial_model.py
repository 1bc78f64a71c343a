"""Train the spatial model: which pairs of detections belong to one person. Writes spatial_model_cidx_A_B.mat files to
pairwise_model_dir, instead of those that were there, and a report of how good they are."""
import argparse

import numpy as np
from tqdm import tqdm

from dataset import factory
from dataset.pose_dataset import read_picture
from multiperson.detections import detections_at, extract_detections
from multiperson.pairwise import SpatialModel, used_pairs
from multiperson.predict import at_scale
from multiperson.spatial_model_report import held_out_probabilities, make_report, model_probabilities, write_report
from multiperson.spatial_model_training import collect_examples, fit_spatial_model, write_spatial_model
from nnet.map_predictor import MapPredictor
from util.command import run_command
from util.config import find_file, load_config
from util.skeleton import Skeleton


def labelled_detections(cfg, dataset, gt_parts, pictures):
    """(number of the picture, Detections, people) of each picture of the data set, or of so many random ones, at each size
    at which people are searched; px of the network's input."""
    predictor = MapPredictor(cfg)
    labelled = [item for item in dataset.data if item.joints]
    chosen = np.random.RandomState(cfg.seed).permutation(len(labelled))[:pictures]
    for number in tqdm(chosen, desc="detecting"):
        image = read_picture(labelled[number])
        for scale, maps in predictor.maps_by_scale(image):
            people = at_scale(labelled[number].joints, scale)
            detections = detections_at(people, maps, cfg.stride) if gt_parts else extract_detections(cfg, *maps)
            yield number, detections, people


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--phase", help="instead of the config's dataset_phase")
    parser.add_argument("--pictures", type=int, help="take so many random ones instead of all")
    parser.add_argument("--gt_parts", action="store_true", help="take the annotated joints for detections")
    parser.add_argument("--score", action="store_true",
                        help="train nothing: report how good the model that is there is; use pictures that it has not seen")
    parser.add_argument("--report", default="spatial_model.json", help="file of the report; a picture goes beside it")
    args = parser.parse_args()
    cfg = load_config(args.config)
    if args.phase:
        cfg.dataset_phase = args.phase
    dataset = factory.create(cfg)  # first: its annotations may say which joints there are
    model = SpatialModel(cfg).load() if args.score else None
    detections = labelled_detections(cfg, dataset, args.gt_parts, args.pictures)
    examples = collect_examples(detections, used_pairs(cfg), cfg.pos_dist_thresh, cfg.pairwise_relative)
    if model:
        probabilities = model_probabilities(model, examples)
    else:
        fits = fit_spatial_model(examples)
        write_spatial_model(find_file(cfg, "pairwise_model_dir"), fits)
        print("wrote the models of %d pairs to %s" % (len(fits), cfg.pairwise_model_dir))
        probabilities = held_out_probabilities(fits)
    report = make_report(examples, probabilities, Skeleton.from_config(cfg).joint_names)
    write_report(report, args.report)
    print("wrote %s: mean AUC %s, expected error of probabilities %.3f" % (
        args.report, report["mean_auc"], report["calibration"]["expected_error"]))


if __name__ == "__main__":
    run_command(main)
