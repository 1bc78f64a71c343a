"""How fast ai2coco.py is, and how much memory it takes, on a made file of AI Challenger's with tiny pictures.

Prints how many headers a second are read, and for both layouts the time and the peak memory of the whole command.

    python benchmarks/ai2coco.py --records 200000 --pictures 5000
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

from dataset.formats.ai_challenger import LAYOUTS
from util.config import PROJECT
from util.image import image_size

NAMES_PER_FILE = 1000
PEOPLE = (1, 4)  # a picture: from, below; the challenge has 1.8 on average


def write_annotations(path, records):
    """Made records, written one by one: people of random joints."""
    rng = np.random.RandomState(0)
    with open(path, "w") as stream:
        for number in range(records):
            names = ["human%d" % k for k in range(1, rng.randint(*PEOPLE) + 1)]
            joints = rng.randint(0, 1000, (len(names), 14, 3))
            joints[..., 2] = rng.randint(1, 4, joints.shape[:2])
            record = {"image_id": "%040x" % number, "url": "http://www.example.org/pictures/%040x.jpg" % number,
                      "keypoint_annotations": dict(zip(names, joints.reshape(len(names), -1).tolist())),
                      "human_annotations": {name: [10, 20, 310, 720] for name in names}}
            stream.write(("[" if number == 0 else ",") + json.dumps(record))
        stream.write("]")


def write_pictures(folder, count):
    """Tiny JPEG files, each under many names to save space. Returns their paths."""
    os.makedirs(folder)
    paths = [os.path.join(folder, "%040x.jpg" % number) for number in range(count)]
    for number, path in enumerate(paths):
        if number % NAMES_PER_FILE:
            os.link(paths[number // NAMES_PER_FILE * NAMES_PER_FILE], path)
        else:
            Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path)
    return paths


def run(command):
    """(seconds, seconds of the processor) that a command takes."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.check_call(command, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200000)
    parser.add_argument("--pictures", type=int, default=5000, help="how many of the records have one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        annotations, images = os.path.join(folder, "keypoints.json"), os.path.join(folder, "images")
        write_annotations(annotations, args.records)
        paths = write_pictures(images, args.pictures)
        start = time.perf_counter()
        for path in paths:
            image_size(path)
        print("headers alone, one thread: %.0f files/s" % (len(paths) / (time.perf_counter() - start)))
        for layout in sorted(LAYOUTS):
            seconds, busy = run([sys.executable, os.path.join(PROJECT, "ai2coco.py"), "--keypoint_json", annotations,
                                 "--img_dir", images, "--layout", layout])
            print("%s: %d records (%d MB), %d pictures: %.1f s, %.0f records/s; %.1f s of the processor; peak %.2f GB"
                  % (layout, args.records, os.path.getsize(annotations) / 1e6, args.pictures, seconds,
                     args.records / seconds, busy, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6))


if __name__ == "__main__":
    main()
