"""California housing: 20,640 house prices of 1990, by district (Pace and Barry, 1997)."""

from cycnn.core import checks
from cycnn.datasets import housing

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz"
SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_ROWS = {"small": 600, "large": None}


def load_data(version="large", path="california_housing.npz", test_split=0.2, seed=113):
    """Load the prices; the first time they may be downloaded.

    Args:
        version: `"large"`, or `"small"`: 600 samples.
        path: Name of the file in the data folder or in Keras's, or a whole path (see `mnist.load_data`).
        test_split: Share of the samples to test with.
        seed: Integer, of the order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays (n, 8) and (n,), prices in dollars. The columns: median income, age of
        the houses, rooms and bedrooms of a household, population, people of a household, latitude, longitude.

    Raises:
        OSError: If the file is neither there nor can be downloaded.
        ValueError: If the file that is there is damaged or another one.
    """
    rows = _ROWS[checks.one_of("version", version, tuple(_ROWS))]
    return housing.load(path, ORIGIN, SHA256, (20640, 8), test_split, seed, rows)
