"""The poses of a video, found, written and drawn frame by frame. A run that was stopped goes on where it was."""
import contextlib
import hashlib
import itertools
import json
import os
import time
from typing import NamedTuple

from tqdm import tqdm

from util.command import UserError
from util.config import find_file
from util.pose_json import frame_entry
from util.pose_lines import PoseLines, writing_pose_lines
from util.pose_smoothing import filled, smoothed
from util.threads import ahead, behind
from util.video import writing_video

AHEAD = 4  # frames that are read before they are needed, and as many that wait to be drawn and written


def settings_of(video, cfg, **selection):
    """What decides about the poses in a file: with other settings, it cannot go on."""
    weights = find_file(cfg, "init_weights")
    files = [path for path in (weights, weights + ".index", weights + ".data-00000-of-00001") if os.path.isfile(path)]
    keys = {key: value for key, value in cfg.items() if key not in ("config_file", "init_weights")}
    return dict(video=os.path.basename(os.path.normpath(video.name)), bytes=video.size,
                config=_digest([json.dumps(keys, sort_keys=True).encode()]),
                weights=_digest(map(_bytes, files)), started=time.time() if video.live else None, **selection)


def _digest(parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def _bytes(path):
    with open(path, "rb") as stream:
        return stream.read()


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


def write_video_poses(video, selection, skeleton, settings, find, draw, lines, drawn, show=None, smoothing=None):
    """
    video: util.video.Video; selection: the keyword arguments of its frames()
    find, draw: see demo.command.run; show: what to call with each drawn frame; smoothing: Smoothing, or None
    lines: path of the poses, see util.pose_lines; drawn: path of the .mp4. Raises UserError.
    """
    frames = ahead(video.frames(**selection), AHEAD)
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

    with PoseLines(lines, header) as poses, _second_file(smoothing, header) as append, \
            writing_video(drawn, video.fps / selection["every"]) as writer:
        entries = _entries(itertools.chain([first], frames), poses, find)
        entries = smoothing.steps(entries) if smoothing else entries
        with contextlib.closing(behind(write, entries, AHEAD)) as images:
            for image in tqdm(images, "frames", video.expected(**selection), unit="frame", dynamic_ncols=True):
                if show:
                    show(image)


def _second_file(smoothing, header):
    """A context: a function that takes the entries."""
    if smoothing is None:
        return contextlib.nullcontext(lambda entry: None)
    done = {"smooth": smoothing.smooth, "fill": smoothing.fill}
    return writing_pose_lines(smoothing.path, dict(header, settings=dict(header["settings"], **done)))


def _entries(frames, poses, find):
    """Yields (frame, its entry): from the PoseLines, else found, and added to them."""
    for frame in frames:
        entry = poses.finished(frame.number)
        if entry is None:
            entry = frame_entry(frame, find(frame.image))
            poses.append(entry)
        yield frame, entry
