"""Boston housing: 506 house prices of the 1970s (Harrison and Rubinfeld, 1978)."""

from cycnn.datasets import housing

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz"
SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path="boston_housing.npz", test_split=0.2, seed=113):
    """Load the prices; the first time they may be downloaded. One of the columns supposes that people prefer to live apart
    from others; `california_housing` is the better example.

    Args:
        path: Name of the file in the data folder or in Keras's, or a whole path (see `mnist.load_data`).
        test_split: Share of the samples to test with.
        seed: Integer, of the order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays (n, 13) and (n,), prices in 1,000 dollars.

    Raises:
        OSError: If the file is neither there nor can be downloaded.
        ValueError: If the file that is there is damaged or another one.
    """
    return housing.load(path, ORIGIN, SHA256, (506, 13), test_split, seed)
