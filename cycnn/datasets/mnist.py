"""MNIST: handwritten digits 0 to 9 (LeCun, Cortes and Burges)."""

from cycnn.datasets import npz_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
ARRAYS = {
    "x_train": ((60000, 28, 28), "uint8"),
    "y_train": ((60000,), "uint8"),
    "x_test": ((10000, 28, 28), "uint8"),
    "y_test": ((10000,), "uint8"),
}


def load_data(path="mnist.npz"):
    """Load MNIST; the first time it may be downloaded (11 MB).

    Args:
        path: Name of the file in the data folder (`$CYCNN_HOME`, else `~/.cache/cycnn`) or in Keras's
            (`~/.keras/datasets`), or a whole path.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 uint8 images of 28×28, white (255) on black, and their
        uint8 labels 0 to 9.

    Raises:
        OSError: If it is neither there nor can be downloaded.
        ValueError: If the file that is there is damaged or another one.

    Terms: copyright Yann LeCun and Corinna Cortes, Creative Commons Attribution-Share Alike 3.0.
    """
    x_train, y_train, x_test, y_test = npz_file.read(npz_file.locate(path, ORIGIN, SHA256), ARRAYS)
    return (x_train, y_train), (x_test, y_test)
