"""Drawing poses and maps. Everything returns an image, uint8 RGB [h, w, 3]; a script shows or saves it.

visualize_joints, show_heatmaps and show_arrows, under their names of 2017, draw with matplotlib as well: on the current
axes or, where they need several, on the current figure.
"""
import colorsys

import numpy as np
from PIL import Image, ImageDraw

from util.command import UserError
from util.names_of_2017 import _npcircle, check_point  # noqa: F401

SUPERSAMPLING = 3  # the overlay is drawn this much larger, then shrunk: smooth lines
THICK = 12.0  # px: lines from so thick on look smooth as they are, and the overlay of people so large takes much memory
FILLED_WIDTH = 0.5  # of the lines of joints that were filled in, over that of others
RIGHT, LEFT, MIDDLE = (255, 112, 32), (32, 144, 255), (64, 208, 96)
TORSO = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
         ("right_shoulder", "right_hip"))


def side_colours(skeleton):
    """A colour for each joint: orange on the person's right, blue on the left, green in the middle; where names tell no
    side, the first and second of each mirror pair."""
    colours = [MIDDLE] * skeleton.num_joints
    for first, second in (group for group in skeleton.all_joints if len(group) == 2):
        if skeleton.joint_names[first].startswith("left"):
            first, second = second, first
        colours[first], colours[second] = RIGHT, LEFT
    return colours


def distinct_colours(count):
    """Colours that differ as much as may be, as (r, g, b)."""
    return [tuple(int(255 * v) for v in colorsys.hsv_to_rgb(k / max(count, 1), 0.85, 1.0)) for k in range(count)]


def drawn_limbs(skeleton):
    """The skeleton's limbs, and those that make a torso of its shoulders and hips: [(joint, joint)]."""
    torso = [tuple(skeleton.joint_id(name) for name in pair) for pair in TORSO]
    limbs = [tuple(limb) for limb in skeleton.limbs]
    known = {frozenset(limb) for limb in limbs}
    return limbs + [limb for limb in torso if limbs and None not in limb and frozenset(limb) not in known]


def draw_pose(image, pose, skeleton, threshold=0.0, colours=None):
    """The picture with a skeleton on it.

    image: uint8 [h, w, 3]; pose: [J, 3] (x, y, score) in its pixels; joints scored below `threshold`, or nan, are left
    out, and so are limbs that lack an end; those whose score alone is nan were filled in, and are drawn thinner
    colours: one (r, g, b) a joint; default: side_colours
    """
    colours = colours or (side_colours(skeleton) if skeleton.limbs else distinct_colours(skeleton.num_joints))
    return draw_poses(image, [pose], drawn_limbs(skeleton), [colours], threshold)


def draw_poses(image, poses, limbs, colours, threshold=0.0):
    """The picture with several skeletons on it, later ones above earlier ones; see draw_pose.

    poses: one [J, 3] each; limbs: pairs of joints; colours: for each pose one (r, g, b) a joint
    """
    drawn = Image.fromarray(image)  # a copy
    for pose, joint_colours in zip(poses, colours):
        shown = shown_joints(pose, threshold)
        width = _line_width(image, pose[shown, :2])
        box = _box(pose[shown, :2], 2 * width, drawn.size)
        if box is None:
            continue
        finer = SUPERSAMPLING if width < THICK else 1
        overlay = Image.new("RGBA", ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer))
        points, widths = np.nan_to_num(pose[:, :2]) - box[:2], width * np.where(np.isnan(pose[:, 2]), FILLED_WIDTH, 1)
        _draw_skeleton(ImageDraw.Draw(overlay), points * finer, shown, limbs, joint_colours, widths * finer)
        part = Image.alpha_composite(drawn.crop(box).convert("RGBA"), overlay.reduce(finer))
        drawn.paste(part.convert("RGB"), box[:2])
    return np.asarray(drawn)


def _box(points, margin, size):
    """(left, top, right, bottom) of the part of a picture of `size` that points [n, 2] with a margin, px, take; None: none."""
    if not len(points):
        return None
    low = np.clip(np.floor(points.min(axis=0) - margin), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + margin), 0, size).astype(int)
    return tuple(low.tolist() + high.tolist()) if (high > low).all() else None


def shown_joints(pose, threshold):
    """[J] bool: which joints of a pose, [J, 3], are drawn, see draw_pose."""
    return np.isfinite(pose[:, :2]).all(axis=1) & ~(pose[:, 2] < threshold)


def _draw_skeleton(pen, points, shown, limbs, colours, widths):
    """points: [J, 2] and widths: [J], of lines, px; shown: [J] bool"""
    points = list(map(tuple, points))
    for grow, alpha in ((0.8, 160), (0, 255)):  # a dark rim first, so that lines show on any ground
        for a, b in (limb for limb in limbs if shown[limb[0]] and shown[limb[1]]):
            colour, width = _limb_colour(colours[a], colours[b]), min(widths[a], widths[b])
            pen.line([points[a], points[b]], (colour if alpha == 255 else (0, 0, 0)) + (alpha,),
                     int(round(width + grow * width)))
        for joint in np.flatnonzero(shown):
            x, y = points[joint]
            r = (1.1 + grow / 2) * widths[joint]
            pen.ellipse([x - r, y - r, x + r, y + r], (colours[joint] if alpha == 255 else (0, 0, 0)) + (alpha,))


def _limb_colour(first, second):
    """That of the end which belongs to a side; of a limb from side to side, the middle's."""
    if {first, second} == {LEFT, RIGHT}:
        return MIDDLE
    return first if first != MIDDLE else second


def _line_width(image, points):
    """Lines as thick as suits the person, px."""
    size = max(image.shape[:2]) if len(points) < 2 else (points.max(axis=0) - points.min(axis=0)).max()
    return float(np.clip(size / 70, 1.0, max(image.shape[:2]) / 100 + 1))


def as_rgb(image):
    """A picture of numbers 0..255, [h, w, 3] or grey [h, w], as uint8 [h, w, 3]."""
    return np.asarray(Image.fromarray(np.asarray(image, np.uint8)).convert("RGB"))


def show_on_axes(image):
    """Show a picture on the current matplotlib axes, and return it."""
    import matplotlib.pyplot as plt  # only here and below: it takes long to load
    plt.imshow(image)
    return image


def visualize_joints(image, pose):
    """draw_joints, shown on the current axes too."""
    return show_on_axes(draw_joints(image, pose))


def draw_joints(image, pose):
    """The picture with a dot of its own colour on each joint. pose: [J, 2 or more] (x, y, ...)."""
    marked = Image.fromarray(as_rgb(image))
    pen = ImageDraw.Draw(marked)
    radius = max(2, int(0.012 * max(marked.size)))
    for (x, y), colour in zip(np.asarray(pose)[:, :2], distinct_colours(len(pose))):
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour, outline=(0, 0, 0))
    return np.asarray(marked)


def overlay_map(image, score_map, colour_map="jet"):
    """A score map, [H, W] in 0..1, laid over the picture; the map's cells span the picture from its top left corner."""
    import matplotlib.pyplot as plt
    heat = Image.fromarray((np.clip(score_map, 0, 1) * 255).astype(np.uint8))
    heat = np.asarray(heat.resize(image.shape[1::-1], Image.BILINEAR))
    coloured = plt.get_cmap(colour_map)(heat)[..., :3] * 255
    return (0.5 * image + 0.5 * coloured).astype(np.uint8)


def show_heatmaps(cfg, img, scmap, pose, cmap="jet"):
    """A matplotlib figure with each joint's score map [H, W, J] over the picture, and all joints on the last one, whose axes
    are the current ones then. It is the current figure if that is empty, else a new one.

    Save it with its savefig, or show it with waitforbuttonpress.
    """
    import matplotlib.pyplot as plt
    img = as_rgb(img)
    stride = int(cfg.stride)
    names = cfg.get("joint_names") or ["joint %d" % joint for joint in range(scmap.shape[2])]
    padded = np.zeros((scmap.shape[0] * stride, scmap.shape[1] * stride, 3), np.uint8)  # what the maps' cells cover
    covered = tuple(min(a, b) for a, b in zip(padded.shape, img.shape))[:2]
    padded[:covered[0], :covered[1]] = img[:covered[0], :covered[1]]
    columns = 4
    rows = -(-(scmap.shape[2] + 1) // columns)
    figure = plt.gcf() if not plt.gcf().axes else plt.figure()
    figure.set_size_inches(3 * columns, 3 * rows * img.shape[0] / img.shape[1] + 0.3 * rows)
    axes = figure.subplots(rows, columns)
    for axis in axes.flat:
        axis.axis("off")
    for joint, axis in zip(range(scmap.shape[2]), axes.flat):
        axis.set_title(names[joint], fontsize=8)
        axis.imshow(overlay_map(padded, scmap[..., joint], cmap)[:img.shape[0], :img.shape[1]])
    plt.sca(axes.flat[scmap.shape[2]])
    visualize_joints(img, pose)
    figure.tight_layout()
    return figure


def show_arrows(cfg, img, pose, arrows):
    """The current axes, cleared, with arrows from each joint to where it expects the others -> their figure.

    arrows: {(a, b): (start, end)} as argmax_arrows_predict gives them
    """
    import matplotlib.pyplot as plt
    axis = plt.gca()
    axis.clear()
    visualize_joints(img, pose)
    axis.axis("off")
    colours = distinct_colours(len(pose))
    for (a, _), (start, end) in arrows.items():
        axis.annotate("", end, start, arrowprops=dict(arrowstyle="->", color=np.array(colours[a]) / 255.0))
    return axis.figure


def window():
    """A function that shows pictures, [h, w, 3], one after the other in a window. Raises UserError without a display."""
    import matplotlib.pyplot as plt
    if plt.get_backend().lower() == "agg":
        raise UserError("there is no display to show pictures on")
    axes = plt.figure().add_axes([0, 0, 1, 1])
    axes.axis("off")

    def show(image):
        if not axes.images:
            axes.imshow(image)
        axes.images[0].set_data(image)
        plt.pause(0.001)

    return show


def waitforbuttonpress():
    """Show the open figures for at most a second, or until a key or button is pressed; at once where there are none, or
    no display."""
    import matplotlib.pyplot as plt
    if plt.get_fignums() and plt.get_backend().lower() != "agg":
        plt.waitforbuttonpress(timeout=1)
