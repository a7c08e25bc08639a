"""HDF5 files as Keras writes weights: groups within groups, and arrays in one piece. They are read without h5py, whose
import takes longer than all else that loading a small model needs.

    superblock → object header of the root group
      of a group    symbol table: B-tree → nodes → object headers of its members; their names in a heap
      of an array   dataspace, datatype, layout: its shape, its type, where its bytes lie

Files of any other kind (compressed or chunked arrays, links, the newer forms of groups), and damaged ones, are h5py's:
`read` returns None.

Reference:
    The HDF Group, "HDF5 File Format Specification Version 3.0": II.A, III.A, III.C, III.D, IV.A.
"""

import math
import struct

import numpy as np

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MOST_PLACES = 1 << 20  # objects and nodes of a file
_MOST_MESSAGES = 256  # of an object
_DEEPEST = 64  # groups within one another

# Messages in an object header.
_NIL, _DATASPACE, _DATATYPE, _FILL, _LAYOUT, _ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME = 0, 1, 3, 5, 8, 12, 16, 17, 18
_KNOWN = {_NIL, _DATASPACE, _DATATYPE, _FILL, _LAYOUT, _ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME}
_SHARED = 2  # flag: the message lies elsewhere


def _integer(size, signed):
    """The datatype message of a little-endian integer."""
    return struct.pack("<B3BIHH", 0x10, signed << 3, 0, 0, size, 0, 8 * size)


def _float(size, fraction, exponent, bias):
    """The datatype message of a little-endian IEEE 754 number."""
    bits = struct.pack("<HH4BI", 0, 8 * size, fraction, exponent, 0, fraction, bias)
    return struct.pack("<B3BI", 0x11, 0x20, 8 * size - 1, 0, size) + bits


_TYPES = {
    **{_integer(size, signed): np.dtype(f"<{'ui'[signed]}{size}") for size in (1, 2, 4, 8) for signed in (0, 1)},
    _float(2, 10, 5, 15): np.dtype("<f2"),
    _float(4, 23, 8, 127): np.dtype("<f4"),
    _float(8, 52, 11, 1023): np.dtype("<f8"),
}


class _NotPlain(Exception):
    """What h5py has to read."""


def read(content):
    """All arrays of a file.

    Args:
        content: Bytes of the file; the arrays are read-only views of them.

    Returns:
        Dictionary, name → array, or dictionary for a group; None where h5py has to read the file.
    """
    try:
        return _File(content).root()
    except (_NotPlain, struct.error, ValueError):  # ValueError: of NumPy, or of a name that is no text
        return None


def _demand(condition):
    if not condition:
        raise _NotPlain


class _File:
    def __init__(self, content):
        self._content = content
        self._seen = set()  # places of objects and nodes

    def _unpack(self, form, place):
        _demand(place < len(self._content))
        return struct.unpack_from(form, self._content, place)

    def _visit(self, place):
        """Nothing has two names, so nothing is met twice."""
        _demand(place not in self._seen and len(self._seen) < _MOST_PLACES)
        self._seen.add(place)

    def root(self):
        signature, version, size_of_places, size_of_lengths = self._unpack("<8sB4xBB", 0)
        _demand((signature, version, size_of_places, size_of_lengths) == (_SIGNATURE, 0, 8, 8))
        base, end, header = self._unpack("<Q8xQ16xQ", 24)
        _demand(base == 0 and end <= len(self._content))
        return self._object(header, 0)

    def _object(self, header, depth):
        """The group or array of an object header."""
        _demand(depth < _DEEPEST)
        self._visit(header)
        messages = self._messages(header)
        if _SYMBOLS not in messages:
            return self._array(*(messages.get(kind, len(self._content)) for kind in (_DATASPACE, _DATATYPE, _LAYOUT)))
        tree, heap = self._unpack("<QQ", messages[_SYMBOLS])
        signature, version, length, names = self._unpack("<4sB3xQ8xQ", heap)
        _demand((signature, version) == (b"HEAP", 0))
        found = {}
        for offset, member in self._members(tree):
            name = self._content[names + offset : self._content.find(b"\0", names + offset, names + length)]
            found[name.decode()] = self._object(member, depth + 1)
        return found

    def _messages(self, header):
        """Where the content of each kind of message begins."""
        version, size = self._unpack("<B7xI", header)
        _demand(version == 1)
        blocks, found, count = [(header + 16, size)], {}, 0
        while blocks:
            place, length = blocks.pop()
            end = place + length
            while place + 8 <= end:
                kind, size, flags = self._unpack("<HHB", place)
                _demand(kind in _KNOWN and not flags & _SHARED and count < _MOST_MESSAGES)
                found[kind] = place + 8
                if kind == _CONTINUATION:
                    blocks.append(self._unpack("<QQ", place + 8))
                place += 8 + size
                count += 1
        return found

    def _members(self, tree, above=None):
        """`(place of the name in the heap, object header)` of a group's members, in the order of their names."""
        self._visit(tree)
        signature, kind, level, used = self._unpack("<4sBBH", tree)
        _demand((signature, kind) == (b"TREE", 0) and above in (None, level + 1))
        for k in range(used):
            (child,) = self._unpack("<Q", tree + 32 + 16 * k)
            if level:
                yield from self._members(child, level)
                continue
            self._visit(child)
            signature, version, count = self._unpack("<4sBxH", child)
            _demand((signature, version) == (b"SNOD", 1))
            for entry in range(child + 8, child + 8 + 40 * count, 40):
                name, header, cached = self._unpack("<QQI", entry)
                _demand(cached < 2)  # 2 is a link by name
                yield name, header

    def _array(self, dataspace, datatype, layout):
        version, rank, _, kind = self._unpack("<4B", dataspace)
        _demand(version == 1 or (version == 2 and kind < 2))  # 2 is an array without any value
        shape = self._unpack(f"<{rank}Q", dataspace + (8 if version == 1 else 4)) if rank else ()
        dtype = _TYPES.get(self._content[datatype : datatype + 12]) or _TYPES.get(
            self._content[datatype : datatype + 20]
        )
        version, kind, place, size = self._unpack("<BBQQ", layout)
        _demand(dtype is not None and (version, kind) == (3, 1))  # 1: in one piece
        _demand(size == math.prod(shape) * dtype.itemsize and place + size <= len(self._content))
        return np.frombuffer(self._content, dtype, math.prod(shape), place).reshape(shape)
