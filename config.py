"""The module name of the 2017 code: ``from config import load_config``."""
from util.config import load_config  # noqa: F401
