"""CIFAR-10: small colour photos of ten kinds of things (Krizhevsky, 2009)."""

import os

import numpy as np

from cycnn.datasets import cifar

FOLDER = "cifar-10-batches-py"
ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
SAMPLES = 10000  # of a file
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_data():
    """Load CIFAR-10; the first time it may be downloaded (170 MB).

    Its folder, cifar-10-batches-py, is looked for in the data folder (`$CYCNN_HOME`, else `~/.cache/cycnn`) and in Keras's
    (`~/.keras/datasets`).

    Returns:
        `(x_train, y_train), (x_test, y_test)`: 50,000 and 10,000 uint8 photos of 32×32×3, and their uint8 labels 0 to 9, of
        shape (n, 1): airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.

    Raises:
        OSError: If it is neither there nor can be downloaded.
        ValueError: If a file that is there is damaged or another one.
    """
    folder = cifar.locate(FOLDER, ORIGIN, SHA256)
    parts = [cifar.read(os.path.join(folder, f"data_batch_{k}"), "labels", SAMPLES) for k in range(1, 6)]
    x_train, y_train = map(np.concatenate, zip(*parts))
    return (x_train, y_train), cifar.read(os.path.join(folder, "test_batch"), "labels", SAMPLES)
