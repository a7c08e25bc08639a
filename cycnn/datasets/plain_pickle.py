"""Data sets that were published as pickled arrays, read without the power that pickles have over a process."""

import io
import pickle
import zipfile

import numpy as np

# What an array is made of, under its names in NumPy 1 and 2. Anything else in a file is refused.
_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "_reconstruct"),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no part of an array")
        if name == "_reconstruct":  # NumPy 2 warns of the old place
            return np.ndarray(0).__reduce__()[0]
        return getattr(np, name)


def load(file):
    """What a pickle holds: numbers, texts (bytes), lists, dictionaries and arrays.

    Args:
        file: Binary file object.

    Raises:
        pickle.UnpicklingError: If it asks for anything else.
    """
    return _Unpickler(file, encoding="bytes").load()


def load_npz(path):
    """The arrays of a `.npz` file, also those of Python objects: a dictionary by their names."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            content = io.BytesIO(archive.read(member))
            version = np.lib.format.read_magic(content)
            header = np.lib.format.read_array_header_1_0 if version[0] == 1 else np.lib.format.read_array_header_2_0
            _, _, dtype = header(content)
            if dtype.hasobject:
                arrays[member.removesuffix(".npy")] = load(content)
            else:
                content.seek(0)
                arrays[member.removesuffix(".npy")] = np.lib.format.read_array(content, allow_pickle=False)
    return arrays
