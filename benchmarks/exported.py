"""How long one run of a network takes here, and in the files that export.py wrote.

    python export.py --config CFG --format openvino --out exported          (onnx, tflite, --int8 likewise)
    taskset -c 0 python benchmarks/exported.py --config CFG --exported exported --size 224
"""
import argparse
import os
import time

import numpy as np

from nnet.engine import load_networks
from nnet.export import PICTURE
from nnet.map_predictor import network_input
from nnet.tf import tf
from util.command import run_command
from util.config import load_config
from util.image import read_image, resize_to

THREADS = len(os.sched_getaffinity(0))


def here(cfg, precision):
    cfg.precision = precision
    network = load_networks(cfg)["maps"]
    return lambda pictures: network.run({"inputs": network_input(pictures[0], cfg)})


def openvino(path, precision, shape=None):
    """shape: of the input, where it shall be fixed"""
    from openvino import Core
    model = Core().read_model(path)
    if shape:
        model.reshape(list(shape))
    return Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": THREADS})


def onnx(path):
    from onnxruntime import InferenceSession, SessionOptions
    options = SessionOptions()
    options.intra_op_num_threads = THREADS
    session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda pictures: session.run(None, {"inputs": pictures})


def tflite(path, shape):
    interpreter = tf.lite.Interpreter(path, num_threads=THREADS)
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, shape)
    interpreter.allocate_tensors()

    def run(pictures):
        interpreter.set_tensor(place, pictures)
        interpreter.invoke()
        return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]
    return run


def runners(cfg, folder, shape):
    """[(name, file that is needed or None, function that makes what runs the network)]"""
    rows = [("here, exact", None, lambda _: here(cfg, "exact")), ("here, auto", None, lambda _: here(cfg, "auto")),
            ("ONNX Runtime", "pose.onnx", onnx), ("TF Lite", "pose.tflite", lambda path: tflite(path, shape)),
            ("TF Lite int8", "pose_int8.tflite", lambda path: tflite(path, shape))]
    for name, file, precision in [("f32", "pose.xml", "f32"), ("bf16", "pose.xml", "bf16"),
                                  ("int8", "pose_int8.xml", "f32")]:
        for size, fixed in (("", None), (", size fixed", shape)):
            rows.append(("OpenVINO " + name + size, file, lambda path, one=precision, two=fixed: openvino(path, one, two)))
    return [(name, file and os.path.join(folder, file), make) for name, file, make in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="pose_cfg.yaml")
    parser.add_argument("--exported", default="exported", help="folder that export.py wrote to")
    parser.add_argument("--size", type=int, default=224, help="sides of the picture, px")
    parser.add_argument("--runs", type=int, default=25)
    args = parser.parse_args()
    cfg = load_config(args.config)
    pictures = resize_to(read_image(PICTURE), (args.size, args.size))[None].astype(np.float32)
    print("%d threads; medians of %d runs, ms: by the clock, of CPU time" % (THREADS, args.runs))
    for name, path, make in runners(cfg, args.exported, pictures.shape):
        if path and not os.path.exists(path):
            continue
        run, clock, cpu = make(path), [], []
        for _ in range(3 + args.runs):
            start = time.perf_counter(), time.process_time()
            run(pictures)
            clock.append(time.perf_counter() - start[0])
            cpu.append(time.process_time() - start[1])
        print("%-25s %7.1f %7.1f" % (name, 1e3 * np.median(clock[3:]), 1e3 * np.median(cpu[3:])))


if __name__ == "__main__":
    run_command(main)
