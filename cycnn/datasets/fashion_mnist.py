"""Fashion-MNIST: pictures of clothes in the form of MNIST (Xiao, Rasul and Vollgraf, 2017)."""

import gzip

import numpy as np

from cycnn.datasets import npz_file

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
FILES = {  # name → (bytes before the numbers, shape)
    "train-images-idx3-ubyte.gz": (16, (60000, 28, 28)),
    "train-labels-idx1-ubyte.gz": (8, (60000,)),
    "t10k-images-idx3-ubyte.gz": (16, (10000, 28, 28)),
    "t10k-labels-idx1-ubyte.gz": (8, (10000,)),
}
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def load_data():
    """Load Fashion-MNIST; the first time it may be downloaded (31 MB).

    Files are looked for in the folder fashion-mnist of the data folder (`$CYCNN_HOME`, else `~/.cache/cycnn`) and of Keras's
    (`~/.keras/datasets`).

    Returns:
        `(x_train, y_train), (x_test, y_test)`: 60,000 and 10,000 uint8 images of 28×28, and their uint8 labels 0 to 9:
        T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.

    Raises:
        OSError: If it is neither there nor can be downloaded.
        ValueError: If a file that is there is damaged or another one.

    Terms: copyright Zalando SE, MIT licence.
    """
    arrays = []
    for name, (header, shape) in FILES.items():
        path = npz_file.locate(name, ORIGIN + name, None, "fashion-mnist")
        with npz_file.intact(path), gzip.open(path) as file:
            arrays.append(np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape))
    x_train, y_train, x_test, y_test = arrays
    return (x_train, y_train), (x_test, y_test)
