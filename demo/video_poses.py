"""The poses of a video, found, written and drawn frame by frame. A run that was stopped goes on where it was."""
import contextlib
import glob
import hashlib
import itertools
import json
import os
import time
from typing import NamedTuple

from tqdm import tqdm

from multiperson.following import load_state, save_state
from util.command import UserError
from util.config import find_file
from util.files import alone, digest
from util.pose_json import frame_entry, person_entry
from util.pose_lines import PoseLines, writing_pose_lines
from util.pose_smoothing import filled, smoothed
from util.threads import ahead, behind, in_groups
from util.video import writing_video

AHEAD = 4  # frames that are read before they are needed, and as many that wait to be drawn and written
SAVED_EVERY = 25  # frames: so often is written from where tracking could go on


def settings_of(video, cfg, **selection):
    """What decides about the poses in a file: with other settings, it cannot go on."""
    weights = find_file(cfg, "init_weights")
    files = [path for path in (weights, weights + ".index", weights + ".data-00000-of-00001") if os.path.isfile(path)]
    if cfg.get("pairwise_model_dir"):
        files += sorted(glob.glob(os.path.join(glob.escape(find_file(cfg, "pairwise_model_dir")), "*_model*.mat")))
    keys = {key: value for key, value in cfg.items() if key not in ("config_file", "init_weights")}
    return dict(video=os.path.basename(os.path.normpath(video.name)), bytes=video.size,
                config=hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()[:16],
                weights=digest(files)[:16], started=time.time() if video.live else None, **selection)


class Smoothing(NamedTuple):
    """What is done to poses before they are drawn, see util.pose_smoothing; their file stays as they were found.

    path: of a second one, of these poses; smooth: whether they are made smooth; fill: the longest gap, frames
    threshold: the score that makes a joint count as found
    """

    path: str
    smooth: bool
    fill: int
    threshold: float

    def steps(self, pairs):
        """pairs: of a frame and its entry -> the same, with entries that were made smooth and filled"""
        pairs = smoothed(pairs, self.threshold) if self.smooth else pairs
        return filled(pairs, self.fill, self.threshold) if self.fill else pairs


def write_video_poses(video, selection, skeleton, settings, finder, draw, lines, drawn, show=None, smoothing=None):
    """
    video: util.video.Video; selection: the keyword arguments of its frames()
    finder: OneByOne or Following; draw: see demo.command.run; show: what to call with each drawn frame
    smoothing: Smoothing, or None
    lines: path of the poses, see util.pose_lines; drawn: path of the .mp4. Raises UserError.
    """
    # Whatever reads ahead is closed here: closed by the garbage collector, while Python starts a thread, it would wait for ever.
    with contextlib.closing(ahead(video.frames(**selection), AHEAD)) as frames:
        first = next(frames, None)
        if first is None:
            raise UserError("\n  ".join(["%s: no frame from %g s on could be read" % (video.name, selection["start"])]
                                        + video.unreadable[:1]))
        height, width = first.image.shape[:2]
        header = {"joint_names": skeleton.joint_names, "limbs": skeleton.limbs, "width": width, "height": height,
                  "fps": round(float(video.fps), 4), "settings": settings}

        def write(found):
            frame, entry = found
            append(entry)
            image = draw(frame.image, entry["people"])
            writer.write(image, frame.time)
            return image

        with alone(lines), PoseLines(lines, header) as poses, _second_file(smoothing, header) as append, \
                writing_video(drawn, video.fps / selection["every"]) as writer, \
                contextlib.closing(finder.entries(itertools.chain([first], frames), poses)) as entries:
            steps = smoothing.steps(entries) if smoothing else entries
            with contextlib.closing(behind(write, steps, AHEAD)) as images:
                for image in tqdm(images, "frames", video.expected(**selection), unit="frame", dynamic_ncols=True):
                    if show:
                        show(image)


def _second_file(smoothing, header):
    """A context: a function that takes the entries."""
    if smoothing is None:
        return contextlib.nullcontext(lambda entry: None)
    done = {"smooth": smoothing.smooth, "fill": smoothing.fill}
    return writing_pose_lines(smoothing.path, dict(header, settings=dict(header["settings"], **done)))


class OneByOne(object):
    """Finds the poses of each frame for itself."""

    def __init__(self, find, batch):
        """find: function from images to a list of util.pose_json.person_entry for each; batch: how many images it is given"""
        self._find, self._batch = find, batch

    def entries(self, frames, poses):
        """Yields (frame, its entry): from the PoseLines, else found, and added to them."""
        for group in in_groups(frames, self._batch):
            entries = [poses.finished(frame.number) for frame in group]
            if None in entries:  # all again: poses may differ in the last bits by what else is in a batch
                found = self._find([frame.image for frame in group])
            for number, frame in enumerate(group):
                if entries[number] is None:
                    entries[number] = frame_entry(frame, found[number])
                    poses.append(entries[number])
                yield frame, entries[number]


class Following(object):
    """Follows people from frame to frame."""

    def __init__(self, follower, state):
        """follower: multiperson.following.Follower; state: path of what is needed to go on with a run that was stopped"""
        self._follower, self._state = follower, state

    def entries(self, frames, poses):
        """Yields (frame, its entry), as OneByOne does: from the PoseLines up to where the state was saved, then found."""
        frames = self._follower.keyed(frames)
        saved = load_state(self._state, poses.header)
        if saved and poses.holds(saved[0]):
            for frame, _ in frames:
                entry = poses.finished(frame.number)
                if entry is None:
                    raise UserError("frame %d could not be read before, or the file of poses is damaged: start once more, and "
                                    "the video is tracked anew" % frame.number)
                yield frame, entry
                if frame.number == saved[0]:
                    self._follower.start(frame.image, saved[1])
                    break
        poses.cut()
        workers, batch = self._follower.parallel, self._follower.batch
        waiting = max(-(-2 * workers // batch), workers)  # groups
        followed, saved_every = None, -(-SAVED_EVERY // batch) * batch  # who goes on begins with a whole group
        with contextlib.closing(behind(self._follower.detect, in_groups(frames, batch), waiting, workers)) as groups:
            for count, followed in enumerate(self._follower.follow(itertools.chain.from_iterable(groups)), 1):
                entry = frame_entry(followed.frame, [person_entry(person.keypoints, person.score) for person in followed.people],
                                    followed.numbers, followed.solution)
                poses.append(entry)
                if count % saved_every == 0:
                    save_state(self._state, poses.header, followed.frame.number, followed.then)
                yield followed.frame, entry
        if followed is not None:
            save_state(self._state, poses.header, followed.frame.number, followed.then)
