"""Logging to the screen and to log.txt."""
import logging
import sys

from util.command import UserError

FORMAT = "%(asctime)s %(message)s"
LONG = "long"  # the logger of what is long and seldom read: whole configs


class LogFile(logging.FileHandler):
    """A file that is opened when there is something to write. Raises UserError where it cannot be."""

    def __init__(self, filename):
        super(LogFile, self).__init__(filename, delay=True)

    def _open(self):
        try:
            return super(LogFile, self)._open()
        except OSError as error:
            raise UserError("cannot write %s (%s)" % (self.baseFilename, error.strerror)) from None

    def handleError(self, record):
        """The disk is full: the screen shows the line, and the next snapshot says that it is."""


def setup_logging(filename="log.txt", verbose=False):
    """Send messages of level INFO and above to the screen and append them to `filename`, and nowhere else; what is LONG only
    to the file, unless `verbose`."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in list(root.handlers):  # of an earlier call, or TensorFlow 1.15's own
        root.removeHandler(handler)
    screen = logging.StreamHandler(sys.stdout)
    screen.addFilter(lambda record: verbose or record.name != LONG)
    for handler in (screen, LogFile(filename)):
        handler.setFormatter(logging.Formatter(FORMAT, "%Y-%m-%d %H:%M:%S"))
        root.addHandler(handler)
