"""How fast it is on this machine: prints a table and writes out/bench.json. Medians; nothing else should be running.

    make bench
"""
import json
import os
import platform
import subprocess
import sys
import time

import numpy as np

from dataset.pose_dataset import Batch
from dataset.targets import dense_pairwise, encode, map_size
from demo.samples import sample_images
from multiperson.predict import PeoplePredictor
from nnet.net_factory import pose_net
from nnet.pose_net import get_batch_spec
from nnet.predict import PosePredictor
from nnet.tf import has_bfloat16, session_config, tf
from util.config import cfg_from_file, default_config
from util.image import resize_to

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHIPPED = os.path.join(ROOT, "models/single/test/pose_cfg.yaml")
SHIPPED_MULTI = os.path.join(ROOT, "models/multi/test/pose_cfg.yaml")


def median_seconds(function, repeats=9):
    function()  # the first call prepares
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def inference(side):
    """Seconds for one square picture with the shipped weights, one scale."""
    predictor = PosePredictor(cfg_from_file(SHIPPED))
    image = np.random.RandomState(0).randint(0, 256, (side, side, 3), np.uint8)
    return median_seconds(lambda: predictor.find_at(image, 1.0))


def several_people(side):
    """Seconds from one square picture to its people with the shipped weights, as the demo does it: all sizes, assembly."""
    predictor = PeoplePredictor(cfg_from_file(SHIPPED_MULTI))
    image = resize_to(dict(sample_images())["skier"], (side, side))
    return median_seconds(lambda: predictor.find(image))


def training_step(net_type, height, width, batch_size, mixed_precision):
    """Seconds of one training step of the single-person network."""
    cfg = default_config()
    cfg.update(net_type=net_type, num_joints=14, location_refinement=True, batch_size=batch_size,
               skip_connections=net_type.startswith("efficientnet"))
    rows, columns = map_size(height, width, cfg.stride)
    with tf.Graph().as_default():
        inputs = {key: tf.placeholder(tf.float32, shape) for key, shape in get_batch_spec(cfg).items()}
        loss = pose_net(cfg).train(inputs)["total_loss"]
        step = tf.train.MomentumOptimizer(1e-4, 0.9).minimize(loss)
        feed = {placeholder: np.ones([batch_size] + ([height, width] if key is Batch.inputs else [rows, columns])
                                     + [int(placeholder.shape[3])], np.float32) for key, placeholder in inputs.items()}
        with tf.Session(config=session_config(mixed_precision)) as session:
            session.run(tf.global_variables_initializer())
            return median_seconds(lambda: session.run(step, feed), repeats=5)


def pairwise_targets():
    """Seconds to make the dense maps of four people with 17 joints, 400 x 300 px, with pairwise offsets."""
    rng = np.random.RandomState(0)
    people = [(np.arange(17), rng.uniform(0, (400, 300), (17, 2))) for _ in range(4)]
    stats = np.zeros((17, 17, 2)), np.ones((17, 17, 2))
    size = map_size(300, 400, 8)

    def make():
        targets = encode(people, size, 17, 17, pairwise_stats=stats)
        dense_pairwise(targets.pairwise_index, targets.pairwise_values, size, 17)

    return median_seconds(make)


def cold_start():
    """Seconds from the command to the JSON of one picture."""
    picture = os.path.join(ROOT, "demo/images/skier.jpg")
    command = [sys.executable, os.path.join(ROOT, "demo/singleperson.py"), picture, "--out", "out/bench"]
    return median_seconds(lambda: subprocess.check_call(command, stdout=subprocess.DEVNULL), repeats=3)


def main():
    results = {
        "single_224_ms": {"seconds": inference(224)},
        "multi_416_ms": {"seconds": several_people(416)},
        "train_lite0_224_batch_8": {"seconds": training_step("efficientnet_lite0", 224, 224, 8, True)},
        "train_r50": {"seconds": training_step("resnet_50", 300, 400, 1, True)},
        "targets_pairwise": {"seconds": pairwise_targets()},
        "cold_start_s": {"value": cold_start()},
    }
    print("%s, %d cores, bfloat16: %s" % (platform.processor() or platform.machine(), os.cpu_count(), has_bfloat16()))
    for name, result in results.items():
        print("%-26s %8.1f ms" % (name, 1000 * result.get("seconds", result.get("value", 0))))
    os.makedirs("out", exist_ok=True)
    with open("out/bench.json", "w") as stream:
        json.dump(results, stream, indent=1)


if __name__ == "__main__":
    main()
