"""A trained network in a form that other programs run, and a JSON that says how to read what comes out of it.

Exported is the network with its variables as constants, see nnet.freeze: pictures in, maps out, of any size. Nothing is written
that does not compute what the network here computes.
"""
import json
import os
import shutil
import tempfile
import warnings
from collections import namedtuple
from importlib import import_module

import numpy as np

from dataset import factory
from dataset.pairwise_stats import load_pairwise_stats, pair_order, stats_arrays
from dataset.pose_dataset import read_picture
from nnet.freeze import folded
from nnet.map_predictor import scales_for
from nnet.plain import setup_pose_prediction
from nnet.tf import tf
from util.command import UserError
from util.config import PROJECT
from util.image import read_image, resize
from util.skeleton import Skeleton

PICTURE = os.path.join(PROJECT, "demo", "images", "woman_standing.jpg")  # on which outputs are compared
PICTURE_SIZE = 250  # px, its longer side there; no side is then a multiple of a stride
LARGEST_DIFFERENCE = 1e-3
CALIBRATED_ON = 100  # pictures at most
ONNX_OPSET = 17

INPUT = "inputs"
MEANING = {
    "part_prob": "[B, H, W, J], a score map for each joint: the probability that a cell is near it",
    "locref": "[B, H, W, 2 J], for each joint (x, y): times locref_stdev, px from the cell's centre to the joint",
    "pairwise_pred": "[B, H, W, 2 J (J - 1)], for each of `pairwise` (x, y): times its std, plus its mean, px from the "
                     "cell's centre to joint `to` of the person whose joint `from` is there",
}


def export(cfg, name, out, int8=False):
    """Write the config's network in the format `name`, see FORMATS, to the folder `out`, and pose.json beside it.

    int8: with weights and activations of 8 bits, whose ranges are those on the config's data set
    Returns (path, {output: largest absolute difference from the network as it is here}). Raises UserError where a package is
    missing or a difference of a float format is above LARGEST_DIFFERENCE; then nothing is written.
    """
    form = _usable_format(name, int8)
    with tf.Graph().as_default():
        session, inputs, outputs = setup_pose_prediction(cfg)
    description = describe(cfg, outputs)
    pictures = _pictures()
    with session, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, form.file_name(int8))
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(folded(session, {INPUT: inputs}, outputs), name="")
        form.write(graph, list(outputs), path, calibration_pictures(cfg) if int8 else None)
        expected, found = session.run(outputs, {inputs: pictures}), form.run(path, pictures)
        differences = {key: float(np.abs(found[key] - expected[key]).max()) for key in outputs}
        if not int8:
            _check(differences, name)
        with open(os.path.join(folder, "pose.json"), "w") as stream:
            json.dump(description, stream, indent=1)
        _move_all(folder, out)
    return os.path.join(out, form.file_name(int8)), differences


def describe(cfg, outputs):
    """What a reader of the outputs has to know, for pose.json."""
    skeleton = Skeleton.from_config(cfg)
    known = {
        "joint_names": skeleton.joint_names,
        "limbs": skeleton.limbs,
        "input": {INPUT: "[B, h, w, 3], float32, RGB from 0 to 255, of any size; mean_pixel is subtracted inside"},
        "mean_pixel": cfg.mean_pixel,
        "outputs": {key: MEANING[key] for key in outputs},
        "stride": cfg.stride,
        "cells": "H = 2 ceil(h / (2 stride)), W = 2 ceil(w / (2 stride)); the centre of the cell in row r and column c is "
                 "x = (c + 0.5) stride, y = (r + 0.5) stride, px of the input",
    }
    if "locref" in outputs:
        known["locref_stdev"] = cfg.locref_stdev
    if "pairwise_pred" in outputs:
        known["pairwise"] = _pairs(cfg)
    return known


def _pairs(cfg):
    """The pairs of joints in the order of the network's channels."""
    stats = load_pairwise_stats(cfg)
    means, stds = stats_arrays(stats, cfg.num_joints)
    in_order = np.argwhere(~np.eye(cfg.num_joints, dtype=bool))  # that of get_pairwise_index
    return [{"from": int(a), "to": int(b), "mean": means[a, b].tolist(), "std": stds[a, b].tolist()}
            for a, b in in_order[pair_order(stats, cfg)]]


def _pictures():
    """float32 [2, h, w, 3]: a picture and its mirror image."""
    image = read_image(PICTURE)
    image = resize(image, PICTURE_SIZE / max(image.shape))
    return np.stack([image, image[:, ::-1]]).astype(np.float32)


def calibration_pictures(cfg):
    """float32 [1, h, w, 3] each: pictures from all over the config's data set, in turn at the sizes of testing."""
    items = factory.create(cfg).data
    for number, place in enumerate(np.linspace(0, len(items) - 1, min(len(items), CALIBRATED_ON)).astype(int)):
        image = read_picture(items[place])
        scales = scales_for(image, cfg)
        yield resize(image, scales[number % len(scales)])[None].astype(np.float32)


def _check(differences, name):
    for key, difference in differences.items():
        if not difference <= LARGEST_DIFFERENCE:  # nan is an error too
            raise UserError("%s of the %s file differs by %.2g, more than %g, from the network's own: nothing was written"
                            % (key, name, difference, LARGEST_DIFFERENCE))


def _move_all(folder, out):
    """Everything from one folder to another, in place of what had the same name."""
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(folder):
        target = os.path.join(out, name)
        if os.path.isdir(target):
            shutil.rmtree(target)
        shutil.move(os.path.join(folder, name), target)


def _write_saved_model(graph, outputs, path, _):
    with tf.Session(graph=graph) as session:
        tf.saved_model.simple_save(session, path, *_tensors(graph, outputs))


def _run_saved_model(path, pictures):
    with tf.Graph().as_default(), tf.Session() as session:
        signature = tf.saved_model.load(session, [tf.saved_model.SERVING], path).signature_def["serving_default"]
        return session.run({key: tensor.name for key, tensor in signature.outputs.items()},
                           {signature.inputs[INPUT].name: pictures})


def _write_onnx(graph, outputs, path, _):
    names = {"%s:0" % name: name for name in [INPUT] + outputs}
    import_module("tf2onnx.convert").from_graph_def(
        graph.as_graph_def(), input_names=[INPUT + ":0"], output_names=["%s:0" % name for name in outputs],
        opset=ONNX_OPSET, tensors_to_rename=names, output_path=path)


def _run_onnx(path, pictures):
    session = import_module("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: pictures})))


def _write_openvino(graph, outputs, path, calibration):
    openvino = import_module("openvino")
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "saved_model")
        _write_saved_model(graph, outputs, saved, None)
        model = openvino.convert_model(saved)
        if calibration is not None:
            nncf = import_module("nncf")
            pictures = list(calibration)
            model = nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))
        openvino.save_model(model, path, compress_to_fp16=False)


def _run_openvino(path, pictures):
    # Left to itself OpenVINO computes in bfloat16 where the processor can.
    compiled = import_module("openvino").Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return {output.get_any_name(): value for output, value in compiled(pictures).items()}


def _write_tflite(graph, outputs, path, calibration):
    with tf.Session(graph=graph) as session:
        inputs, outputs = _tensors(graph, outputs)
        converter = tf.lite.TFLiteConverter.from_session(session, list(inputs.values()), list(outputs.values()))
        if calibration is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ([picture] for picture in calibration)
        with open(path, "wb") as stream:
            stream.write(converter.convert())


def _run_tflite(path, pictures):
    with warnings.catch_warnings():  # that it may move out of TensorFlow
        warnings.simplefilter("ignore", UserWarning)
        interpreter = tf.lite.Interpreter(path)
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, pictures.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, pictures)
    interpreter.invoke()
    return {output["name"]: interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()}


def _tensors(graph, outputs):
    """({name: input}, {name: output})"""
    return tuple({name: graph.get_tensor_by_name(name + ":0") for name in names} for names in ([INPUT], outputs))


class Format(namedtuple("Format", "ending write run packages int8_packages")):
    """ending: of the file, "" for a folder; write: graph, names of outputs, path, calibration pictures or None -> file;
    run: path, pictures -> {name: output}; int8_packages: None where there is no int8. Extras of setup.py are called as
    the format is."""

    def file_name(self, int8):
        return ("pose_int8" if int8 else "pose") + self.ending if self.ending else "saved_model"


FORMATS = {
    "saved_model": Format("", _write_saved_model, _run_saved_model, (), None),
    "onnx": Format(".onnx", _write_onnx, _run_onnx, ("onnx", "tf2onnx", "onnxruntime"), None),
    "openvino": Format(".xml", _write_openvino, _run_openvino, ("openvino",), ("nncf",)),
    "tflite": Format(".tflite", _write_tflite, _run_tflite, (), ()),
}


def _usable_format(name, int8):
    """The Format called so. Raises UserError where it cannot be written here."""
    form = FORMATS[name]
    if name == "tflite" and tf.__version__.startswith("1."):
        raise UserError("tflite needs TensorFlow 2: the converter of %s cannot leave the pictures' size open" % tf.__version__)
    if int8 and form.int8_packages is None:
        raise UserError("%s has no int8 here; %s have" % (
            name, " and ".join(key for key, one in FORMATS.items() if one.int8_packages is not None)))
    for package in form.packages + (form.int8_packages if int8 else ()):
        try:
            import_module(package)
        except ImportError as error:
            raise UserError('%s needs the package %s (%s): pip install -e ".[%s]"' % (name, package, error, name)) from None
    return form
