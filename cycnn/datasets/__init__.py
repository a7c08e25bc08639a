"""Data sets, as NumPy arrays: `(x_train, y_train), (x_test, y_test) = mnist.load_data()`.

    mnist, fashion_mnist                  60,000 + 10,000 handwritten digits, pictures of clothes, 28×28
    cifar10, cifar100                     50,000 + 10,000 photos of 10 or 100 classes, 32×32×3
    digits                                scikit-learn's 1,797 digits of 8×8, enlarged to the form of mnist: for machines
                                          without network
    boston_housing, california_housing    house prices
    imdb, reuters                         texts as numbers of words

    npz_file        where a file is looked for, and what it must hold
    plain_pickle    pickled arrays, without the power of pickles
    cifar, housing, word_numbers          what some of these have in common

A file is looked for in the data folder (`config.data_home()`), then in the folder of an installed Keras, and is then
downloaded to the data folder.
"""

from cycnn.core import checks
from cycnn.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    digits,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("data set", name, __all__))


def __dir__():
    return __all__
