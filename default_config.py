"""The module name of the 2017 code: ``from default_config import cfg``."""
from util.config import cfg  # noqa: F401
