"""eval_tracking.py on small cases that were counted by hand."""
import json
import sys

import numpy as np
import pytest

import eval_tracking
from dataset import tracking_report
from dataset.dataset_mat import DatasetError
from dataset.formats.mot import read_mot
from dataset.formats.posetrack import read_posetrack
from util.command import UserError
from util.skeleton import COCO
from util.tracking_score import centre_of, match_boxes, scores

pytest.importorskip("motmetrics")

HIPS = [5, 6, 11, 12]  # and shoulders


def person(track, x, y, joints=tuple(HIPS)):
    """An entry of somebody whose joints are all at (x, y)."""
    keypoints = [[float(x), float(y), None] if joint in joints else None for joint in range(17)]
    return {"track": track, "keypoints": keypoints, "score": 0.5}


def write_lines(path, frames, names=COCO.joint_names):
    """frames: {number: people}"""
    lines = [{"joint_names": names, "limbs": [], "width": 99, "height": 99, "fps": 25.0, "settings": {}}]
    lines += [{"frame": number, "time": number / 25, "people": people} for number, people in frames.items()]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def write_mot(path, boxes):
    """boxes: (frame, id, centre x, centre y), 20 px high"""
    path.write_text("".join("%d,%d,%g,%g,10,20,1,-1,-1,-1\n" % (frame, track, x - 5, y - 10)
                            for frame, track, x, y in boxes))
    return str(path)


TWO = [(frame, track, 20 + 40 * track, 50 + frame) for frame in (1, 2, 3, 4) for track in (1, 2)]  # at x = 60 and 100


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["eval_tracking.py"] + list(arguments))
    eval_tracking.main()
    return capsys.readouterr().out


def score(tmp_path, frames, boxes=TWO, chosen=None):
    tracks = tracking_report.read_tracks(write_lines(tmp_path / "a.jsonl", frames))
    return tracking_report.against_boxes(*tracks, read_mot(write_mot(tmp_path / "gt.txt", boxes)), chosen).iloc[0].to_dict()


def followed(tracks):
    """Frames in which whoever is at x = 60 and 100 has these tracks; None: is not found."""
    return {number: [person(track, 60 + 40 * place, 51 + number) for place, track in enumerate(pair) if track is not None]
            for number, pair in enumerate(tracks)}


def test_perfect(tmp_path):
    found = score(tmp_path, followed([(7, 8)] * 4))
    assert found == {"MOTA": 1, "IDF1": 1, "switches": 0, "fragmentations": 0, "precision": 1, "recall": 1, "misses": 0,
                     "false positives": 0, "objects": 8}


def test_one_switch(tmp_path):
    """The track of the first one changes after half of the time: 6 of 8 identities are right in the best case."""
    found = score(tmp_path, followed([(7, 8), (7, 8), (9, 8), (9, 8)]))
    assert found["switches"] == 1 and found["MOTA"] == pytest.approx(1 - 1 / 8)
    assert found["IDF1"] == pytest.approx(2 * 6 / (8 + 8)) and found["precision"] == found["recall"] == 1


def test_a_miss_in_the_middle_and_a_false_positive(tmp_path):
    frames = followed([(7, 8), (None, 8), (7, 8), (7, 8)])
    frames[3].append(person(5, 10, 10))
    found = score(tmp_path, frames)
    assert [found[name] for name in ("misses", "false positives", "fragmentations", "switches")] == [1, 1, 1, 0]
    assert found["MOTA"] == pytest.approx(1 - 2 / 8) and found["precision"] == found["recall"] == pytest.approx(7 / 8)


@pytest.mark.parametrize("distance, near", [(9.9, True), (10.1, False)])
def test_within_half_a_box_height(tmp_path, distance, near):
    frames = {number: [person(1, 60 + distance, 51 + number)] for number in range(4)}
    found = score(tmp_path, frames, [box for box in TWO if box[1] == 1])
    assert found["recall"] == near and found["false positives"] == (0 if near else 4)


def test_frames_without_poses_are_empty(tmp_path, capsys):
    found = score(tmp_path, {0: followed([(7, 8)])[0], 9: [person(3, 1, 1)]})
    assert found["misses"] == 6 and found["false positives"] == 0  # frame 9 is after the last box
    assert "3 of 4 frames have no poses" in capsys.readouterr().out
    found = score(tmp_path, {0: followed([(7, 8)])[0], 9: [person(3, 1, 1)]}, chosen=(1, 10))
    assert found["misses"] == 6 and found["false positives"] == 1


def test_boxes_that_do_not_count(tmp_path):
    """Who is found there is neither right nor wrong."""
    (tmp_path / "gt.txt").write_text("1,1,0,0,10,20,1\n1,2,50,0,10,20,0\n2,2,50,0,10,20,0\n")
    people = [person(1, 5, 10), person(2, 55, 12), person(3, 90, 10)]
    names, found = tracking_report.read_tracks(write_lines(tmp_path / "a.jsonl", {0: people, 1: []}))
    table = tracking_report.against_boxes(names, found, read_mot(str(tmp_path / "gt.txt")), None)
    assert list(table.index) == ["people", "all boxes"]
    assert table["objects"].tolist() == [1, 3] and table["misses"].tolist() == [0, 1]
    assert table["false positives"].tolist() == [1, 1]


def test_who_counts_and_where_they_are():
    pose = np.full((17, 3), np.nan)
    pose[[0, 5, 11], :2] = [[0, 0], [10, 20], [20, 40]]
    assert centre_of(pose, COCO.joint_names).tolist() == [15, 30]
    few = match_boxes([pose], [4], [[0, 0, 10, 90]], [1], np.array([True]), COCO.joint_names)
    assert few.found == [] and few.distances.shape == (1, 0)
    pose[16, :2] = 0
    enough = match_boxes([pose], [4], [[0, 0, 10, 90]], [1], np.array([True]), COCO.joint_names)
    assert enough.found == [4] and enough.distances[0, 0] == pytest.approx(np.hypot(10, 15) / 90)
    face = np.full((17, 3), np.nan)
    face[:4, :2] = [[0, 0], [2, 0], [0, 2], [2, 2]]
    assert centre_of(face, COCO.joint_names).tolist() == [1, 1]


def test_the_command(tmp_path, monkeypatch, capsys):
    poses = write_lines(tmp_path / "a.jsonl", followed([(7, 8)] * 4))
    said = run(monkeypatch, capsys, poses, "--mot", write_mot(tmp_path / "gt.txt", TWO), "--frames", "2", "3")
    assert said.split()[:4] == ["MOTA", "IDF1", "switches", "fragmentations"]
    assert said.splitlines()[1].split() == "people 1.000 1.000 0 0 1.000 1.000 0 0 4".split()
    with pytest.raises(SystemExit):
        run(monkeypatch, capsys, poses, "--mot", "gt.txt", "--frames", "3", "2")


@pytest.mark.parametrize("frames, message", [
    ({3: [person(None, 1, 1)]}, "frame 3 has people without a track"),
    ({3: [person(1, 1, 1), person(1, 5, 5)]}, "frame 3 has a track twice"),
    ({3: [dict(person(1, 1, 1), keypoints=[None])]}, "frame 3 has somebody without 17 joints"),
])
def test_poses_that_cannot_be_scored(tmp_path, frames, message):
    with pytest.raises(UserError, match=message):
        tracking_report.read_tracks(write_lines(tmp_path / "a.jsonl", frames))


@pytest.mark.parametrize("text, message", [
    ("", "is no file of poses"), ("{}\n", "is no file of poses"), ("Dear diary\n", "is no file of poses"),
    ('{"joint_names": []}\n{"frame": 0, "peo', "line 2 is damaged"), ('{"joint_names": []}\n{"people": []}\n', "line 2 is"),
])
def test_files_without_poses(tmp_path, text, message):
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(UserError, match=message):
        tracking_report.read_tracks(str(tmp_path / "a.jsonl"))
    with pytest.raises(UserError, match="there is no"):
        tracking_report.read_tracks(str(tmp_path / "b.jsonl"))


@pytest.mark.parametrize("text, message", [
    ("1,1,5,5,10\n", "line 1 is no box"), ("1,1,5,5,10,20\n0,1,5,5,10,20\n", "line 2 is no box"),
    ("1,1,5,5,10,0\n", "line 1 is no box"), ("1,1,x,5,10,9\n", "line 1 is no box"), ("1,1,5,5,inf,9\n", "line 1 is no box"),
    ("1,1,5,5,9,9\n\n1,1,6,5,9,9\n", "line 3 has the id 1 in frame 1 a second time"), ("\n", "holds no boxes"),
])
def test_malformed_boxes(tmp_path, text, message):
    (tmp_path / "gt.txt").write_text(text)
    with pytest.raises(DatasetError, match=message):
        read_mot(str(tmp_path / "gt.txt"))


def test_boxes_that_cannot_be_read(tmp_path):
    with pytest.raises(DatasetError, match="cannot read"):
        read_mot(str(tmp_path / "none.txt"))
    (tmp_path / "gt.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="no text file"):
        read_mot(str(tmp_path / "gt.txt"))


NAMES = ["nose", "head_bottom", "left_wrist"]


def write_posetrack(path, frames, **changes):
    """frames: for each picture the annotations (track, [(x, y, v)] * 3), None: not labelled; heads of size 10"""
    images = [{"id": 100 + number, "file_name": "images/val/%06d.jpg" % number, "vid_id": "1",
               "is_labeled": people is not None} for number, people in enumerate(frames)]
    annotations = [{"image_id": 100 + number, "track_id": track, "bbox_head": [0, 0, 10, 40 / 3],
                    "keypoints": np.ravel(label).tolist()}
                   for number, people in enumerate(frames) for track, label in people or []]
    document = {"images": images[::-1], "annotations": annotations,
                "categories": [{"name": "person", "keypoints": NAMES, "skeleton": [[1, 2]]}]}
    path.write_text(json.dumps(dict(document, **changes)))
    return str(path)


def test_posetrack(tmp_path, monkeypatch, capsys):
    """The nose is followed but for one switch; the wrist is 6 px off in one frame: a miss and a false positive."""
    label = [(50, 50, 1), (50, 60, 1), (80, 80, 1)]
    path = write_posetrack(tmp_path / "gt.json", [[(3, label)], None, [(3, label)], [(3, label)]])

    def found(track, off):
        keypoints = [None] * 17
        keypoints[0], keypoints[9] = [54.0, 50.0, 0.9], [80.0 + off, 80.0, 0.9]
        return [{"track": track, "keypoints": keypoints, "score": 1}]

    poses = write_lines(tmp_path / "a.jsonl", {0: found(1, 0), 1: found(2, 0), 2: found(1, 6), 3: found(2, 4)})
    said = run(monkeypatch, capsys, poses, "--posetrack", path)
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines()[1:-1]}
    assert rows["nose"] == "0.667 0.667 1 0 1.000 1.000 0 0 3".split()
    assert rows["left_wrist"] == "0.000 0.333 1 1 0.667 0.667 1 1 3".split()
    assert sorted(rows) == ["all", "left_wrist", "nose"] and rows["all"][0] == "0.333"
    assert said.splitlines()[-1].endswith("0.333")


def test_what_posetrack_ignores(tmp_path):
    path = write_posetrack(tmp_path / "gt.json", [[(3, [(50, 50, 1), (0, 0, 0), (0, 0, 0)])]])
    document = json.load(open(path))
    document["images"][0].update(ignore_regions_x=[[0, 20, 20, 0]], ignore_regions_y=[[0, 0, 20, 20]])
    (tmp_path / "gt.json").write_text(json.dumps(document))
    poses = write_lines(tmp_path / "a.jsonl", {0: [person(1, 50, 50, [0]), person(2, 10, 10, [0]), person(3, 30, 10, [0])]})
    table = tracking_report.against_posetrack(*tracking_report.read_tracks(poses), *read_posetrack(path))
    assert list(table.index) == ["nose", "all"] and table["false positives"].tolist() == [1, 1]


@pytest.mark.parametrize("changes, message", [
    (dict(categories=[]), "cannot be read"), (dict(images=[]), "pictures of one sequence"),
    (dict(annotations=[{"image_id": 100, "track_id": 0, "keypoints": [1, 2]}]), "cannot be read"),
    (dict(annotations=[{"image_id": 100, "track_id": 0, "keypoints": [1] * 9}] * 2), "shows one track twice"),
])
def test_malformed_posetrack(tmp_path, changes, message):
    with pytest.raises(DatasetError, match=message):
        read_posetrack(write_posetrack(tmp_path / "gt.json", [[]], **changes))


def test_nothing_in_common(tmp_path):
    poses = write_lines(tmp_path / "a.jsonl", {0: []}, names=["tail"])
    gt = write_posetrack(tmp_path / "gt.json", [[]])
    with pytest.raises(UserError, match="no joint in common"):
        tracking_report.against_posetrack(*tracking_report.read_tracks(poses), *read_posetrack(gt))


def test_without_motmetrics(monkeypatch):
    monkeypatch.setattr("util.tracking_score.motmetrics", None)
    with pytest.raises(UserError, match=r'pip install -e ".\[track\]"'):
        scores({})
