"""IMDB: reviews of films, good or bad, their words as numbers (Maas et al., 2011)."""

import numpy as np

from cycnn.datasets import npz_file, word_numbers

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
INDEX_MD5 = "bfafd718b763782e994055a2d397834f"
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_data(
    path="imdb.npz", num_words=None, skip_top=0, maxlen=None, seed=113, start_char=1, oov_char=2, index_from=3
):
    """Load 25,000 + 25,000 reviews; the first time they may be downloaded (17 MB).

    Args:
        path: Name of the file in the data folder or in Keras's, or a whole path (see `mnist.load_data`).
        num_words: Numbers from this one on, those of rare words, become `oov_char`; `None`: none.
        skip_top: Numbers below this one, those of the most frequent words, become `oov_char`.
        maxlen: Reviews of this length or more are left out; `None`: none.
        seed: Integer, of the order.
        start_char: The number that each review begins with; `None`: none.
        oov_char: See `num_words`; `None`: these words are left out.
        index_from: What is added to the numbers of words.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of numbers (see `utils.pad_sequences`), and of labels: 1 for
        good.

    Raises:
        OSError: If the file is neither there nor can be downloaded.
        ValueError: If the file that is there is damaged or another one.
    """
    found = word_numbers.read(npz_file.locate(path, f"{ORIGIN}imdb.npz", SHA256), ARRAYS)
    random = np.random.RandomState(seed)  # the order of Keras
    parts = [word_numbers.shuffled(x, y, random) for x, y in (found[:2], found[2:])]
    (x_train, y_train), (x_test, y_test) = (word_numbers.begun(x, y, start_char, index_from, maxlen) for x, y in parts)
    texts = word_numbers.limited(x_train + x_test, num_words, skip_top, oov_char)
    return (texts[: len(x_train)], y_train), (texts[len(x_train) :], y_test)


def get_word_index(path="imdb_word_index.json"):
    """The numbers of words, before `index_from` is added: a dictionary.

    Args:
        path: Name of the file in the data folder or in Keras's, or a whole path.
    """
    return word_numbers.index(path, f"{ORIGIN}imdb_word_index.json", INDEX_MD5)
