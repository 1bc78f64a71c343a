"""Poses as JSON, the same for every script that writes them."""
import json

import numpy as np

from util.files import replacing

POSES = "poses.json"  # what the file is called where nobody says so


def person_entry(pose, score):
    """pose: [J, 3] as keypoints_of has it -> an entry of "people"."""
    keypoints = [None if np.isnan(joint[:2]).any() else [None if np.isnan(v) else round(float(v), 4) for v in joint]
                 for joint in pose]
    return {"keypoints": keypoints, "score": round(float(score), 4)}


def keypoints_of(person):
    """The pose of an entry of "people": [J, 3] (x, y, score), nan for an absent joint; where only the score is nan (null),
    the joint was not found, but filled in, see util.pose_smoothing."""
    return np.array([(np.nan,) * 3 if joint is None else joint for joint in person["keypoints"]], float).reshape(-1, 3)


def image_entry(path, size, people):
    """path: as the user gave it; size: (height, width), px; people: list of person_entry, which come the best one first."""
    height, width = size
    return {"image": path, "width": width, "height": height, "people": sorted(people, key=lambda one: -one["score"])}


def frame_entry(frame, people, numbers=None, solution=None):
    """frame: util.video.Frame; people: list of person_entry -> its line in a file of util.pose_lines.

    numbers: for each of people the number of its track: whoever is the same person in several frames has the same number in
        all of them; None where people are not tracked
    solution: lib.multicut_cython.solution.Solution of the window in which they were, see multiperson/tracking.py
    """
    numbers = [None] * len(people) if numbers is None else numbers
    people = [dict(track=number, **person) for number, person in zip(numbers, people)]
    entry = {"frame": frame.number, "time": round(float(frame.time), 4), "people": people}
    if solution is not None:
        entry["assembly"] = {name: round(float(getattr(solution, name)), 4) if np.isfinite(getattr(solution, name)) else None
                             for name in ("objective", "lower_bound", "gap")}
    return entry


def poses_document(skeleton, images):
    """Image entries with the skeleton that tells what their keypoints are: what poses.json holds."""
    return {"joint_names": skeleton.joint_names, "limbs": skeleton.limbs, "images": images}


def write_poses(path, skeleton, images):
    """Write the poses_document of image entries. Raises UserError."""
    with replacing(path) as stream:
        json.dump(poses_document(skeleton, images), stream, indent=1)
