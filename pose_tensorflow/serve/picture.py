"""Pictures from strangers: what they are is checked before they are decoded."""
import io
import warnings

from PIL import Image, UnidentifiedImageError
from starlette.exceptions import HTTPException

from util.image import as_image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # what browsers show


def decode(body, limits):
    """The bytes of a picture's file as uint8 RGB [h, w, 3], upright. Raises HTTPException: 400, 413, 415 or 422."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            with Image.open(io.BytesIO(body), formats=FORMATS) as image:
                check_size(image.size, limits)
                return as_image(image)
    except UnidentifiedImageError:
        raise HTTPException(415, "this is no picture that can be read: send one of %s" % ", ".join(FORMATS)) from None
    except Image.DecompressionBombError:
        raise too_large(limits) from None
    except HTTPException:
        raise
    except Exception as error:  # each decoder has its own way to stumble over a damaged file
        raise HTTPException(400, "the picture is damaged, or was not sent as a whole (%s)" % error) from None


def check_size(size, limits):
    """size: (width, height) px. Raises HTTPException 413, and 422 for strips that no network takes."""
    if size[0] * size[1] > limits.pixels:
        raise too_large(limits)
    if max(size) > limits.narrowness * min(size):
        raise HTTPException(422, "a picture of %d x %d pixels is too narrow: its longer side may be %d times the shorter one"
                            % (size + (limits.narrowness,)))


def too_large(limits):
    return HTTPException(413, "the picture has more than %d megapixels: make it smaller first" % (limits.pixels // 1000000))
