"""Sequences and texts of Keras 2 where no recorded program looks (tests/utils/test_loading_beside_keras.py)."""

import numpy as np
import pytest

from cycnn.preprocessing.sequence import TimeseriesGenerator, pad_sequences
from cycnn.preprocessing.text import Tokenizer, text_to_word_sequence


def test_windows_drawn_at_random_are_windows():
    np.random.seed(0)  # noqa: NPY002  programs of Keras 2 seed it
    batches = TimeseriesGenerator(np.arange(30), np.arange(30) * 2, length=5, shuffle=True, batch_size=8)
    x, y = batches[0]
    np.testing.assert_array_equal(x[:, 0] + 5, y // 2)
    np.testing.assert_array_equal(np.diff(x, axis=1), 1)
    assert len(set(y.tolist())) > 3


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: TimeseriesGenerator(np.arange(5), np.arange(4), 2), "same length. Received: lengths 5 and 4"),
        (lambda: TimeseriesGenerator(np.arange(5), np.arange(5), 5), "at least one window of 5 steps"),
        (lambda: TimeseriesGenerator(np.arange(5), np.arange(5), 0), "length"),
        (lambda: pad_sequences([1, 2]), "`sequences` must be a list of sequences"),
        (lambda: pad_sequences([[1]], padding="left"), "padding"),
        (lambda: pad_sequences([[1]], truncating="left"), "truncating"),
        (lambda: pad_sequences([["a"]], value="b"), "`dtype` must be object"),
        (lambda: pad_sequences([[[1, 2]], [[1]]]), r"must have the shape \(2,\) .* Received: \(1,\) in sequence 1"),
        (lambda: Tokenizer().sequences_to_matrix([[1]]), "`num_words` must be given"),
        (lambda: Tokenizer(3).sequences_to_matrix([[1]], "tfidf"), "needs `fit_on_texts` first"),
        (lambda: Tokenizer(3).sequences_to_matrix([[1]], "hot"), "mode"),
    ],
)
def test_refusals(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_padding_nothing():
    assert pad_sequences([]).shape == (0, 0)
    assert pad_sequences([[], []], maxlen=2).tolist() == [[0, 0], [0, 0]]


def test_words_of_ones_own_analyzer():
    tokenizer = Tokenizer(analyzer=lambda text: text.split("-"))
    tokenizer.fit_on_texts(["A-b-b"])
    assert tokenizer.word_index == {"b": 1, "A": 2}
    assert tokenizer.texts_to_sequences([["A", "b"], "b-c"]) == [[1], [1]], "lists are words already, in lower case"
    assert text_to_word_sequence("Ein, zwei") == ["ein", "zwei"]
