import json

import numpy as np

from util.pose_json import image_entry, keypoints_of, person_entry, write_poses
from util.skeleton import COCO


def test_form(tmp_path):
    pose = np.array([[1.0, 2.0, 0.5], [np.nan, np.nan, np.nan]])
    people = [person_entry(pose, 0.25), person_entry(pose, 0.5)]
    path = tmp_path / "new" / "poses.json"
    write_poses(str(path), COCO, [image_entry("a/b.jpg", (4, 6), people)])
    read = json.loads(path.read_text())
    assert read["joint_names"] == COCO.joint_names and read["limbs"] == COCO.limbs
    image, = read["images"]
    assert (image["image"], image["width"], image["height"]) == ("a/b.jpg", 6, 4)
    assert [person["score"] for person in image["people"]] == [0.5, 0.25]
    assert image["people"][0]["keypoints"] == [[1.0, 2.0, 0.5], None]


def test_scores_that_are_null():
    entry = {"keypoints": [[1.0, 2.0, None], None, [3.0, 4.0, 0.5]], "score": 0.25}
    pose = keypoints_of(entry)
    np.testing.assert_array_equal(pose, [[1, 2, np.nan], [np.nan] * 3, [3, 4, 0.5]])
    assert person_entry(pose, 0.25) == entry
