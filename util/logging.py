"""Logging to the screen and to log.txt."""
import logging
import sys

FORMAT = "%(asctime)s %(message)s"


def setup_logging(filename="log.txt"):
    """Send messages of level INFO and above to the screen and append them to `filename`, and nowhere else."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in list(root.handlers):  # of an earlier call, or TensorFlow 1.15's own
        root.removeHandler(handler)
    for handler in (logging.StreamHandler(sys.stdout), logging.FileHandler(filename, delay=True)):
        handler.setFormatter(logging.Formatter(FORMAT, "%Y-%m-%d %H:%M:%S"))
        root.addHandler(handler)
