"""How well is everybody followed by the multicut over space and time (multiperson/tracking.py), and how well by what one
would do without it: each frame assembled alone, and the people of two frames matched by the Hungarian method?

    python benchmarks/tracking.py --config models/multi/video/pose_cfg.yaml --sequences 20    # moved stills of its data set
    python benchmarks/tracking.py --sequences 0 --video vtest.avi --mot gt.txt --frames 1 200

Always measured on the three sequences of benchmarks/demo_sequences.py as well. The network runs once a frame for both, who
get the same graph of its detections, the same completion and the same rules about whom to report.

The baseline matches torso centres within REACH of the size that somebody had when last seen, at most MOST_FRAMES frames ago:
that makes 40 px for people 95 px tall, as those of vtest.avi are, whose joints reach from the eyes to the feet.

Somebody found matches somebody labelled at an object keypoint similarity of at least 0.5, over the joints that are labelled,
which are those that can be seen. `joints` is PCK, 0.2 x the torso (left hip to right shoulder), where joints of people who
were not found are wrong; `of those found` leaves them out. Against boxes (--mot) people match as in eval_tracking.py.
"""
import argparse
import contextlib
import time
from collections import defaultdict

import numpy as np
import pandas
from scipy.optimize import linear_sum_assignment
from tqdm import tqdm

from benchmarks.demo_sequences import crossing, hidden, leaving
from dataset import factory
from dataset.formats.mot import read_mot
from dataset.moved_stills import MovedStills
from dataset.tracking_report import against_boxes
from multiperson.frames import FramePredictor, frame_graph
from multiperson.people import Person, put_together, similarity
from multiperson.predict import assemble_graph
from multiperson.temporal import read_temporal_model, temporal_model_path
from multiperson.tracking import Tracker
from util.command import run_command
from util.config import PROJECT, load_config
from util.pck import box_lengths, correct, pair_lengths, stack_people, torso_joints
from util.skeleton import Skeleton
from util.tracking_score import POOLED, Matching, centre_of, scores
from util.video import open_video

VIDEO_CONFIG = PROJECT + "/models/multi/video/pose_cfg.yaml"
REACH, MOST_FRAMES = 0.48, 5  # of the larger side of the joints' box; frames
FAR = 1e6  # the cost of a match that may not be
LEAST_SIMILARITY = 0.5
LENGTH = 20  # frames of a sequence of moved stills
SHOWN = ["IDF1", "MOTA", "switches", "precision", "recall"]


class Solver(object):
    """The multicut over space and time."""

    def __init__(self, cfg, skeleton):
        self._cfg, self._decided = cfg, []
        self._tracker = Tracker(cfg, read_temporal_model(temporal_model_path(cfg)), skeleton.oks_sigmas)

    def add(self, image, found):
        """The next frame, and its multiperson.frames.FrameGraph."""
        self._decided += self._tracker.add(None, image, found.graph, found.unit, found.completed)

    def finish(self):
        """[(poses [P, J, 3], tracks)] of the frames."""
        return [reported(self._cfg, one.people, one.numbers) for one in self._decided + self._tracker.finish()]


class Baseline(object):
    """Each frame assembled alone; its people are those of earlier frames at the least sum of distances."""

    def __init__(self, cfg, skeleton):
        self._cfg, self._skeleton = cfg, skeleton
        self._frames = []  # (people, numbers)
        self._known = {}  # {number: (place in _frames, centre, reach) of when somebody was seen last}
        self._next = 0

    def add(self, image, found):
        """See Solver."""
        people = [person for person in assemble_graph(self._cfg, found.graph).people
                  if person.visibility.sum() >= self._cfg.person_min_joints]
        people = put_together(found.completed(people), self._skeleton.oks_sigmas)
        centres = [centre_of(person.keypoints, self._skeleton.joint_names) for person in people]
        numbers = self._numbers(np.reshape(centres, (-1, 2)))
        for number, person, centre in zip(numbers, people, centres):
            pose = person.keypoints[None]
            reach = REACH * box_lengths(pose, np.isfinite(pose[..., 0]))[0]
            self._known[number] = len(self._frames), centre, reach
        self._frames.append((people, numbers))

    def _numbers(self, centres):
        """Whose the centres [P, 2] of a frame are, a new number where they are nobody's."""
        self._known = {number: seen for number, seen in self._known.items() if len(self._frames) - seen[0] <= MOST_FRAMES}
        before, reach = (np.array([seen[part] for seen in self._known.values()]) for part in (1, 2))
        distances = np.linalg.norm(before.reshape(-1, 1, 2) - centres, axis=2) / reach.reshape(-1, 1)
        matched = {column: list(self._known)[row] for row, column in matches(np.where(distances <= 1, distances, np.nan))}
        numbers = []
        for column in range(len(centres)):
            numbers.append(matched.get(column, self._next))
            self._next += column not in matched
        return numbers

    def finish(self):
        """See Solver; who was seen in fewer than track_min_frames frames is left out."""
        seen = np.bincount([number for _, numbers in self._frames for number in numbers], minlength=self._next)
        kept = [[(person, number) for person, number in zip(*frame) if seen[number] >= self._cfg.track_min_frames]
                for frame in self._frames]
        return [reported(self._cfg, [person for person, _ in frame], [number for _, number in frame]) for frame in kept]


WAYS = {"solver": Solver, "baseline": Baseline}


def reported(cfg, people, numbers):
    """(poses [P, J, 3], tracks) of the people whom the config wants reported."""
    sure = [(person.keypoints, number) for person, number in zip(people, numbers) if person.score >= cfg.person_min_score]
    return np.array([pose for pose, _ in sure]).reshape(-1, cfg.num_joints, 3), [number for _, number in sure]


def matches(distances):
    """[(row, column)] of the matching at the least sum of distances, nan where two may not match."""
    pairs = np.column_stack(linear_sum_assignment(np.nan_to_num(distances, nan=FAR)))
    return [(row, column) for row, column in pairs.tolist() if np.isfinite(distances[row, column])]


class Watch(object):
    """Seconds of the processor, in sum, of what it was asked to watch."""

    def __init__(self):
        self.seconds, self.frames = defaultdict(float), 0

    @contextlib.contextmanager
    def over(self, name):
        start = time.process_time()
        yield
        self.seconds[name] += time.process_time() - start

    def __str__(self):
        each = {name: 1000 * seconds / self.frames for name, seconds in self.seconds.items()}
        return "ms a frame on one core, without the network: %.1f for the graph, then %s" % (
            each.pop("graph"), ", ".join("%.1f for the %s" % (ms, name) for name, ms in each.items()))


def followed(cfg, predictor, images, watch):
    """{way: [(poses [P, J, 3], tracks)] of the frames}; predictor: FramePredictor; images: uint8 RGB [h, w, 3]"""
    skeleton = Skeleton.from_config(cfg)
    ways = {name: way(cfg, skeleton) for name, way in WAYS.items()}
    for image in images:
        searched = predictor.search(image)
        with watch.over("graph"):
            found = frame_graph(predictor.model, searched)
        for name, way in ways.items():
            with watch.over(name):
                way.add(image, found)
        watch.frames += 1
    return {name: way.finish() for name, way in ways.items()}


def match_people(frame, poses, tracks, skeleton):
    """Matching of people, [P, J, 3], with those of a LabelledFrame: the distance is 1 - object keypoint similarity."""
    true_poses, labelled = stack_people(frame.people, skeleton.num_joints)
    true_poses = np.where(labelled[..., None], true_poses, np.nan)
    alike = [[similarity(*map(_person, pair), skeleton.oks_sigmas) for pair in ((true, pose[:, :2]) for pose in poses)]
             for true in true_poses]
    alike = np.reshape(alike, (len(true_poses), len(poses)))
    return Matching(frame.tracks, tracks, np.where(alike >= LEAST_SIMILARITY, 1 - alike, np.nan))


def _person(points):
    """points: [J, 2], nan where there is none"""
    return Person(points, 1.0, np.isfinite(points[:, 0]), 0.0, ())


def joint_hits(frame, poses, matching, skeleton):
    """([T, J] whether each joint of the people of a LabelledFrame was found, nan = not labelled, or no torso to measure by;
    [T] whether somebody matches them)"""
    true_poses, labelled = stack_people(frame.people, skeleton.num_joints)
    found = np.full(true_poses.shape, np.nan)
    pairs = matches(matching.distances)
    for row, column in pairs:
        found[row] = poses[column, :, :2]
    torsos = pair_lengths(true_poses, labelled, *torso_joints(skeleton))
    return correct(found, true_poses, labelled, torsos, 0.2), np.isin(np.arange(len(found)), [row for row, _ in pairs])


def against_labels(sequences, found, skeleton):
    """A row of the table: how well the people of sequences, lists of LabelledFrames, were followed.

    found: for each sequence [(poses [P, J, 3], tracks)] of its frames
    """
    matchings, hits, matched = {}, [], []
    for number, (frames, people) in enumerate(zip(sequences, found)):
        matchings[number] = [match_people(frame, *one, skeleton) for frame, one in zip(frames, people)]
        for frame, (poses, _), matching in zip(frames, people, matchings[number]):
            right, somebody = joint_hits(frame, poses, matching, skeleton)
            hits.append(right)
            matched.append(somebody)
    hits, matched = np.concatenate(hits), np.concatenate(matched)
    row = scores(matchings, pooled=True).loc[POOLED, SHOWN].to_dict()
    return dict(row, joints=np.nanmean(hits), **{"of those found": np.nanmean(hits[matched])})


def on_labels(name, sequences, cfg, predictor, watch):
    """{(name, way): row of the table} of sequences, lists of LabelledFrames."""
    sequences = list(sequences)
    found = [followed(cfg, predictor, (frame.image() for frame in frames), watch) for frames in tqdm(sequences, name)]
    skeleton = Skeleton.from_config(cfg)
    return {(name, way): against_labels(sequences, [one[way] for one in found], skeleton) for way in WAYS}


def on_boxes(path, boxes, frames, cfg, predictor, watch):
    """{(path, way): row of the table} of a video; boxes: path of the true ones; frames: (first, last) from 1, or None."""
    video, boxes = open_video(path), read_mot(boxes)
    last = frames[1] if frames else max(boxes)
    images = (frame.image for frame in tqdm(video.frames(end=last / video.fps), path, last))
    found = followed(cfg, predictor, images, watch)
    names = Skeleton.from_config(cfg).joint_names
    return {(path, way): against_boxes(names, dict(enumerate(found[way])), boxes, frames)[SHOWN].iloc[0].to_dict()
            for way in WAYS}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default=VIDEO_CONFIG, help="a pose_cfg.yaml; default: that of the shipped weights")
    parser.add_argument("--sequences", type=int, default=20, help="so many of moved stills, of %d frames each" % LENGTH)
    parser.add_argument("--video", help="also this one, whose people --mot tells")
    parser.add_argument("--mot", metavar="FILE", help="boxes, in the form of the MOT challenges")
    parser.add_argument("--frames", metavar=("FIRST", "LAST"), nargs=2, type=int, help="of --mot only these, from 1")
    args = parser.parse_args()
    if (args.video is None) != (args.mot is None):
        parser.error("--video and --mot go together")
    return args


def main():
    args = parse()
    cfg = load_config(args.config)
    predictor, watch, rows = FramePredictor(cfg), Watch(), {}
    if args.sequences:
        stills = MovedStills(factory.create(cfg).data, Skeleton.from_config(cfg), cfg.seed, count=LENGTH)
        rows.update(on_labels("moved stills", map(stills.sequence, range(args.sequences)), cfg, predictor, watch))
    for sequence in (crossing, hidden, leaving):
        rows.update(on_labels(sequence.__name__, [sequence()], cfg, predictor, watch))
    if args.video:
        rows.update(on_boxes(args.video, args.mot, args.frames, cfg, predictor, watch))
    print(pandas.DataFrame.from_dict(rows, orient="index").to_string(float_format="{:.3f}".format, na_rep="-"))
    print(watch)


if __name__ == "__main__":
    run_command(main)
