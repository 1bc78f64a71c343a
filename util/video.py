"""Videos: a file, a folder of pictures in the order of their names, or a camera, read frame by frame; and writing them.

Files and cameras are read, and files written, with PyAV, which brings FFmpeg along.
"""
import contextlib
import heapq
import math
import os
import re
import sys
from collections import namedtuple
from fractions import Fraction

import numpy as np

from util.command import UserError
from util.files import replacing
from util.image import ImageError, read_image

try:
    import av
except ImportError:
    av = None

FOLDER_FPS = 25
PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")  # what is taken from a folder
CAMERAS = {"linux": ("v4l2", "/dev/video%s"), "darwin": ("avfoundation", "%s")}  # platform: FFmpeg's format and name
LOST = "it is damaged, or one that it builds upon is missing"
TICKS = 90000  # a second, in what is written

Frame = namedtuple("Frame", "number time image")
Frame.__doc__ = """number: place in the video, from 0; time: s from its beginning; image: uint8 RGB [h, w, 3]."""


class Video(object):
    """
    name: as the user gave it; size: bytes on the disk
    fps: Fraction, frames a second; count: about how many frames it has, None where nobody knows
    live: whether it has no end but when stop() is called
    unreadable: what was wrong with frames that were left out so far
    """

    def __init__(self, name, moments, fps, count, size=0, live=False):
        """moments: iterator of (time or None, function that returns the frame's image, or raises UserError)"""
        self.name, self.fps, self.count, self.size, self.live = name, fps, count, size, live
        self.unreadable = []
        self._moments = moments
        self._stopped = False

    def stop(self):
        """Let frames() end after the frame that it is at."""
        self._stopped = True

    def frames(self, every=1, start=0.0, end=None):
        """Yields Frames from `start` to before `end` (s), those whose number is a multiple of `every`. Once only.

        Frames that cannot be read are left out. Raises UserError where the size changes.
        """
        before = None
        for number, (time, load) in enumerate(self._moments):
            time = float(number / self.fps) if time is None else time
            if self._stopped or (end is not None and time >= end):
                return
            if number % every or time < start:
                continue
            try:
                image = load()
            except UserError as error:
                self.unreadable.append("frame %d, at %.2f s: %s" % (number, time, error))
                continue
            if before is not None and image.shape != before.image.shape:
                sizes = (before.number,) + before.image.shape[1::-1] + (number,) + image.shape[1::-1]
                raise UserError("%s changes its size: frame %d has %d x %d px, frame %d %d x %d px. Take its parts one by "
                                "one: --end %.3f, then --start %.3f" % ((self.name,) + sizes + (time, time)))
            before = Frame(number, time, image)
            yield before

    def expected(self, every=1, start=0.0, end=None):
        """About how many frames frames() yields; None where nobody knows."""
        ends = [self.count] * (self.count is not None) + [math.ceil((end or 0) * self.fps)] * (end is not None)
        return len(range(math.ceil(start * self.fps), min(ends), every)) if ends else None


def open_video(source):
    """source: path of a video, folder of pictures, or number of a camera -> Video. Raises UserError."""
    require_av()
    return _folder(source) if os.path.isdir(source) else _stream(source)


def require_av():
    if av is None:
        raise UserError('videos need another package: pip install -e ".[video]"')


def _folder(source):
    paths = pictures_in(source)
    moments = ((None, lambda path=path: read_image(path)) for path in paths)
    return Video(source, moments, Fraction(FOLDER_FPS), len(paths), sum(map(os.path.getsize, paths)))


def pictures_in(folder):
    """The paths of a folder's pictures, in counting order. Raises UserError where there are none."""
    names = [name for name in os.listdir(folder) if name.lower().endswith(PICTURES)]
    if not names:
        raise UserError("the folder %s holds no pictures (%s)" % (folder, " ".join(PICTURES)))
    return [os.path.join(folder, name) for name in sorted(names, key=_in_counting_order)]


def _in_counting_order(name):
    """A key that sorts frame2 before frame10."""
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split("([0-9]+)", name)]


def _stream(source):
    live = source.isdigit() and not os.path.exists(source)
    if os.path.isfile(source) and not os.path.getsize(source):
        raise UserError("cannot read the video %s (it is empty)" % source)
    try:
        container = _camera(source) if live else av.open(source)
    except av.error.FFmpegError as error:
        raise UserError("cannot read the %s %s (%s)" % ("camera" if live else "video", source, error.strerror)) from None
    form = container.format.name
    if form == "image2" or form.endswith("_pipe"):
        raise UserError("%s is a picture, not a video: demo/singleperson.py and demo/demo_multiperson.py take pictures"
                        % source)
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams or form == "tty":  # what FFmpeg takes texts for
        raise UserError("%s holds no video (FFmpeg takes it for %s)" % (source, container.format.long_name))
    stream = streams[0]
    if stream.codec_context is None:
        raise UserError("the video %s is in a form that FFmpeg cannot decode here" % source)
    fps = stream.average_rate or stream.guessed_rate or Fraction(FOLDER_FPS)
    count = stream.frames or (int(container.duration * fps / av.time_base) if container.duration else None)
    size = 0 if live else os.path.getsize(source)
    return Video(source, _moments(container, stream), fps, None if live else count, size, live)


def _is_cover(stream):
    """Whether it is the picture of a record."""
    return hasattr(stream, "disposition") and bool(stream.disposition & av.stream.Disposition.attached_pic)


def _camera(number):
    if sys.platform not in CAMERAS:
        raise UserError("cameras are read on Linux and macOS only")
    form, name = CAMERAS[sys.platform]
    return av.open(name % number, format=form)


def _moments(container, stream):
    """See Video."""
    start = stream.start_time
    for pts, frame in _decoded(container, stream):
        start = pts if start is None else start
        yield None if pts is None else float((pts - start) * stream.time_base), lambda frame=frame: _image(frame)


def _decoded(container, stream):
    """Yields (time stamp or None, frame), and (time stamp or None, what is wrong) of a packet whose frame cannot be had."""
    waiting, wrong = [], {}  # time stamps of packets whose frames have not come yet: a heap; and what is wrong with them
    try:
        for packet in container.demux(stream):
            if packet.pts is not None:
                heapq.heappush(waiting, packet.pts)
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                frames = []
                wrong[packet.pts] = error.strerror
                if packet.pts is None:
                    yield None, error.strerror
            for frame in frames:
                while frame.pts is not None and waiting and waiting[0] <= frame.pts:  # frames come in the order of time
                    pts = heapq.heappop(waiting)
                    if pts != frame.pts:
                        yield pts, wrong.get(pts, LOST)
                yield frame.pts, frame
    except av.error.FFmpegError as error:
        wrong.update((pts, "the file breaks off (%s)" % error.strerror) for pts in waiting)
    for pts in sorted(waiting):
        yield pts, wrong.get(pts, LOST)


def _image(frame):
    """A decoded frame as uint8 RGB [h, w, 3], turned as players turn it. Raises ImageError; frame may be what is wrong."""
    if isinstance(frame, str) or frame.is_corrupt:
        raise ImageError(frame if isinstance(frame, str) else LOST)
    image = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(image, getattr(frame, "rotation", 0) // 90))


@contextlib.contextmanager
def writing_video(path, fps):
    """A VideoWriter to an .mp4 (H.264), which becomes `path` when it is complete. Raises UserError."""
    require_av()
    with replacing(path, "wb") as stream:
        with av.open(stream.name, "w", format="mp4", container_options={"movflags": "faststart"}) as container:
            writer = VideoWriter(container, fps)
            yield writer
            writer.finish()


class VideoWriter(object):
    """Writes frames of one size. Browsers play what it writes: yuv420p, the index first, an even width and height; the last
    column or row is there twice where it has to be."""

    def __init__(self, container, fps):
        self._container = container
        self._fps = fps
        self._stream = self._first = self._last = None

    def write(self, image, time):
        """image: uint8 RGB [h, w, 3]; time: s, shown so long after the first one, and until the next."""
        height, width = image.shape[:2]
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if self._stream is None:
            self._begin(*image.shape[1::-1])
            self._first = time
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.time_base = Fraction(1, TICKS)
        frame.pts = int(round((time - self._first) * TICKS))
        if self._last is not None:
            frame.pts = max(frame.pts, self._last + 1)  # whatever the times of a damaged video are
        self._last = frame.pts
        self._container.mux(self._stream.encode(frame))

    def _begin(self, width, height):
        self._stream = self._container.add_stream("libx264", rate=self._fps, options={"preset": "veryfast", "crf": "20"})
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)

    def finish(self):
        if self._stream is not None:
            self._container.mux(self._stream.encode())
