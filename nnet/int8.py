"""Write the config's network with weights of 8 bits beside its weights. From there `precision: auto` takes them where they are
faster, as they are on processors without bfloat16.

    python -m nnet.int8 --config models/single/test/pose_cfg.yaml      # pip install -e ".[openvino]"

They are calibrated on pictures of the config's data set, and kept if joints that are found on others of its pictures are where
float32 finds them, on a processor like this one.
"""
import argparse
import os
import tempfile
from importlib import import_module

import numpy as np

from dataset import factory
from dataset.maps import map_size
from dataset.pose_dataset import read_picture
from nnet import beside
from nnet.engine import load_networks
from nnet.export import calibration_pictures
from nnet.map_predictor import network_input
from nnet.predict import PosePredictor
from nnet.runtimes import OpenVINO
from util.command import UserError, run_command
from util.config import find_file, load_config
from util.processor import adds_products_of_8_bits

CHECKED_ON = 200  # pictures at most
LARGEST_MEDIAN, LARGEST_P99 = 0.3, 6.0  # px, by which joints may move


def write_int8(cfg):
    """Returns (median, 99th percentile) px, by which joints move. Raises UserError where that is too much, and where
    a package is missing, or the network finds several people."""
    if cfg.pairwise_predict:
        raise UserError("8 bits are for networks of one person: of several, joints cannot be told apart well enough to compare "
                        "them")
    try:
        nncf, openvino = import_module("nncf"), import_module("openvino")
    except ImportError as error:
        raise UserError('%s: pip install -e ".[openvino]"' % error) from None
    cfg.update(precision="exact", test_factors=[], tile_size=0)
    exact = load_networks(cfg, reduced=True, runtimes=(OpenVINO,))["poses"].running
    whole = openvino.Core().read_model(exact.path + ".xml")
    feeds = [_feed(picture[0], cfg) for picture in calibration_pictures(cfg)]
    # What is done with maps stays as it is, and depthwise convolutions: in 8 bits joints moved half as far again, and they are a
    # small part of the work.
    # Without VNNI, products are added in 16 bits, which overflow unless weights have 7.
    overflow = "FIRST_LAYER" if adds_products_of_8_bits() else "ENABLE"
    maps = load_networks(cfg, runtimes=(OpenVINO,))["maps"].running.model
    ignored = nncf.IgnoredScope(names=_names(whole) - _names(maps), types=["GroupConvolution"], validate=False)
    quantised = nncf.quantize(whole, nncf.Dataset(feeds), subset_size=len(feeds), ignored_scope=ignored,
                              advanced_parameters=nncf.AdvancedQuantizationParameters(
                                  overflow_fix=nncf.OverflowFix[overflow]))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "maps")
        openvino.save_model(quantised, path + beside.INT8 + ".xml", compress_to_fp16=False)
        predictors = [PosePredictor(cfg, networks={"poses": network})
                      for network in (exact, OpenVINO(path, exact.names, "int8"))]
        moved = distances(*predictors, images=checked_pictures(cfg))
        median, p99 = np.percentile(moved, [50, 99])
        if not (median <= LARGEST_MEDIAN and p99 <= LARGEST_P99):
            raise UserError("in 8 bits joints move by %.2f px in the median, and 1 %% of them by more than %.1f, where %g and %g "
                            "are allowed: nothing was written" % (median, p99, LARGEST_MEDIAN, LARGEST_P99))
        beside.write_int8(cfg, find_file(cfg, "init_weights"), path + beside.INT8, {"median_px": median, "p99_px": p99})
    return median, p99


def _feed(picture, cfg):
    """What the network takes of a picture, with its mirror image, and of its cells."""
    pictures = network_input(picture, cfg, mirrored=True)
    cells = map_size(*pictures.shape[1:3], cfg.stride)
    return {"inputs:0": pictures, "outside:0": np.zeros((1,) + cells + (1,), np.float32),
            "columns:0": np.array([cells[1:]], np.int32)}


def _names(model):
    """Of an openvino.Model's operations."""
    return {operation.get_friendly_name() for operation in model.get_ops()}


def checked_pictures(cfg):
    """Yields pictures from all over the config's data set; others than nnet.export.calibration_pictures, if it has enough."""
    items = factory.create(cfg).data
    for place in np.linspace(0, len(items), min(len(items), CHECKED_ON), endpoint=False).astype(int):
        yield read_picture(items[place])


def distances(exact, other, images):
    """How far joints that score at least score_threshold are from where another PosePredictor finds them: [n] px"""
    found = []
    for image in images:
        pose = exact.find(image).pose
        drawn = pose[:, 2] >= exact.cfg.score_threshold
        found.append(np.linalg.norm((pose - other.find(image).pose)[drawn, :2], axis=1))
    return np.concatenate(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="pose_cfg.yaml")
    cfg = load_config(parser.parse_args().config)
    print("joints move by %.2f px in the median, 1 %% of them by more than %.1f" % write_int8(cfg))


if __name__ == "__main__":
    run_command(main)
