"""predict_many.py over tiny pictures, once by one process and once by two workers of Ray, of which one is killed when a
third is done: how long it takes, and whether the tables are the same, byte for byte.

    pip install -e ".[cpu,ray]" psutil
    python benchmarks/many.py --pictures 20000 --out out/many
"""
import argparse
import glob
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import yaml
from PIL import Image

from demo.samples import sample_images
from util.config import PROJECT

SIDE = 96  # px, at which people are also searched
SHIPPED = os.path.join(PROJECT, "models/multi/test/pose_cfg.yaml")


def write_pictures(folder, count):
    """Squares cut out of the sample photographs at random, and one file in a thousand that is no picture."""
    os.makedirs(folder)
    images, rng = [image for _, image in sample_images()], np.random.RandomState(0)
    for number in range(count):
        path = os.path.join(folder, "%06d.jpg" % number)
        if number % 1000 == 999:
            with open(path, "w") as stream:
                stream.write("no picture")
            continue
        image = images[rng.randint(len(images))]
        side = int(min(image.shape[:2]) * rng.uniform(0.5, 1))
        y, x = (rng.randint(whole - side + 1) for whole in image.shape[:2])
        Image.fromarray(image[y:y + side, x:x + side]).resize((SIDE, SIDE), Image.BOX).save(path, quality=85)


def write_config(path):
    """That of the shipped weights, for tiny pictures."""
    with open(SHIPPED) as stream:
        cfg = yaml.safe_load(stream)
    for key in ("init_weights", "pairwise_stats_fn", "pairwise_model_dir"):
        cfg[key] = os.path.normpath(os.path.join(os.path.dirname(SHIPPED), cfg[key]))
    with open(path, "w") as stream:
        yaml.safe_dump(dict(cfg, test_sizes=[SIDE], precision="exact"), stream)


def start(pictures, config, out, *options):
    words = [sys.executable, os.path.join(PROJECT, "predict_many.py"), pictures, out, "--config", config] + list(options)
    return subprocess.Popen(words, env=dict(os.environ, PYTHONPATH=PROJECT, TQDM_DISABLE="1"))


def kill_one(running, out, parts):
    """Kill one of Ray's workers once so many shards are done."""
    while running.poll() is None and len(parts_of(out)) < parts:
        time.sleep(0.1)
    workers = [process for process in psutil.Process(running.pid).children(recursive=True) if is_worker(process)]
    os.kill(workers[0].pid, signal.SIGKILL)
    print("killed one of %d workers when %d shards were done" % (len(workers), len(parts_of(out))), flush=True)


def is_worker(process):
    try:
        return "_RayWorker" in " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return False


def parts_of(out):
    return sorted(glob.glob(os.path.join(out, "part-*.parquet")))


def finished(running, began):
    if running.wait():
        sys.exit("it failed")
    return time.time() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20000)
    parser.add_argument("--out", default="out/many", help="folder, which must not be there; default: %(default)s")
    args = parser.parse_args()
    pictures, config, local, ray = (os.path.join(os.path.abspath(args.out), name)
                                    for name in ("pictures", "pose_cfg.yaml", "local", "ray"))
    write_pictures(pictures, args.pictures)
    write_config(config)
    began = time.time()
    one = finished(start(pictures, config, local, "--workers", "1"), began)
    began = time.time()
    running = start(pictures, config, ray, "--workers", "2", "--address", "local")
    kill_one(running, ray, len(parts_of(local)) // 3)
    two = finished(running, began)
    for name, seconds in (("one process", one), ("two workers of Ray, one killed", two)):
        print("%-32s%7.0f s %7.1f images/s, with all that starts" % (name, seconds, args.pictures / seconds))
    same = [open(a, "rb").read() == open(b, "rb").read() for a, b in zip(parts_of(local), parts_of(ray))]
    print("files: %d and %d, of which %d are the same" % (len(parts_of(local)), len(parts_of(ray)), sum(same)))


if __name__ == "__main__":
    main()
