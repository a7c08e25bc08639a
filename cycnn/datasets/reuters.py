"""Reuters: short news of 46 topics, their words as numbers."""

import numpy as np

from cycnn.core import checks
from cycnn.datasets import npz_file, word_numbers

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar", "trade",
    "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp", "meal-feed", "alum",
    "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog", "lead",
)  # fmt: skip


def load_data(
    path="reuters.npz",
    num_words=None,
    skip_top=0,
    maxlen=None,
    test_split=0.2,
    seed=113,
    start_char=1,
    oov_char=2,
    index_from=3,
):
    """Load 11,228 news; the first time they may be downloaded (2 MB).

    Args:
        test_split: Share of the news to test with.
        path, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from: As of `imdb.load_data`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of numbers (see `utils.pad_sequences`), and of the numbers of
        topics (see `get_label_names`).

    Raises:
        OSError: If the file is neither there nor can be downloaded.
        ValueError: If the file that is there is damaged or another one.
    """
    test_split = checks.number("test_split", test_split, 0, 1)
    x, y = word_numbers.read(npz_file.locate(path, f"{ORIGIN}reuters.npz", SHA256), ("x", "y"))
    x, y = word_numbers.shuffled(x, y, np.random.RandomState(seed))
    x, y = word_numbers.begun(x, y, start_char, index_from, maxlen)
    x, at = word_numbers.limited(x, num_words, skip_top, oov_char), int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])


def get_word_index(path="reuters_word_index.json"):
    """The numbers of words, before `index_from` is added: a dictionary.

    Args:
        path: Name of the file in the data folder or in Keras's, or a whole path.
    """
    return word_numbers.index(path, f"{ORIGIN}reuters_word_index.json", INDEX_MD5)


def get_label_names():
    """The names of the topics, by their numbers."""
    return TOPICS
