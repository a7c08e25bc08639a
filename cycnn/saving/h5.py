"""HDF5 files without their traps: no links that lead elsewhere, no array larger than what the file holds.

A group is one of h5py's, or a dictionary where `plain_h5` could read the file.
"""

import contextlib
import io

import numpy as np

from cycnn.saving import paths, plain_h5

_ATTRIBUTE = 64512  # bytes that one attribute holds; longer lists are cut into numbered parts, as Keras does
_LARGE = 1 << 30  # bytes from which an array must be backed by bytes of the file
_EXPANSION = 1000  # times that compression may shrink it


def library():
    """The h5py module.

    Raises:
        ImportError: It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "Models and weights are written to files with h5py, which is not installed: `pip install h5py`, "
            "or `pip install cycnn[files]`."
        ) from error
    return h5py


@contextlib.contextmanager
def reading(path, content=None):
    """The open file.

    Args:
        path: Its path, for errors too.
        content: Bytes, where the file is a part of another one.

    Raises:
        ImportError: It needs h5py, which is not installed.
        ValueError: It is not whole.
    """
    plain = None if content is None else plain_h5.read(content)
    if plain is not None:
        yield plain
        return
    h5py = library()
    try:
        file = h5py.File(path if content is None else io.BytesIO(content), "r")
    except OSError as error:
        raise paths.damaged(path, error) from error
    with file:
        try:
            yield file
        except (
            OSError,
            RuntimeError,
            KeyError,
            UnicodeError,
        ) as error:  # what h5py raises on bytes that do not fit together
            raise paths.damaged(path, error) from error


def written(fill):
    """The bytes of an HDF5 file.

    Args:
        fill: Function of the open file.
    """
    buffer = io.BytesIO()
    with library().File(buffer, "w") as file:
        fill(file)
    return buffer.getbuffer()


def child(group, name):
    """The group or data set at `a/b/c` below a group; None where there is none.

    Raises:
        ValueError: The way leads over a link to another place or file.
    """
    for part in name.split("/"):
        if isinstance(group, dict):
            group = group.get(part)
            continue
        if group is None or isinstance(group, np.ndarray):
            return None
        h5py = library()
        link = group.get(part, getlink=True) if part and isinstance(group, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"A file of weights must hold its arrays itself. Received: a link at {name!r}.")
        group = group[part]
    return group


def array(group, name):
    """The data set at `a/b/c` below a group, not read yet; None where there is none.

    Raises:
        ValueError: It is no array of numbers, or its values lie elsewhere or nowhere.
    """
    found = child(group, name)
    if found is None or isinstance(found, np.ndarray):
        return found
    if isinstance(found, dict) or not isinstance(found, library().Dataset):
        raise ValueError(f"A file of weights must hold an array at {name!r}. Received: a group.")
    if found.external or found.is_virtual:
        raise ValueError(f"A file of weights must hold its arrays itself. Received: values elsewhere for {name!r}.")
    if found.dtype.kind not in "fiub" and not _is_bfloat16(found):
        raise ValueError(f"A file of weights must hold numbers. Received: dtype={found.dtype} at {name!r}.")
    if found.nbytes > _LARGE and found.nbytes > _EXPANSION * found.id.get_storage_size():
        raise ValueError(
            f"An array must be backed by the bytes of its file. Received: shape={found.shape} at {name!r}, "
            f"stored in {found.id.get_storage_size()} bytes."
        )
    return found


def _is_bfloat16(dataset):
    return dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.attrs.get("dtype") == "bfloat16"


def values(dataset):
    """The numbers of a data set. bfloat16, which NumPy lacks, is the upper half of a float32."""
    if isinstance(dataset, np.ndarray):
        return dataset
    found = dataset[()]
    if _is_bfloat16(dataset):
        found = (np.asarray(found).view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return np.asarray(found)


def attribute(holder, name):
    """An attribute as text, None where there is none."""
    found = holder.attrs.get(name)
    return found.decode() if isinstance(found, bytes) else found


def names(group, name):
    """An attribute that is a list of texts, whole or in numbered parts; empty where there is none."""
    if name in group.attrs:
        parts = [group.attrs[name]]
    else:
        parts = []
        while f"{name}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{name}{len(parts)}"])
    return [text.decode() if isinstance(text, bytes) else str(text) for part in parts for text in np.ravel(part)]


def set_names(group, name, texts):
    """Write an attribute that is a list of texts."""
    found = [text.encode() for text in texts]
    width = max(map(len, found), default=1)
    if width > _ATTRIBUTE:
        raise ValueError(f"A name in a `.h5` file has at most {_ATTRIBUTE} bytes. Received: one of {width}.")
    count = _ATTRIBUTE // max(width, 1)  # of texts in a part
    if len(found) <= count:
        group.attrs[name] = found
        return
    for part, first in enumerate(range(0, len(found), count)):
        group.attrs[f"{name}{part}"] = found[first : first + count]
