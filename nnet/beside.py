"""What is kept beside weights, so that OpenVINO runs their network at once, or faster.

In the folder `graph`, of the weights that come along, what makes their networks ready without TensorFlow, which takes seconds:
of each a graph whose variables are still empty, maps.meta, in the form in which TensorFlow keeps graphs beside checkpoints;
what it computes for one input, maps.npz; and what they belong to, network.json. nnet.freeze writes it.

<weights>-int8.xml and .bin, the network with weights of 8 bits, and <weights>-int8.json, what they belong to and how exact they
are. nnet.int8 writes them.
"""
import json
import os
import shutil

from nnet.weights import checksums
from util.files import digest
from util.skeleton import Skeleton

NETWORK_KEYS = ("net_type", "stride", "mean_pixel", "num_joints", "location_refinement", "pairwise_predict",
                "skip_connections", "intermediate_supervision", "intermediate_supervision_layer")
INT8 = "-int8"
INPUTS = "centred and filled up"  # see nnet.map_predictor.network_input; networks that took others are no longer right


def identity(cfg, weights):
    """What a network is but for our sources: its weights, the keys of its config, and which of its joints are mirror images of
    each other, as JSON gives them back."""
    keys = {key: cfg.get(key) for key in NETWORK_KEYS}
    mirror_map = Skeleton.from_config(cfg).mirror_map.tolist()
    return json.loads(json.dumps(dict(keys, mirror_map=mirror_map, weights=digest([checksums(weights)]), inputs=INPUTS)))


def graph_folder(weights):
    return os.path.join(os.path.dirname(weights), "graph")


def has_graphs(cfg, weights):
    """Whether there are graphs of the config's network."""
    return _read(os.path.join(graph_folder(weights), "network.json")) == identity(cfg, weights)


def write_graphs(cfg, weights, freeze):
    """freeze: writes graphs and examples to a folder, see nnet.freeze"""
    folder = graph_folder(weights)
    os.makedirs(folder, exist_ok=True)
    freeze(cfg, folder, unfilled=True)
    _write(os.path.join(folder, "network.json"), identity(cfg, weights))


def unpack(weights, folder):
    """Write the graphs to a folder, each with the weights."""
    for name in os.listdir(graph_folder(weights)):
        shutil.copy(os.path.join(graph_folder(weights), name), folder)
        if name.endswith(".meta"):
            for ending in (".index", ".data-00000-of-00001"):
                shutil.copy(weights + ending, os.path.join(folder, os.path.splitext(name)[0] + ending))


def int8_of(cfg, weights):
    """How exact the network's weights of 8 bits are, see nnet.int8; None where there are none."""
    found = _read(weights + INT8 + ".json")
    return found["exactness"] if found and found["network"] == identity(cfg, weights) else None


def write_int8(cfg, weights, files, exactness):
    """files: path of the .xml and .bin to keep, without ending"""
    for ending in (".xml", ".bin"):
        shutil.copy(files + ending, weights + INT8 + ending)
    _write(weights + INT8 + ".json", {"exactness": exactness, "network": identity(cfg, weights)})


def unpack_int8(weights, path):
    for ending in (".xml", ".bin"):
        shutil.copy(weights + INT8 + ending, path + INT8 + ending)


def _read(path):
    if not os.path.exists(path):
        return None
    try:
        with open(path) as stream:
            return json.load(stream)
    except ValueError:  # cut short
        return None


def _write(path, value):
    with open(path, "w") as stream:
        json.dump(value, stream, indent=1)
        stream.write("\n")
