import json

import numpy as np
import pytest
import scipy.io

from conftest import save_pictures
from dataset.dataset_mat import DataItem, DatasetError, read_dataset_mat, write_dataset_mat
from dataset.formats.penn_action import read_penn_action
from dataset.sequences import penn_sequences, posetrack_sequence
from util.skeleton import COCO, PENN_ACTION


def test_penn_action(tmp_path):
    """From the release, and from the dataset.mat that it becomes."""
    save_pictures(tmp_path, ["frames/%s/%06d.jpg" % (name, number) for name in ("0001", "0002") for number in (1, 2, 3)])
    (tmp_path / "labels").mkdir()
    for place, name in enumerate(("0001", "0002")):
        x = np.arange(39.0).reshape(3, 13) + 100 * place
        visibility = np.ones((3, 13))
        visibility[1, 5] = visibility[2] = 0
        labels = {"x": x, "y": x + 1, "visibility": visibility, "train": 1}
        scipy.io.savemat(str(tmp_path / "labels" / (name + ".mat")), labels)
    items, _ = read_penn_action(str(tmp_path))
    write_dataset_mat(str(tmp_path / "dataset.mat"), items)
    for found in (items, read_dataset_mat(str(tmp_path / "dataset.mat"))):
        first, second = penn_sequences(found)
        assert [frame.time for frame in first] == [0, 0.04, 0.08] and first[0].image().shape == (40, 50, 3)
        assert [frame.tracks for frame in first] == [[0], [0], []]
        assert [len(person) for frame in second for person in frame.people] == [13, 12]
        np.testing.assert_array_equal(second[1].people[0][5], [6, 119, 120])
    first, _ = penn_sequences(items, COCO)
    assert first[0].people[0][0].tolist() == [COCO.joint_id("left_shoulder"), 1, 2] and len(first[0].people[0]) == 12
    with pytest.raises(DatasetError, match="a.png must be a frame of a sequence"):
        penn_sequences([DataItem(0, "a.png", [3, 9, 9], [])])
    assert PENN_ACTION.joint_id("left_shoulder") == 1


def test_posetrack(tmp_path):
    """Two people, of whom one leaves; the second picture is not labelled."""
    names = ["nose", "head_top", "left_wrist"]
    save_pictures(tmp_path, ["images/val/a/%06d.jpg" % number for number in range(4)])
    people = {0: [(4, [1, 2, 1, 3, 4, 1, 5, 6, 1]), (9, [0, 0, 0, 3, 4, 1, 0, 0, 0])], 2: [(9, [0] * 6 + [7, 8, 1])], 3: []}
    document = {
        "categories": [{"name": "person", "keypoints": names, "skeleton": [[1, 2]]}],
        "images": [{"id": number, "file_name": "images/val/a/%06d.jpg" % number, "is_labeled": number in people,
                    "vid_id": "a"} for number in range(4)],
        "annotations": [{"image_id": number, "track_id": track, "keypoints": keypoints}
                        for number, labels in people.items() for track, keypoints in labels]}
    (tmp_path / "annotations/val").mkdir(parents=True)
    path = tmp_path / "annotations/val/a.json"
    path.write_text(json.dumps(document))
    frames = posetrack_sequence(str(path), COCO)
    assert [frame.time for frame in frames] == [0, 0.08, 0.12] and frames[1].image().shape == (40, 50, 3)
    assert [frame.tracks for frame in frames] == [[4], [9], []]  # COCO has no top of the head
    assert frames[0].people[0].tolist() == [[0, 1, 2], [9, 5, 6]] and frames[1].people[0].tolist() == [[9, 7, 8]]
