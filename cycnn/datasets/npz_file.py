"""Data sets that are one file: find it; read a `.npz` file, and check what it holds."""

import os
from contextlib import contextmanager

import numpy as np

from cycnn import config
from cycnn.utils.data_utils import get_file


def locate(name, origin, file_hash, folder=""):
    """The path of a data set's file: in the data folder, in Keras's folder, or downloaded to the data folder.

    Args:
        name: The file's name, or the path of one that is there.
        origin: URL.
        file_hash: sha256 or md5 that a download must have, or `None`. A file that is found may differ: the same arrays can be
            compressed in many ways, so `read` looks at these.
        folder: The folder within these two.
    """
    name = os.path.expanduser(os.fspath(name))
    places = [os.path.join(place, folder) for place in folders()]
    for place in places:
        path = os.path.join(place, name)
        if os.path.isfile(path):
            return path
    if os.path.basename(name) != name:
        raise FileNotFoundError(f"There must be a file {name}, as it is or in {' or '.join(places)}.")
    return get_file(name, origin, file_hash=file_hash, cache_subdir=folder)


def folders():
    """Where data sets are looked for: the data folder, and Keras's."""
    keras_home = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    return config.data_home(), os.path.join(os.path.expanduser(keras_home), "datasets")


def read(path, expected):
    """The arrays of a file.

    Args:
        path: Of the `.npz` file.
        expected: Dictionary, name → (shape, dtype); the dtype `None` stands for any numbers.

    Returns:
        List of arrays, in the order of `expected`.

    Raises:
        ValueError: If the file is damaged or holds something else.
    """
    with intact(path), open(path, "rb") as raw:
        file = np.load(raw, allow_pickle=False)
        missing = [name for name in expected if name not in file]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
        arrays = [file[name] for name in expected]
        for array, (name, (shape, dtype)) in zip(arrays, expected.items(), strict=True):
            dtype = array.dtype if dtype is None and array.dtype.kind in "fiu" else dtype
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{name} must be {np.dtype(dtype)} {shape}, and is {array.dtype} {array.shape}")
    return arrays


@contextmanager
def intact(path):
    """Turn whatever a damaged file raises into a `ValueError` that names it and the remedy."""
    try:
        yield
    except (PermissionError, FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # zipfile, zlib, numpy.load and its headers' parser, pickle: each has its own
        raise ValueError(
            f"{path} is damaged or another file: {error}. Remove it to have it downloaded again."
        ) from error
