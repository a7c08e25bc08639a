"""Data sets, as NumPy arrays: `(x_train, y_train), (x_test, y_test) = mnist.load_data()`.

    mnist       60,000 + 10,000 handwritten digits, 28×28
    digits      scikit-learn's 1,797 digits of 8×8, enlarged to the form of mnist: for machines without network
    npz_file    where a file is looked for, and what it must hold

A file is looked for in the data folder (`config.data_home()`), then in the folder of an installed Keras, and is then
downloaded to the data folder.
"""

from cycnn.core import checks
from cycnn.datasets import digits, mnist

__all__ = ["digits", "mnist"]


def __getattr__(name):
    raise AttributeError(checks.unknown("data set", name, __all__))
