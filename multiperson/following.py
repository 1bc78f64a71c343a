"""People followed through the frames of a video, from pictures to numbered people, and what a run needs to go on."""
import io

import numpy as np

from multiperson.changes import KeyFrame
from multiperson.frames import FramePredictor, frame_graph
from multiperson.motion import require_cv2
from multiperson.temporal import Points, read_temporal_model, temporal_model_path
from multiperson.tracking import Tracker
from multiperson.tracks import Tracks
from util.files import replacing
from util.processor import parallel_searches
from util.skeleton import Skeleton


class Follower(object):
    """The network, the spatial and the temporal model, and a Tracker."""

    def __init__(self, cfg):
        require_cv2()
        self._cfg = cfg
        self.parallel = parallel_searches()
        self._predictor = FramePredictor(cfg, self.parallel)
        self.batch = self._predictor.batch
        self._tracker = Tracker(cfg, read_temporal_model(temporal_model_path(cfg)), Skeleton.from_config(cfg).oks_sigmas)

    def start(self, image, then):
        """Go on after a frame: its image, and TrackedFrame.then of it."""
        self._tracker.start(image, then)

    def keyed(self, frames):
        """Yields (util.video.Frame, the KeyFrame with which it is compared, or None), from the video's first one on."""
        key = None
        for count, frame in enumerate(frames):
            if self._cfg.track_key_frames > 1:
                if count == 0:
                    self._predictor.reserve(frame.image)
                if count % self._cfg.track_key_frames == 0:
                    key = KeyFrame(frame.image)
            yield frame, key

    def detect(self, keyed):
        """[(frame, its FrameGraph)] of a group of what keyed() gave; depends on no other frames: `parallel` threads may call it
        at a time."""
        predictor = self._predictor
        others = [(frame.image, key) for frame, key in keyed if key is None or frame.image is not key.image]
        found = iter(predictor.search_all(others))
        return [(frame, frame_graph(predictor.model, key.found(predictor.search) if key and frame.image is key.image
                                    else next(found))) for frame, key in keyed]

    def follow(self, detected):
        """Yields a multiperson.tracking.TrackedFrame for each of what detect() gave, in order, some frames later: with its
        util.video.Frame, and those people whom the config wants reported, absent joints filled in."""
        for frame, found in detected:
            for tracked in self._tracker.add(frame, frame.image, found.graph, found.unit, found.completed):
                yield self._wanted(tracked)
        for tracked in self._tracker.finish():
            yield self._wanted(tracked)

    def _wanted(self, tracked):
        return tracked.only([person.score >= self._cfg.person_min_score for person in tracked.people])


def save_state(path, owner, number, then):
    """Write what TrackedFrame.then was for the frame of a number. owner: bytes that say whose state it is"""
    tracks, following, count = then
    arrays = dict(tracks.points._asdict(), **{"track_" + name: values for name, values in tracks._asdict().items()
                                              if name != "points"})
    stream = io.BytesIO()
    np.savez(stream, owner=np.frombuffer(owner, np.uint8), frame=number, following=following, count=count, **arrays)
    with replacing(path, "wb") as file:
        file.write(stream.getvalue())


def load_state(path, owner):
    """(number of the frame, then) as they were saved; None where there is nothing, or it is damaged or somebody else's."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if file["owner"].tobytes() != owner:
                return None
            points = Points(*(file[name] for name in Points._fields))
            tracks = {name: file["track_" + name] for name in Tracks._fields if name != "points"}
            return int(file["frame"]), (Tracks(points=points, **tracks), int(file["following"]), int(file["count"]))
    except Exception:  # zipfile, numpy and the operating system have many words for it
        return None
