import subprocess
import sys

import pytest

from conftest import ROOT

KEPT = """
import sys
import numpy as np
from util.memory import return_large_blocks

def resident():
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096

if sys.argv[1] == "returned":
    return_large_blocks()
np.ones(2 << 20)  # freed: the C library learns that such blocks come again
before = resident()
blocks = [(np.ones(1 << 20), bytearray(2000)) for _ in range(25)]  # of 8 MB, and small ones in between
small = [one for _, one in blocks]
del blocks
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_what_is_freed_goes_back():
    kept, returned = (int(subprocess.check_output([sys.executable, "-c", KEPT, how], cwd=ROOT)) for how in ("kept", "returned"))
    assert returned < 20e6 < kept
