"""Write a network for other programs: SavedModel, ONNX, OpenVINO or TensorFlow Lite, checked on a picture.

    pose export                                           # the shipped network for several people, as a SavedModel
    pose export single --format onnx
    pose export pose_cfg.yaml --weights snapshot-1500 --format openvino --int8

OUT/pose.json says how to read what the network gives: maps of joints. ONNX and OpenVINO need packages of their own: the
extras "onnx" and "openvino".
"""
import argparse

FORMATS = ("saved_model", "onnx", "openvino", "tflite")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="?", metavar="CONFIG", default="multi",
                        help="a pose_cfg.yaml; or single or multi, the shipped ones; default: %(default)s")
    parser.add_argument("--weights", help="checkpoint prefix, instead of the config's init_weights")
    parser.add_argument("--format", choices=FORMATS, default="saved_model", help="default: %(default)s")
    parser.add_argument("--out", default="exported", help="folder to write to; default: %(default)s")
    parser.add_argument("--int8", nargs="?", const="", metavar="DATASET",
                        help="openvino, tflite: compute in 8 bits, calibrated on this data set; default: the config's")
    args = parser.parse_args()
    from nnet.export import export  # after the arguments: --help takes no time
    from pose_tensorflow.configs import choose_config
    cfg = choose_config(args.config, args.weights)
    if args.int8:
        cfg.dataset = args.int8
    path, differences = export(cfg, args.format, args.out, args.int8 is not None)
    for output, difference in differences.items():
        print("%s: largest difference from the network here %.1e" % (output, difference))
    print("wrote %s" % path)
