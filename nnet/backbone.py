"""What the pose network needs of a backbone: its last map, and those that skip connections take."""
from typing import Any, Dict, NamedTuple

from nnet import efficientnet_lite, mobilenet_v2_fpn, resnet_v1
from util.command import UserError


class Backbone(NamedTuple):
    """The feature maps [B, H, W, C] of a picture.

    output, stride: the last map and how many image pixels one of its cells spans
    skips: {stride: map} of the finer ones; maps: all, by name
    """

    output: Any
    stride: int
    skips: Dict[int, Any]
    maps: Dict[str, Any]


PYRAMIDS = ("mobilenet_v2_fpn_1.0", "mobilenet_v2_fpn_1.5", "mobilenet_v2_fpn_1.75")
NET_TYPES = ("resnet_50", "resnet_101", "efficientnet_lite0") + PYRAMIDS


def scope_of(net_type):
    """The variable scope of a backbone. Raises UserError for an unknown net_type."""
    if net_type not in NET_TYPES:
        raise UserError("net_type '%s' is none of %s" % (net_type, ", ".join(NET_TYPES)))
    return net_type.replace("resnet_", "resnet_v1_")


def map_stride(net_type):
    """Image pixels per cell of the network's maps. Raises UserError for an unknown net_type."""
    scope_of(net_type)
    return 4 if net_type in PYRAMIDS else 8


def backbone(x, cfg):
    """x: pictures [B, H, W, 3], RGB 0..255 minus mean_pixel -> Backbone."""
    scope_of(cfg.net_type)
    if cfg.net_type.startswith("resnet"):
        maps = resnet_v1.resnet_v1(x, cfg.net_type)
        return Backbone(maps["block4"], 16, {8: maps["block1"]}, maps)
    if cfg.net_type in PYRAMIDS:
        maps = mobilenet_v2_fpn.mobilenet_v2_fpn(x, cfg.net_type)
        return Backbone(maps["pyramid_4"], 4, {}, maps)
    stride = 32 if cfg.skip_connections else 16
    maps = efficientnet_lite.efficientnet_lite(x, cfg.net_type, stride)
    return Backbone(maps["stage_7"], stride, {8: maps["stage_3"], 16: maps["stage_5"]}, maps)
