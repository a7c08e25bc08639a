"""What the data sets of texts have in common: words as numbers, by how frequent they are."""

import json

import numpy as np

from cycnn.datasets import npz_file, plain_pickle


def read(path, names):
    """The arrays of a `.npz` file whose texts are lists of numbers.

    Raises:
        ValueError: If the file is damaged or lacks one of `names`.
    """
    with npz_file.intact(path):
        arrays = plain_pickle.load_npz(path)
        missing = [name for name in names if name not in arrays]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
    return [arrays[name] for name in names]


def shuffled(texts, labels, random):
    """Both in the same random order."""
    order = np.arange(len(texts))
    random.shuffle(order)
    return texts[order], labels[order]


def begun(texts, labels, start_char, index_from, maxlen):
    """Texts with their first number, and numbers counted from `index_from`; those shorter than `maxlen`, if that is given.

    Raises:
        ValueError: If none is.
    """
    first = [] if start_char is None else [start_char]
    texts = [first + [word + index_from for word in text] for text in texts]
    if maxlen:
        kept = [k for k, text in enumerate(texts) if len(text) < maxlen]
        texts, labels = [texts[k] for k in kept], labels[kept]
        if not texts:
            raise ValueError(f"`maxlen` must be above the length of some text. Received: maxlen={maxlen}.")
    return texts, labels


def limited(texts, num_words, skip_top, oov_char):
    """Texts without the words that are too rare or too frequent: an array of lists.

    Args:
        num_words: Numbers from this one on are too rare; `None`: none.
        skip_top: Numbers below this one are too frequent.
        oov_char: The number that takes their place; `None`: they are left out.
    """
    limit = num_words or max(max(text) for text in texts)
    found = np.empty(len(texts), object)
    for k, text in enumerate(texts):
        if oov_char is None:
            found[k] = [word for word in text if skip_top <= word < limit]
        else:
            found[k] = [word if skip_top <= word < limit else oov_char for word in text]
    return found


def index(path, origin, file_hash):
    """The numbers of words, from a JSON file: a dictionary."""
    path = npz_file.locate(path, origin, file_hash)
    with npz_file.intact(path), open(path, encoding="utf-8") as file:
        return json.load(file)
