"""A made file of AI Challenger's annotations: standing people of many sizes, with occluded and unlabelled joints."""
import json
import os

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 200, 160
# Right and left shoulder, elbow, wrist; right and left hip, knee, ankle; head top, neck: of a person 1 px tall.
STANDING = np.array([[-.12, .2], [-.17, .35], [-.18, .5], [.12, .2], [.17, .35], [.18, .5], [-.08, .52], [-.08, .75],
                     [-.08, .97], [.08, .52], [.08, .75], [.08, .97], [0, 0], [0, .15]])


def make_person(rng):
    """(42 numbers, box [x1, y1, x2, y2]), whole px as in the challenge's files."""
    size = rng.uniform(60, 140)
    points = (STANDING + rng.normal(0, 0.02, STANDING.shape)) * size + rng.uniform((30, 5), (WIDTH - 30, HEIGHT - size))
    points = np.clip(np.round(points), 0, (WIDTH - 1, HEIGHT - 1)).astype(int)
    visibility = rng.choice([1, 2, 3], 14, p=[0.75, 0.15, 0.1])
    points[visibility == 3] = 0
    labelled = points[visibility != 3]
    box = labelled.min(axis=0).tolist() + labelled.max(axis=0).tolist() if len(labelled) else [0, 0, 0, 0]
    return np.column_stack([points, visibility]).ravel().tolist(), box


def make_records(pictures, seed=0):
    """Records of the challenge's form, two to three people a picture."""
    rng = np.random.RandomState(seed)
    records = []
    for number in range(pictures):
        people = {"human%d" % k: make_person(rng) for k in range(1, rng.randint(2, 4) + 1)}
        records.append({"image_id": "%040x" % number, "url": "http://example.org/%d.jpg" % number,
                        "keypoint_annotations": {name: person for name, (person, _) in people.items()},
                        "human_annotations": {name: box for name, (_, box) in people.items()}})
    return records


def write_records(folder, records, pictures=True, images="images"):
    """Write <folder>/keypoints.json and, with `pictures`, pictures to <folder>/<images>. Returns both paths."""
    path, images = str(folder / "keypoints.json"), str(folder / images)
    with open(path, "w") as stream:
        json.dump(records, stream)
    os.makedirs(images, exist_ok=True)
    for record in records if pictures else []:
        picture = Image.fromarray(np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
        picture.save(os.path.join(images, record["image_id"] + ".jpg"))
    return path, images
