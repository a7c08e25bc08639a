"""Texts, under the names that programs for Keras 2 use. For new ones there is `layers.TextVectorization`."""

import json
from collections import Counter

import numpy as np

from cycnn.core import checks

__all__ = ["Tokenizer", "text_to_word_sequence", "tokenizer_from_json"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text, filters=FILTERS, lower=True, split=" "):
    """The words of a text.

    Args:
        input_text: Text.
        filters: Characters that are no part of words.
        lower: Whether words are written in lower case.
        split: What stands between words.

    Returns:
        List of words.
    """
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate(str.maketrans(dict.fromkeys(filters, split))).split(split) if word]


class Tokenizer:
    """Words to numbers, from 1 on: the most frequent word is 1.

    Args:
        num_words: Numbers from this one on are left out; `None`: none.
        filters, lower, split: Of `text_to_word_sequence`.
        char_level: Whether characters are the words.
        oov_token: The word with number 1, which stands for all that are not known; `None`: these are left out.
        analyzer: Function of a text that returns its words; `None`: `text_to_word_sequence`.
        document_count: Texts that were seen already.

    Attributes:
        word_index, index_word: Dictionaries, word → number and number → word.
        word_counts: Dictionary, word → how often it was seen, in the order in which words were.
        word_docs, index_docs: Dictionaries, word or number → in how many texts.
    """

    def __init__(
        self,
        num_words=None,
        filters=FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        document_count=0,
    ):
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = document_count
        self.word_counts, self.word_docs, self.index_docs = Counter(), Counter(), Counter()
        self.word_index, self.index_word = {}, {}

    def fit_on_texts(self, texts):
        """Learn the words of texts: a list of texts, or of lists of words."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            self.word_counts.update(words)
            self.word_docs.update(set(words))
        ranked = sorted(self.word_counts, key=self.word_counts.__getitem__, reverse=True)
        ranked = ranked if self.oov_token is None else [self.oov_token, *ranked]
        self.word_index = {word: number for number, word in enumerate(ranked, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        self.index_docs = Counter({self.word_index[word]: count for word, count in self.word_docs.items()})

    def _words(self, text):
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return list(text.lower() if self.lower else text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def texts_to_sequences(self, texts):
        """The numbers of the words of texts: a list of lists."""
        unknown = self.word_index.get(self.oov_token)
        found = ([self._within(self.word_index.get(word), unknown) for word in self._words(text)] for text in texts)
        return [[number for number in numbers if number is not None] for numbers in found]

    def sequences_to_texts(self, sequences):
        """The words of numbers, with a blank between them: a list of texts."""
        unknown = self.word_index.get(self.oov_token)
        texts = []
        for sequence in sequences:
            numbers = (self._within(number if number in self.index_word else None, unknown) for number in sequence)
            texts.append(" ".join(self.index_word[number] for number in numbers if number is not None))
        return texts

    def _within(self, number, unknown):
        """A word's number, or that of the unknown word."""
        return unknown if number is None or (self.num_words and number >= self.num_words) else number

    def texts_to_matrix(self, texts, mode="binary"):
        """As `sequences_to_matrix`, of texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """One row for each text, one column for each number.

        Args:
            sequences: List of lists of numbers.
            mode: `"binary"`: whether the word is there; `"count"`: how often; `"freq"`: as a share of the words; `"tfidf"`:
                (1 + log count) log(1 + texts / (1 + texts with the word)).

        Returns:
            float64 array (texts, num_words).

        Raises:
            ValueError: If the number of columns is not known, or for `"tfidf"` no texts have been seen.
        """
        checks.one_of("mode", mode, ("binary", "count", "freq", "tfidf"))
        columns = self.num_words or (len(self.word_index) + 1 if self.word_index else None)
        if columns is None:
            raise ValueError("`num_words` must be given, or `fit_on_texts` be called first. Received: num_words=None.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("mode='tfidf' needs `fit_on_texts` first. Received: no texts so far.")
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences):
            for number, count in Counter(sequence).items():
                if number >= columns:
                    continue
                if mode == "tfidf":
                    rarity = np.log(1 + self.document_count / (1 + self.index_docs[number]))
                    row[number] = (1 + np.log(count)) * rarity
                else:
                    row[number] = {"binary": 1, "count": count, "freq": count / len(sequence)}[mode]
        return matrix

    def get_config(self):
        """Arguments, and what was learned as JSON."""
        learned = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        given = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        return {name: getattr(self, name) for name in given} | {
            name: json.dumps(getattr(self, name)) for name in learned
        }

    def to_json(self, **kwargs):
        """The tokenizer as JSON, for `tokenizer_from_json`; `kwargs` are those of `json.dumps`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string):
    """The tokenizer of a JSON text that `Tokenizer.to_json` made, ours or Keras's."""
    config = json.loads(json_string)["config"]
    learned = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
    found = {name: json.loads(config.pop(name)) for name in learned}
    tokenizer = Tokenizer(**config)
    tokenizer.word_counts, tokenizer.word_docs = Counter(found["word_counts"]), Counter(found["word_docs"])
    tokenizer.word_index = found["word_index"]
    tokenizer.index_docs = Counter({int(number): count for number, count in found["index_docs"].items()})
    tokenizer.index_word = {int(number): word for number, word in found["index_word"].items()}
    return tokenizer


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.preprocessing.text`", name, __all__))


def __dir__():
    return __all__
