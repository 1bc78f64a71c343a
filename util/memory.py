"""What becomes of memory that is no longer needed."""
import contextlib
import ctypes

M_MMAP_THRESHOLD = -3  # of malloc.h
LARGE = 4 * 1024 ** 2  # bytes; taking and returning smaller ones takes time and saves little


def return_large_blocks():
    """From now on arrays of more than LARGE bytes go back to the system as soon as they are freed. The C library learns from
    such arrays to keep them, in heaps that each thread has and that larger ones do not fit into: processes in which several
    threads work on pictures grow for minutes. Does nothing where there is no glibc."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
