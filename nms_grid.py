"""The module name of the 2017 code: ``from nms_grid import nms_grid``."""
from lib.nms_cython.nms_grid import nms_grid  # noqa: F401
