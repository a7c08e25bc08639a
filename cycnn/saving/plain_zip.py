"""Zip archives as Keras writes models: a few members, stored as they are. They are read without `zipfile`, whose import
takes longer than all of loading a small model.

    local header, content            of each member
    central directory                name, checksum, size and place of each
    end record                       place of the directory

Archives of any other kind (compressed, in folders, encrypted, larger than 4 GB, with a comment), and damaged ones, are
`zipfile`'s: `read` returns None.

Reference:
    PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.10, sections 4.3.7, 4.3.12, 4.3.16.
"""

import os
import struct
import zlib

_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of the name and of what follows it
_MEMBER = struct.Struct("<4s4xHH4xIII3H8xI")  # signature, flags, method, checksum, two sizes, three lengths, place
_END = struct.Struct("<4sHHHHIIH")  # signature, numbers of disks and members, size and place of the directory, comment
_DESCRIBED, _UTF8 = 8, 2048  # flags that change nothing: sizes behind the content too, text of names
_MOST_MEMBERS = 100


def read(path, name):
    """The bytes of a member; None where `zipfile` has to read the archive.

    Args:
        path: Path of the archive.
        name: Name of the member.
    """
    try:
        with open(path, "rb") as file:
            place, size, checksum = _directory(file)[name]
            file.seek(place)
            signature, *lengths = _LOCAL.unpack(file.read(_LOCAL.size))
            file.seek(sum(lengths), os.SEEK_CUR)
            content = file.read(size)
    except (KeyError, OSError, UnicodeError, ValueError, struct.error):
        return None
    whole = signature == b"PK\3\4" and len(content) == size and zlib.crc32(content) == checksum
    return content if whole else None


def _directory(file):
    """`{name: (place, size, checksum)}`.

    Raises:
        ValueError: It is not a plain archive. UnicodeError, OSError, struct.error: it is not whole.
    """
    end = file.seek(-_END.size, os.SEEK_END)
    signature, *disks, count, total, size, start, comment = _END.unpack(file.read())
    plain = signature == b"PK\5\6" and not any(disks) and comment == 0 and count == total <= _MOST_MEMBERS
    if not plain or start + size != end:
        raise ValueError
    file.seek(start)
    content, place, found = file.read(size), 0, {}
    for _ in range(count):
        signature, flags, method, checksum, packed, size, *lengths, header = _MEMBER.unpack_from(content, place)
        place += _MEMBER.size
        name = content[place : place + lengths[0]].decode("ascii")
        place += sum(lengths)
        plain = signature == b"PK\1\2" and not flags & ~(_DESCRIBED | _UTF8) and method == 0 and packed == size
        if not plain or name in found or not set(name).isdisjoint("/\\:"):
            raise ValueError
        found[name] = header, size, checksum
    return found
