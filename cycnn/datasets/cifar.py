"""What CIFAR-10 and CIFAR-100 have in common: folders of pickled arrays."""

import os

import numpy as np

from cycnn import config
from cycnn.datasets import npz_file, plain_pickle
from cycnn.utils.data_utils import get_file


def locate(folder, origin, file_hash):
    """The folder of the files: in the data folder, in Keras's folder, or downloaded to the data folder and unpacked."""
    target = f"{folder}-target"  # Keras's name for where the archive was unpacked, which holds the folder
    for place in npz_file.folders():
        for path in (os.path.join(place, folder), os.path.join(place, target, folder)):
            if os.path.isdir(path):
                return path
    return os.path.join(get_file(target, origin, file_hash=file_hash, extract=True, cache_subdir=""), folder)


def read(path, key, samples):
    """The pictures and labels of a file.

    Args:
        path: Of the file.
        key: Name of the labels.
        samples: How many it must hold.

    Returns:
        uint8 arrays (samples, 32, 32, 3), or (samples, 3, 32, 32) where `config.image_data_format()` says so, and (samples, 1).

    Raises:
        ValueError: If the file is damaged or holds something else.
    """
    with npz_file.intact(path), open(path, "rb") as file:
        found = plain_pickle.load(file)
        x, y = np.asarray(found[b"data"]), np.asarray(found[key.encode()])
        if (x.shape, x.dtype, y.shape) != ((samples, 3072), np.uint8, (samples,)):
            raise ValueError(f"it must hold {samples} pictures, and has {x.dtype} {x.shape} and labels {y.shape}")
    x = x.reshape(samples, 3, 32, 32)
    if config.image_data_format() == "channels_last":
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    return x, y.astype(np.uint8)[:, None]
