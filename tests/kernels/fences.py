"""Arrays with a wall behind them: touching one byte too many ends the process instead of going unseen."""

import ctypes
import mmap
import sys

import numpy as np

PROT_NONE = 0
libc = None if sys.platform == "win32" else ctypes.CDLL(None, use_errno=True)


def fenced(array):
    """A copy of an array that ends where a page ends; the next page may be neither read nor written.

    Where there is no mprotect (Windows), it is only a copy.
    """
    array = np.asarray(array)
    if libc is None:
        return array.copy()
    pages = -(-array.nbytes // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    wall = np.frombuffer(memory, np.uint8).ctypes.data + pages * mmap.PAGESIZE
    if libc.mprotect(ctypes.c_void_p(wall), mmap.PAGESIZE, PROT_NONE):
        raise OSError(ctypes.get_errno(), "mprotect")
    place = pages * mmap.PAGESIZE - array.nbytes
    copy = np.frombuffer(memory, array.dtype, array.size, place).reshape(array.shape)
    copy[...] = array
    return copy
