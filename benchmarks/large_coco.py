"""How long it takes, and how much memory, until training can begin on a large file of COCO's annotations: a made one, with
two and a half people a picture and 1000 picture files, which its pictures share.

    python benchmarks/large_coco.py --annotations 5000000 --out out/large_coco

Prints, for each of two starts in processes of their own, how long it takes until the data set is there, until it is checked
as training does it, and for 20 batches of 8 pictures: seconds, of the clock and of the processor, and the peak memory until
then. The first start finds where the labels are.
"""
import argparse
import json
import os
import subprocess
import sys

import numpy as np
from PIL import Image

from util.config import PROJECT

FILES, TEMPLATES = 1000, 5000
PEOPLE, PICTURES = 5, 2  # five people in two pictures

START = """
import sys, time
from dataset import factory
from dataset.validation import validate
from util.config import default_config
cfg = default_config()
cfg.update(dataset=sys.argv[1], dataset_type="coco", dataset_phase="made", dataset_ann="person_keypoints", num_joints=17,
           pos_dist_thresh=7, batch_size=8, weigh_part_predictions=True, location_refinement=True)

def told(what, start):
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1e6
    now = time.time(), time.process_time()
    print("    %-20s %8.1f s %8.1f s %8.2f GB" % (what, now[0] - start[0], now[1] - start[1], peak), flush=True)
    return time.time(), time.process_time()

start = told("imports", (time.time(), time.process_time()))
dataset = factory.create(cfg)
start = told("%d pictures" % dataset.num_images, start)
validate(dataset)
start = told("checked", start)
for number in range(20):
    dataset.training_batch(number)
told("20 batches", start)
"""


def annotation(rng):
    """All of an annotation but its ids, as JSON without the first bracket."""
    joints = rng.randint(1, 120, (17, 3))
    joints[:, 2] = rng.randint(0, 3, 17)
    joints[joints[:, 2] == 0] = 0
    corners = np.round(rng.uniform(0, 120, 20), 2).tolist()
    return json.dumps({"category_id": 1, "iscrowd": 0, "num_keypoints": int((joints[:, 2] > 0).sum()),
                       "keypoints": joints.ravel().tolist(), "bbox": [10.5, 20.25, 80.0, 90.0], "area": 7200.0,
                       "segmentation": [corners]})[1:]


def write_data_set(folder, annotations):
    rng = np.random.RandomState(0)
    os.makedirs(os.path.join(folder, "annotations"))
    os.makedirs(os.path.join(folder, "images/made"))
    for number in range(FILES):
        image = Image.fromarray(rng.randint(0, 256, (16, 16, 3), np.uint8)).resize((128, 128))
        image.save(os.path.join(folder, "images/made/%04d.jpg" % number))
    people = [annotation(rng) for _ in range(TEMPLATES)]
    pictures = annotations * PICTURES // PEOPLE
    with open(os.path.join(folder, "annotations/person_keypoints_made.json"), "w") as stream:
        stream.write('{"info": {}, "categories": [{"id": 1, "name": "person"}], "images": [')
        for number in range(pictures):
            stream.write('%s{"id": %d, "file_name": "%04d.jpg", "width": 128, "height": 128, "license": 1}'
                         % (", " if number else "", number, number % FILES))
        stream.write('], "annotations": [')
        for number, (picture, template) in enumerate(zip(rng.randint(0, pictures, annotations).tolist(),
                                                         rng.randint(0, TEMPLATES, annotations).tolist())):
            stream.write('%s{"id": %d, "image_id": %d, %s' % (", " if number else "", number, picture, people[template]))
        stream.write("]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--annotations", type=int, default=5000000)
    parser.add_argument("--out", default="out/large_coco", help="folder of the data set; default: %(default)s")
    args = parser.parse_args()
    folder = os.path.abspath(args.out)
    if not os.path.exists(folder):
        write_data_set(folder, args.annotations)
    size = os.path.getsize(os.path.join(folder, "annotations/person_keypoints_made.json"))
    print("%d annotations, %.2f GB of JSON" % (args.annotations, size / 1e9), flush=True)
    for number in ("first", "second"):
        print("  the %s start" % number, flush=True)
        subprocess.check_call([sys.executable, "-c", START, folder], cwd=PROJECT, env=dict(os.environ, TQDM_DISABLE="1"))


if __name__ == "__main__":
    main()
