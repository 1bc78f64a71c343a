"""Who was followed in a video: a strip of its frames, and a short moving picture, each track in a colour of its own."""
import os

import numpy as np
from PIL import Image

from multiperson.visualize import colour_numbers, draw_people
from util.command import UserError
from util.config import default_config
from util.contact_sheet import contact_sheet, write_animation
from util.image import resize
from util.pose_json import keypoints_of
from util.pose_lines import load_pose_lines
from util.skeleton import Skeleton
from util.video import open_video
from util.visualize import drawn_limbs

MOVING, WIDTH, COLUMNS = 200, 320, 5  # frames of a moving picture; px; frames in a row


def write_strip(poses, source, out, count):
    """Write <out>/<name of the file of poses>.png, `count` frames of a video with its people, and .webp, up to MOVING frames
    one after the other. poses: see util.pose_lines; source: see util.video.open_video -> the paths. Raises UserError."""
    header, entries = load_pose_lines(poses)
    limbs = drawn_limbs(Skeleton.from_names(header["joint_names"], header["limbs"]))
    people = {entry["frame"]: entry["people"] for entry in entries[::max(1, -(-len(entries) // MOVING))]}
    frames = list(drawn_frames(open_video(source), people, limbs))
    if not frames:
        raise UserError("%s has none of the frames of %s" % (source, poses))
    seconds = frames[-1][1] - frames[0][1]
    shown = [frames[place] for place in np.unique(np.linspace(0, len(frames) - 1, count).astype(int))]
    sheet = contact_sheet(os.path.basename(source), [(image, "%.2f s" % time) for image, time in shown], COLUMNS)
    paths = [os.path.join(out, os.path.splitext(os.path.basename(poses))[0] + ending) for ending in (".png", ".webp")]
    write_animation(paths[1], [image for image, _ in frames], (len(frames) - 1) / seconds if seconds > 0 else 1)
    Image.fromarray(sheet).save(paths[0])
    return paths


def drawn_frames(video, people, limbs):
    """Yields (frame with its people, uint8 [h, w, 3], at most WIDTH px wide, its time).

    people: {number of a frame: entries of util.pose_json.frame_entry}; limbs: pairs of joints
    """
    threshold = default_config().score_threshold
    for frame in video.frames():
        if frame.number in people:
            found = people[frame.number]
            drawn = draw_people(frame.image, list(map(keypoints_of, found)), limbs, colour_numbers(found), threshold)
            yield resize(drawn, min(1, WIDTH / drawn.shape[1])), frame.time
