"""Write the config's network for other programs: SavedModel, ONNX, OpenVINO or TensorFlow Lite, checked on a picture."""
import argparse

from nnet.export import FORMATS, export
from util.command import run_command
from util.config import load_config


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--format", choices=list(FORMATS), default="saved_model")
    parser.add_argument("--out", default="exported", help="folder to write to; pose.json there says how to read the outputs")
    parser.add_argument("--int8", nargs="?", const="", metavar="DATASET",
                        help="openvino, tflite: compute in 8 bits, calibrated on this data set; default: the config's")
    args = parser.parse_args()
    cfg = load_config(args.config)
    cfg.init_weights = args.weights or cfg.init_weights
    if args.int8:
        cfg.dataset = args.int8
    path, differences = export(cfg, args.format, args.out, args.int8 is not None)
    for output, difference in differences.items():
        print("%s: largest difference from the network here %.1e" % (output, difference))
    print("wrote %s" % path)


if __name__ == "__main__":
    run_command(main)
