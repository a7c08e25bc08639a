"""CIFAR-100: small colour photos of a hundred kinds of things (Krizhevsky, 2009)."""

import os

from cycnn.core import checks
from cycnn.datasets import cifar

FOLDER = "cifar-100-python"
ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"
SAMPLES = {"train": 50000, "test": 10000}


def load_data(label_mode="fine"):
    """Load CIFAR-100; the first time it may be downloaded (170 MB).

    Its folder, cifar-100-python, is looked for in the data folder (`$CYCNN_HOME`, else `~/.cache/cycnn`) and in Keras's
    (`~/.keras/datasets`).

    Args:
        label_mode: `"fine"`: 100 classes, or `"coarse"`: the 20 groups that these belong to.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 uint8 photos of 32×32×3, and their uint8 labels, of shape
        (n, 1).

    Raises:
        OSError: If it is neither there nor can be downloaded.
        ValueError: If `label_mode` is something else, or a file that is there is damaged or another one.
    """
    key = f"{checks.one_of('label_mode', label_mode, ('fine', 'coarse'))}_labels"
    folder = cifar.locate(FOLDER, ORIGIN, SHA256)
    train, test = (cifar.read(os.path.join(folder, name), key, samples) for name, samples in SAMPLES.items())
    return train, test
