"""What all commands have in common."""
import logging
import os
import sys
from collections import Counter


SHOWN = 10  # problems that are spelled out


class UserError(ValueError):
    """Something that the person at the keyboard can mend; the message says what is wrong, where, and what to do."""


def run_command(main):
    """Call a script's main function; a UserError, or Ctrl-C, ends it with a message instead of a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        main()
    except UserError as error:
        sys.exit("%s: %s" % (os.path.basename(sys.argv[0]), error))
    except KeyboardInterrupt:
        sys.exit("%s: stopped" % os.path.basename(sys.argv[0]))


def unique_names(paths):
    """For each file a name without folder and ending; where several would get the same one, their number goes before."""
    names = [os.path.splitext(os.path.basename(path))[0] for path in paths]
    counts, unique = Counter(names), []
    taken = set(names)
    for number, name in enumerate(names):
        if counts[name] > 1:
            while name in taken:
                name = "%d_%s" % (number, name)
            taken.add(name)
        unique.append(name)
    return unique


def first_line(error):
    """What an exception says first, or what it is called."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def counted(number, noun):
    """1 error, 2 errors"""
    return "%d %s%s" % (number, noun, "" if number == 1 else "s")


def shortened(lines):
    """The first lines of a list, indented, and how many more there are."""
    more = ["and %d more" % (len(lines) - SHOWN)] * (len(lines) > SHOWN)
    return "\n  ".join(lines[:SHOWN] + more)
