"""Logging to the screen and to log.txt."""
import logging
import sys

FORMAT = "%(asctime)s %(message)s"
LONG = "long"  # the logger of what is long and seldom read: whole configs


def setup_logging(filename="log.txt", verbose=False):
    """Send messages of level INFO and above to the screen and append them to `filename`, and nowhere else; what is LONG only
    to the file, unless `verbose`."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in list(root.handlers):  # of an earlier call, or TensorFlow 1.15's own
        root.removeHandler(handler)
    screen = logging.StreamHandler(sys.stdout)
    screen.addFilter(lambda record: verbose or record.name != LONG)
    for handler in (screen, logging.FileHandler(filename, delay=True)):
        handler.setFormatter(logging.Formatter(FORMAT, "%Y-%m-%d %H:%M:%S"))
        root.addHandler(handler)
