"""MATLAB v5 files: read where their sizes can be true, written whole or not at all.

The layout is that of MathWorks, "MAT-File Format", level 5: elements of a tag (type, bytes) and data, padded to 8 bytes;
an array is an element of elements: flags, dimensions, name, and then its cells, or its fields' names and values.
"""
import functools
import io
import operator
import os
import struct
import zlib

import scipy.io

from util.command import UserError
from util.files import replacing

HEADER = 128  # bytes; the last four are the version and the byte order
ARRAY, COMPRESSED = 14, 15  # types of elements
NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18)  # types of elements, letters among them
CELL, STRUCT, OBJECT, SPARSE, LAST_NUMERIC = 1, 2, 3, 5, 15  # classes of arrays
LARGEST = 2 ** 29  # bytes of a variable that is compressed: more would be labels of millions of pictures
COMPLEX = 0x800  # the flag of an array that has imaginary parts as well


def read_mat(path, **options):
    """{name: value} of a MATLAB file; options: of scipy.io.loadmat. Raises UserError, naming the file."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        if b"\0" not in data[:4]:  # else v4, which has no arrays of arrays
            _check(memoryview(data)[HEADER:], "<" if data[126:128] == b"IM" else ">", (ARRAY, COMPRESSED))
        return scipy.io.loadmat(io.BytesIO(data), **options)
    except FileNotFoundError:
        raise UserError("there is no %s" % os.path.abspath(path)) from None
    except Exception as error:  # scipy raises many kinds for files that are not MATLAB's
        raise UserError("%s is damaged, or no MATLAB v5 file, as `save -v7` writes it (%s)" % (path, error)) from None


def write_mat(path, variables):
    """Write {name: value} as a compressed MATLAB v5 file. Raises UserError."""
    with replacing(path, "wb") as stream:
        scipy.io.savemat(stream, variables, do_compression=True)


def _check(data, order, types):
    """The number of elements in `data`. Raises ValueError where one is none of `types`, or an array has not as many cells
    as it says.

    scipy believes it: of a damaged file of 200 bytes it makes 17 GB, or crashes. order of bytes: "<" or ">"
    """
    at = count = 0
    while at < len(data):
        kind, content, at = _element(data, at, order)
        count += 1
        if kind not in types:
            raise ValueError("there is something of the type %d where none may be" % kind)
        if kind == COMPRESSED:
            unpacking = zlib.decompressobj()
            _check(memoryview(unpacking.decompress(content, LARGEST)), order, (ARRAY,))
            if unpacking.unconsumed_tail or not unpacking.eof:
                raise ValueError("it is cut off, or a variable has more than %d bytes" % LARGEST)
        elif kind == ARRAY and len(content):
            _check_array(content, order)
    return count


def _element(data, at, order):
    """(type, data, where the next element begins) of the element at a place."""
    kind, size = struct.unpack_from(order + "II", data, at)
    if kind >> 16:  # its data are within the tag
        return kind & 0xffff, data[at + 4:at + 4 + (kind >> 16)], at + 8
    first, last = at + 8, at + 8 + size
    if last > len(data):
        raise ValueError("it is cut off")
    return kind, data[first:last], last if kind == COMPRESSED else last + -size % 8


def _check_array(array, order):
    """_check of an array, and of what is in it."""
    flags, = struct.unpack_from(order + "I", array, 8)
    kind = flags & 0xff
    if kind > LAST_NUMERIC:  # a function, or an object of a kind that MathWorks keeps to itself
        return
    _, shape, at = _element(array, 16, order)
    _, _, at = _element(array, at, order)  # its name
    shape = struct.unpack(order + "%di" % (len(shape) // 4), shape)
    cells = functools.reduce(operator.mul, shape, 1)
    if kind == OBJECT:
        _, _, at = _element(array, at, order)  # its class
    fields = 1
    if kind in (STRUCT, OBJECT):
        _, length, at = _element(array, at, order)
        _, names, at = _element(array, at, order)
        fields = len(names) // struct.unpack(order + "i", length)[0]
    holds_arrays = kind in (CELL, STRUCT, OBJECT)
    count = _check(array[at:], order, (ARRAY,) if holds_arrays else NUMBERS)
    wanted = cells * fields if holds_arrays else (3 if kind == SPARSE else 1) + bool(flags & COMPLEX)
    if len(shape) < 2 or count != wanted or kind != SPARSE and not 0 <= cells <= len(array):
        raise ValueError("an array of %d bytes cannot be of the size %s" % (len(array), " x ".join(map(str, shape))))
