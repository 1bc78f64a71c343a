"""Poses as JSON, the same for every script that writes them."""
import json
import os

import numpy as np


def person_entry(pose, score):
    """pose: [J, 3] (x, y, score), nan for an absent joint -> an entry of "people"."""
    keypoints = [None if np.isnan(joint).any() else [round(float(v), 4) for v in joint] for joint in pose]
    return {"keypoints": keypoints, "score": round(float(score), 4)}


def keypoints_of(person):
    """The pose of an entry of "people": [J, 3] (x, y, score), nan for an absent joint."""
    return np.array([(np.nan,) * 3 if joint is None else joint for joint in person["keypoints"]], float).reshape(-1, 3)


def image_entry(path, image, people):
    """people: list of person_entry, the best one first; image: [h, w, 3]; path: as the user gave it."""
    return {"image": path, "width": image.shape[1], "height": image.shape[0],
            "people": sorted(people, key=lambda person: -person["score"])}


def write_poses(path, skeleton, images):
    """Write image entries, with the skeleton that tells what their keypoints are."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w") as stream:
        json.dump({"joint_names": skeleton.joint_names, "limbs": skeleton.limbs, "images": images}, stream, indent=1)
