"""scikit-learn's embedded digits in the form of MNIST. They are not MNIST: fewer, coarser and easier."""

import numpy as np

SIDE = 28
TRAINING = 1500  # the images keep their order, in which writers follow one another: those of the test are new ones


def load_data():
    """Load 1,797 handwritten digits of 8×8 pixels, enlarged to 28×28.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: 1,500 and 297 uint8 images of 28×28, white (255) on black, and their
        uint8 labels 0 to 9.

    Raises:
        ImportError: If scikit-learn, which holds them, is not installed.

    Reference: Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI repository, 1998.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("The digits data set comes with scikit-learn: pip install scikit-learn.") from error
    images, labels = load_digits(return_X_y=True)
    rows = _enlarging(8, SIDE)
    x = rows @ (images.reshape(-1, 8, 8) * (255 / 16)) @ rows.T
    x, y = np.rint(x).astype(np.uint8), labels.astype(np.uint8)
    return (x[:TRAINING], y[:TRAINING]), (x[TRAINING:], y[TRAINING:])


def _enlarging(short, long):
    """The matrix (long, short) of linear interpolation between pixel centres; the edges repeat."""
    centre = (np.arange(long) + 0.5) * short / long - 0.5
    weight = 1 - np.abs(np.clip(centre, 0, short - 1)[:, None] - np.arange(short))
    return np.maximum(weight, 0)
