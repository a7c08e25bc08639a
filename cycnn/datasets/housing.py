"""What the data sets of house prices have in common."""

import numpy as np

from cycnn.core import checks
from cycnn.datasets import npz_file


def load(path, origin, file_hash, shape, test_split, seed, rows=None):
    """The data, shuffled, with the last share of them to test with; see the `load_data` of the data sets."""
    test_split = checks.number("test_split", test_split, 0, 1, open_high=True)
    path = npz_file.locate(path, origin, file_hash)
    x, y = npz_file.read(path, {"x": (shape, None), "y": (shape[:1], None)})
    x, y = x[:rows], y[:rows]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # as Keras
    train, test = np.split(order, [int(len(x) * (1 - test_split))])
    return (x[train], y[train]), (x[test], y[test])
