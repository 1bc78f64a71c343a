"""Pictures as arrays: uint8, RGB, [height, width, 3], upright as their EXIF orientation says."""
import contextlib
import io
import os

import numpy as np
from PIL import Image, UnidentifiedImageError

from util.command import UserError

EXIF_ORIENTATION = 274
TRANSPOSED, LEFT_RIGHT, UPSIDE_DOWN = (5, 6, 7, 8), (2, 3, 6, 7), (3, 4, 7, 8)  # what was done to a picture, in this order


class ImageError(UserError):
    """A picture that cannot be read; the message names the file."""


def read_image(path, upright=True, content=None):
    """A picture file as uint8 RGB [h, w, 3]; grey, palette, RGBA and 16-bit files become RGB.

    upright: turn it as its EXIF orientation says; content: the bytes of what is no file of its own, but is called `path`
    Raises ImageError, naming the file.
    """
    with _opened(path, content) as image:
        return _upright(_rgb(image), image) if upright else _rgb(image)


@contextlib.contextmanager
def _opened(path, content):
    """The PIL image of a file, or of its content. Raises ImageError, naming the file."""
    try:
        with Image.open(path if content is None else io.BytesIO(content)) as image:
            yield image
    except FileNotFoundError:
        raise ImageError("there is no image %s" % path) from None
    except UnidentifiedImageError:  # its own words have the address of a BytesIO, other ones each time
        raise ImageError("cannot read the image %s (it is no picture, or damaged)" % path) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError("cannot read the image %s (%s)" % (path, error)) from None


def as_image(picture):
    """A picture of any form as uint8 RGB [h, w, 3]: the path of a file, a PIL image, or an array, uint8 or uint16, [h, w]
    grey, [h, w, 3] RGB, or [h, w, 1, 2 or 4] grey, grey with opacity, RGB with opacity, which is left out.

    Raises ImageError.
    """
    if isinstance(picture, (str, os.PathLike)):
        return read_image(os.fspath(picture))
    if isinstance(picture, Image.Image):
        return _upright(_rgb(picture), picture)
    array = np.asarray(picture)
    channels = 1 if array.ndim == 2 else array.shape[2] if array.ndim == 3 else 0
    if array.dtype not in (np.uint8, np.uint16) or channels not in (1, 2, 3, 4) or not array.size:
        raise ImageError("an array of shape %s and type %s is no picture: uint8 or uint16 of shape [h, w], [h, w, 3] or "
                         "[h, w, 4] is needed" % (array.shape, array.dtype))
    colours = np.atleast_3d(array)[..., :3 if channels > 2 else 1]
    colours = colours if array.dtype == np.uint8 else (colours >> 8).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(colours, array.shape[:2] + (3,)))


def _rgb(image):
    """A PIL image as uint8 [h, w, 3]."""
    image.load()  # numpy may pass over what is wrong with it
    if image.mode.startswith("I"):  # 16 or 32 bits a pixel
        image = Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _upright(pixels, image):
    """A PIL image's pixels, turned as its EXIF orientation says. As ImageOps.exif_transpose, with fewer copies."""
    orientation = image.getexif().get(EXIF_ORIENTATION)
    pixels = pixels.swapaxes(0, 1) if orientation in TRANSPOSED else pixels
    pixels = pixels[:, ::-1] if orientation in LEFT_RIGHT else pixels
    return np.ascontiguousarray(pixels[::-1] if orientation in UPSIDE_DOWN else pixels)


def image_size(path, content=None):
    """(width, height) of a picture, from its header only; content: see read_image. Raises ImageError, naming the file."""
    with _opened(path, content) as image:
        width, height = image.size
        exif = image.getexif() if "exif" in image.info else {}  # else getexif would decode a whole PNG
        turned = exif.get(EXIF_ORIENTATION) in TRANSPOSED
        return (height, width) if turned else (width, height)


def resize(image, scale):
    """uint8 [h, w, 3] -> [int(h * scale), int(w * scale), 3], at least 1 px each, antialiased bilinear."""
    height, width = image.shape[:2]
    return resize_to(image, (max(1, int(width * scale)), max(1, int(height * scale))))


def resize_to(image, size):
    """uint8 [h, w, 3] -> the given (width, height), antialiased bilinear."""
    if image.shape[1::-1] == tuple(size):
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.BILINEAR))
