"""Pictures as arrays: uint8, RGB, [height, width, 3], upright as their EXIF orientation says."""
import numpy as np
from PIL import Image, ImageOps

from util.command import UserError

TRANSPOSED = (5, 6, 7, 8)  # EXIF orientations that swap width and height
EXIF_ORIENTATION = 274


class ImageError(UserError):
    """A picture that cannot be read; the message names the file."""


def read_image(path, upright=True):
    """A picture file as uint8 RGB [h, w, 3]; grey, palette, RGBA and 16-bit files become RGB.

    upright: turn it as its EXIF orientation says
    Raises ImageError, naming the file.
    """
    try:
        with Image.open(path) as image:
            image = ImageOps.exif_transpose(image) if upright else image
            if image.mode.startswith("I"):  # 16 or 32 bits a pixel
                image = Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8))
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError:
        raise ImageError("there is no image %s" % path) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError("cannot read the image %s (%s)" % (path, error)) from None


def image_size(path):
    """(width, height) of a picture, from its header only. Raises ImageError, naming the file."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            exif = image.getexif() if "exif" in image.info else {}  # else getexif would decode a whole PNG
            turned = exif.get(EXIF_ORIENTATION) in TRANSPOSED
            return (height, width) if turned else (width, height)
    except FileNotFoundError:
        raise ImageError("there is no image %s" % path) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError("cannot read the image %s (%s)" % (path, error)) from None


def resize(image, scale):
    """uint8 [h, w, 3] -> [int(h * scale), int(w * scale), 3], at least 1 px each, antialiased bilinear."""
    height, width = image.shape[:2]
    return resize_to(image, (max(1, int(width * scale)), max(1, int(height * scale))))


def resize_to(image, size):
    """uint8 [h, w, 3] -> the given (width, height), antialiased bilinear."""
    if image.shape[1::-1] == tuple(size):
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.BILINEAR))
