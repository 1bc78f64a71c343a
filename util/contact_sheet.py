"""Many small pictures with captions on one large one, or one after the other."""
import os
import textwrap

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from util.files import replacing
from util.image import resize
from util.visualize import draw_pose

GROUND, INK, FILL = (255, 255, 255), (0, 0, 0), (128, 128, 128)
FONT = matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans.ttf"
FONT_SIZE, LINE, CAPTION_LINES, GAP = 12, 15, 3, 8  # px, but for CAPTION_LINES


def thumbnail(image, poses, skeleton, box, side):
    """The part `box` (x1, y1, x2, y2) of a picture, with skeletons on it, as a square of `side` px; grey where the box
    reaches outside.

    image: uint8 [h, w, 3]; poses: one [J, 3] (x, y, score) each, in its pixels, nan for an absent joint
    """
    low, high = np.array(box[:2], float), np.array(box[2:], float)
    scale = side / max((high - low).max(), 1)
    corner = (low + high) / 2 - side / scale / 2
    x1, y1 = np.clip(corner, 0, None).astype(int)  # of what the square shows, so that no more than that is resized
    x2, y2 = np.ceil(corner + side / scale).astype(int)
    square = Image.new("RGB", (side, side), FILL)
    part = image[y1:max(y2, 0), x1:max(x2, 0)]
    if part.size:
        square.paste(Image.fromarray(resize(part, scale)), tuple(np.round(([x1, y1] - corner) * scale).astype(int)))
    drawn = np.asarray(square)
    for pose in poses:
        drawn = draw_pose(drawn, (pose - np.append(corner, 0)) * [scale, scale, 1], skeleton)
    return drawn


def contact_sheet(title, cells, columns):
    """Cells, (picture uint8 [h, w, 3], caption), all of one size, in rows below a title -> picture uint8 [h, w, 3]."""
    font = ImageFont.truetype(FONT, FONT_SIZE)
    height, width = cells[0][0].shape[:2]
    step_x, step_y = width + GAP, height + LINE * CAPTION_LINES + GAP
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * step_x + GAP, LINE + rows * step_y + 2 * GAP), GROUND)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, GAP), title, INK, font=font)
    for number, (picture, caption) in enumerate(cells):
        x, y = GAP + number % columns * step_x, LINE + 2 * GAP + number // columns * step_y
        sheet.paste(Image.fromarray(picture), (x, y))
        for line, text in enumerate(_wrapped(caption, width)):
            pen.text((x, y + height + 2 + line * LINE), text, INK, font=font)
    return np.asarray(sheet)


def write_animation(path, images, fps):
    """Write pictures, uint8 [h, w, 3], as an animation without end, .webp or .gif, as the path says. Raises UserError."""
    first, *others = [Image.fromarray(image) for image in images]
    with replacing(path, "wb") as stream:
        first.save(stream, os.path.splitext(path)[1][1:], save_all=True, append_images=others, loop=0,
                   duration=int(round(1000 / fps)))


def _wrapped(caption, width):
    """The lines of a caption that fit below a picture; a long word is broken."""
    return textwrap.wrap(caption, int(width / (0.54 * FONT_SIZE)), max_lines=CAPTION_LINES, placeholder=" …")
