"""Data sets that are one `.npz` file: find it, read it, check what it holds."""

import os

import numpy as np

from cycnn import config
from cycnn.utils.data_utils import get_file


def locate(name, origin, file_hash):
    """The path of a data set's file: in the data folder, in Keras's folder, or downloaded to the data folder.

    Args:
        name: The file's name, or the path of one that is there.
        origin: URL.
        file_hash: sha256 that a download must have. A file that is found may differ: the same arrays can be compressed
            in many ways, so `read` looks at these.
    """
    keras_home = os.environ.get("KERAS_HOME") or os.path.join("~", ".keras")
    name = os.path.expanduser(os.fspath(name))
    folders = (config.data_home(), os.path.join(os.path.expanduser(keras_home), "datasets"))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    if os.path.basename(name) != name:
        raise FileNotFoundError(f"There must be a file {name}, as it is or in {' or '.join(folders)}.")
    return get_file(name, origin, file_hash=file_hash, cache_subdir="")


def read(path, expected):
    """The arrays of a file.

    Args:
        path: Of the `.npz` file.
        expected: Dictionary, name → (shape, dtype).

    Returns:
        List of arrays, in the order of `expected`.

    Raises:
        ValueError: If the file is damaged or holds something else.
    """
    try:
        with open(path, "rb") as raw:
            file = np.load(raw, allow_pickle=False)
            missing = [name for name in expected if name not in file]
            if missing:
                raise ValueError(f"it lacks {', '.join(missing)}")
            arrays = [file[name] for name in expected]
        for array, (name, (shape, dtype)) in zip(arrays, expected.items(), strict=True):
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(f"{name} must be {np.dtype(dtype)} {shape}, and is {array.dtype} {array.shape}")
    except (PermissionError, MemoryError):
        raise
    except Exception as error:  # damaged files raise whatever zipfile, zlib, numpy.load and its headers' parser raise
        raise ValueError(
            f"{path} is damaged or another file: {error}. Remove it to have it downloaded again."
        ) from error
    return arrays
