"""Kills each program at random moments, starts it again with the same command, and compares with a run that nothing broke.

    python tests/faults/killed.py --times 100              # all of programs.py, as `make faults` does
    python tests/faults/killed.py train --times 5 --seed 7
"""
import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from faults.programs import PROGRAMS, Bench, difference, kill_after


class Kills(object):
    """A program's kills. lost: what was not the same afterwards, a line each; midway: kills that left something half done"""

    def __init__(self, name, folder):
        self._bench = Bench(name, folder)
        self.midway, self.lost = 0, []
        whole = self._bench.fresh("whole")
        before = time.monotonic()
        code, said = self._bench.run(whole)
        assert code == 0, said
        self.seconds = time.monotonic() - before
        self._expected, self._inputs = self._bench.results(whole), self._bench.results(self._bench.folder / "inputs")

    def kill(self, seed, earliest=0.0):
        """One more: killed at a moment that the seed says, then run to the end. earliest: as a part of the whole duration

        A run that is faster than that begins anew, and is killed earlier.
        """
        folder = self._bench.fresh("run%d" % seed)
        moment = random.Random(seed).uniform(earliest, 1) * self.seconds
        while not kill_after(self._bench.start(folder), moment):
            shutil.rmtree(str(folder))
            folder, moment = self._bench.fresh(folder.name), 0.9 * moment
        self.midway += not set(files(folder)) <= set(self._inputs)
        code, said = self._bench.run(folder)
        wrong = difference(self._bench.results(folder), self._expected) if code == 0 else "it ended with %d: %s" % (code, said)
        if wrong:
            self.lost.append("seed %d, killed after %.2f s: %s" % (seed, moment, wrong))
        else:
            shutil.rmtree(str(folder))


def files(folder):
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=", ".join(PROGRAMS))
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first kill; the next ones have those after it")
    args = parser.parse_args()
    lost = 0
    for name in args.programs or PROGRAMS:
        folder = Path(tempfile.mkdtemp(prefix="killed-%s-" % name))
        kills = Kills(name, folder)
        for seed in range(args.seed, args.seed + args.times):
            kills.kill(seed)
        print("%s, which takes %.1f s: %d killed and started again, %d of them in the middle of writing; lost: %d" % (
            name, kills.seconds, args.times, kills.midway, len(kills.lost)), flush=True)
        print("".join("  %s\n" % line for line in kills.lost), end="")
        lost += len(kills.lost)
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
