"""The people of a video, as demo/video.py followed them, against boxes or PoseTrack's labels; printed."""
import numpy as np
from matplotlib.path import Path

from dataset.formats.mot import NO_BOXES
from util.command import UserError, counted
from util.pck import stack_people
from util.pose_json import keypoints_of
from util.pose_lines import load_pose_lines
from util.tracking_score import MEASURES, POOLED, match_boxes, match_joint, scores


def read_tracks(path):
    """(names of J joints, {number of a frame, from 0: (poses [P, J, 3], tracks)}). Raises UserError."""
    header, entries = load_pose_lines(path)
    names, found = header["joint_names"], {}
    for entry in entries:
        tracks = [person.get("track") for person in entry["people"]]
        if not all(isinstance(track, int) for track in tracks):
            raise UserError("%s: frame %d has people without a track: they were not followed" % (path, entry["frame"]))
        if len(set(tracks)) < len(tracks):
            raise UserError("%s: frame %d has a track twice" % (path, entry["frame"]))
        poses = [keypoints_of(person) for person in entry["people"]]
        if any(len(pose) != len(names) for pose in poses):
            raise UserError("%s: frame %d has somebody without %d joints" % (path, entry["frame"], len(names)))
        found[entry["frame"]] = np.array(poses).reshape(-1, len(names), 3), tracks
    return names, found


def frames_of(names, found, numbers):
    """(poses, tracks) of frames, from 0; says how many of them are not there."""
    absent = [number for number in numbers if number not in found]
    if absent:
        print("%d of %s have no poses: nobody was found there" % (len(absent), counted(len(numbers), "frame")))
    return [found.get(number, (np.zeros((0, len(names), 3)), [])) for number in numbers]


def against_boxes(names, found, boxes, frames):
    """scores() against {frame from 1: Boxes}; frames: (first, last) from 1, or None: from the first with boxes to the last.

    Where some boxes do not count, there is another row in which they do.
    """
    first, last = frames or (min(boxes), max(boxes))
    truth = [boxes.get(number, NO_BOXES) for number in range(first, last + 1)]
    people = frames_of(names, found, range(first - 1, last))
    ways = {"people": [true.counts for true in truth]}
    if not all(true.counts.all() for true in truth):
        ways["all boxes"] = [np.ones_like(true.counts) for true in truth]
    return scores({name: [match_boxes(poses, tracks, true.boxes, true.tracks, counts, names)
                          for true, counts, (poses, tracks) in zip(truth, way, people)] for name, way in ways.items()})


def against_posetrack(names, found, frames, skeleton):
    """scores() of each joint against PoseTrackFrames, those of them that are labelled."""
    shared = [name for name in names if name in skeleton.joint_names]
    matchings = {name: [] for name in shared}
    labelled = [number for number, frame in enumerate(frames) if frame.labelled]
    for number, (poses, tracks) in zip(labelled, frames_of(names, found, labelled)):
        frame = frames[number]
        true_poses, there = stack_people(frame.people, skeleton.num_joints)
        true_poses = np.where(there[..., None], true_poses, np.nan)
        for name in shared:
            points = without_ignored(poses[:, names.index(name), :2], frame.ignored)
            matchings[name].append(match_joint(points, tracks, true_poses[:, skeleton.joint_id(name)], frame.tracks,
                                               frame.head_sizes))
    matchings = {name: each for name, each in matchings.items() if any(one.truth for one in each)}
    if not matchings:
        raise UserError("the two files have no joint in common that is labelled")
    return scores(matchings, pooled=True)


def without_ignored(points, polygons):
    """Points [n, 2], nan where they lie in one of the polygons [k, 2]."""
    for polygon in polygons:
        points = np.where(Path(polygon).contains_points(points)[:, None], np.nan, points)
    return points


def print_table(table):
    counts = {name: "{:.0f}".format for name in MEASURES.values() if table[name].dtype.kind == "i"}
    print(table.to_string(float_format="{:.3f}".format, formatters=counts))
    if POOLED in table.index:
        print("PoseTrack's total MOTA, the mean of the joints': %.3f" % table.drop(POOLED)["MOTA"].mean())
