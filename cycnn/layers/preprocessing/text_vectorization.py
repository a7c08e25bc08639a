"""TextVectorization: texts to numbers of words."""

import math
import os
import string
from collections import Counter

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.core.structure import flatten
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.layer import Layer

UNKNOWN, MASK = "[UNK]", ""
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@export("keras.layers")
class TextVectorization(Layer):
    """Texts to numbers: standardize, split into words, join neighbours to n-grams, look each up in a vocabulary.

    It works on arrays and lists of texts, in front of a model or in a dataset's `map`; a plan computes with numbers only.

    Args:
        max_tokens: size of the vocabulary at most, with the word for all unknown ones, and with the empty one in the mode
            `"int"`; None: no limit.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"`, None, or a function of an array of texts.
        split: `"whitespace"`, `"character"`, None (a text is one word), or a function of an array of texts that returns a list
            of words for each.
        ngrams: None; an integer n: words, pairs, ... up to n words; a tuple: of these lengths.
        output_mode: `"int"`: the numbers of a text's words, filled up with 0; 1 is an unknown word. One column for each word:
            `"multi_hot"`: 1 where the text has it; `"count"`: how often; `"tf_idf"`: how often, times
            log(1 + texts / (1 + texts with the word)), of the texts that `adapt` saw. Column 0 is unknown words.
        output_sequence_length: with `"int"`: numbers for each text, the others are cut off; None: those of the longest one.
        pad_to_max_tokens: whether there are `max_tokens` columns in any case.
        vocabulary: list of words, the most frequent first, or the path of a file with one word a line; None: `adapt` finds it.
        idf_weights: with `"tf_idf"` and a vocabulary: the factor of each word.
        sparse, ragged: False: results are arrays.
        encoding: of texts that are bytes.

    Input shape:
        (n,) or (n, 1), texts; or one text.

    Output shape:
        (n, output_sequence_length), int64; or (n, words), int64, float32 with `"tf_idf"`.

    Example:

    ```python
    vectorize = cycnn.layers.TextVectorization(output_sequence_length=4)
    vectorize.adapt(["the cat sat", "the dog"])
    vectorize(["The cat!", "a dog"])  # [[2, 5, 0, 0], [1, 4, 0, 0]]
    ```
    """

    built_from_start = True

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        name=None,
        **kwargs,
    ):
        kwargs.pop("vocabulary_size", None)  # configs have it
        super().__init__(name=name, **kwargs)
        self.max_tokens = None if max_tokens is None else checks.positive_int("max_tokens", max_tokens)
        if self.max_tokens == 1:
            raise checks.refuse("max_tokens", "at least 2", max_tokens)
        self.standardize = _rule("standardize", standardize, _STANDARDIZE)
        self.split = _rule("split", split, ("whitespace", "character"))
        self.ngrams = ngrams
        if isinstance(ngrams, (list, tuple)):
            self._widths = tuple(checks.positive_int("ngrams", width) for width in ngrams)
        else:
            self._widths = (1,) if ngrams is None else tuple(range(1, checks.positive_int("ngrams", ngrams) + 1))
        output_mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
        self.output_mode = checks.one_of("output_mode", output_mode, ("int", "multi_hot", "count", "tf_idf"))
        self.output_sequence_length = output_sequence_length
        if output_sequence_length is not None:
            checks.positive_int("output_sequence_length", output_sequence_length)
            if self.output_mode != "int":
                raise ValueError(
                    "`output_sequence_length` is for output_mode='int' only. "
                    f"Received: output_sequence_length={output_sequence_length}, output_mode={output_mode!r}."
                )
        self.pad_to_max_tokens = bool(pad_to_max_tokens)
        if self.pad_to_max_tokens and max_tokens is None:
            raise ValueError("`max_tokens` must be given for pad_to_max_tokens=True. Received: max_tokens=None.")
        if sparse or ragged:
            raise ValueError(f"`sparse` and `ragged` must be False. Received: sparse={sparse}, ragged={ragged}.")
        self.encoding = encoding
        self._specials = [MASK, UNKNOWN] if self.output_mode == "int" else [UNKNOWN]
        self._words, self._numbers, self._factors = None, {}, None
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise ValueError("`idf_weights` need a `vocabulary`. Received: vocabulary=None.")

    # ----------------------------------------------------------------------------------------------------- vocabulary

    def adapt(self, data, batch_size=None, steps=None):
        """Find the vocabulary in texts: their words, the most frequent first; of equally frequent ones the last in
        alphabetical order first.

        Args:
            data: array or list of texts, or an iterable of such batches, a dataset say.
            batch_size: accepted for Keras's sake.
            steps: batches to look at; None: all.
        """
        self.reset_state()
        if isinstance(data, (str, bytes, list, tuple, np.ndarray)):
            data = [data]
        for number, batch in enumerate(data):
            if number == steps:
                break
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self):
        """Forget the words counted so far; the vocabulary stays."""
        self._counts, self._texts_with, self._texts = Counter(), Counter(), 0

    def update_state(self, data):
        """Count the words of a batch of texts."""
        for words in self._split_up(_texts(data, self.encoding).reshape(-1)):
            self._texts += 1
            self._counts.update(words)
            self._texts_with.update(set(words))

    def finalize_state(self):
        """Make the vocabulary of the words counted so far."""
        for special in (MASK, UNKNOWN):
            del self._counts[special]
        ranked = sorted(self._counts, key=lambda word: (self._counts[word], word), reverse=True)
        ranked = ranked[: None if self.max_tokens is None else self.max_tokens - len(self._specials)]
        factors = None
        if self.output_mode == "tf_idf":
            factors = [math.log(1 + self._texts / (1 + self._texts_with[word])) for word in ranked]
        self.set_vocabulary(ranked, factors)

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Use these words.

        Args:
            vocabulary, idf_weights: as the constructor's.

        Raises:
            ValueError: a word comes twice, there are too many, or factors are missing or not as many.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            with open(vocabulary, encoding=self.encoding) as file:
                vocabulary = file.read().splitlines()
        words = [str(word) for word in vocabulary]
        words = words[len(self._specials) :] if words[: len(self._specials)] == self._specials else words
        twice = [word for word, count in Counter([*self._specials, *words]).items() if count > 1]
        if twice:
            raise ValueError(f"`vocabulary` must hold each word once. Received twice: {checks.short(twice)}.")
        if self.max_tokens is not None and len(words) + len(self._specials) > self.max_tokens:
            raise ValueError(
                f"`vocabulary` must have at most the max_tokens={self.max_tokens} words, with {self._specials}. "
                f"Received: {len(words) + len(self._specials)}."
            )
        if (idf_weights is not None) != (self.output_mode == "tf_idf") or len(
            words if idf_weights is None else idf_weights
        ) != len(words):
            raise ValueError(
                "`idf_weights` must have a factor for each word with output_mode='tf_idf', and be None otherwise. "
                f"Received: {checks.short(idf_weights)} for {len(words)} words, output_mode={self.output_mode!r}."
            )
        if idf_weights is not None:  # the unknown word is as telling as the mean of the others
            known = np.asarray(idf_weights, np.float32)
            self._factors = np.concatenate([[known.mean() if len(known) else 0], known]).astype(np.float32)
        self._words = words
        self._numbers = {word: number for number, word in enumerate([*self._specials, *words])}

    def get_vocabulary(self, include_special_tokens=True):
        """List of words, by their numbers; without the empty and the unknown one if these are not included."""
        return [*(self._specials if include_special_tokens else []), *(self._words or [])]

    def vocabulary_size(self):
        """How many words there are, with the empty and the unknown one."""
        return len(self._specials) + len(self._words or [])

    # ----------------------------------------------------------------------------------------------------------- call

    def __call__(self, inputs, **kwargs):
        if any(isinstance(leaf, SymbolicTensor) for leaf in flatten(inputs)):
            raise ValueError(
                f"Layer {self.name!r} (TextVectorization) cannot be part of a model: models compute with numbers. Call it on the "
                "texts first, `model.fit(vectorize(texts), y)` or `dataset.map(...)`. Received: a symbolic input."
            )
        return self.call(inputs)

    def call(self, inputs):
        if self._words is None:
            raise ValueError(
                f"Layer {self.name!r} (TextVectorization) has no vocabulary: call `adapt(texts)`, or pass `vocabulary`. "
                "Received: a call before."
            )
        texts = _texts(inputs, self.encoding)
        if self.split is not None and texts.ndim > 1:
            if texts.shape[-1] != 1:
                raise ValueError(f"Texts to split must have the shape (n,) or (n, 1). Received: shape {texts.shape}.")
            texts = texts[..., 0]
        unknown = self._numbers[UNKNOWN]
        words = self._split_up(texts.reshape(-1))
        rows = [
            [self._numbers.get(word, unknown) for word in found if word or self.output_mode == "int"] for found in words
        ]
        if self.output_mode == "int":
            return self._padded(rows, texts.shape)
        columns = self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()
        counts = np.zeros((len(rows), columns), np.int64)
        for counted, numbers in zip(counts, rows):
            np.add.at(counted, numbers, 1)
        counts = counts.reshape(*texts.shape, columns)
        if self.output_mode == "multi_hot":
            return np.minimum(counts, 1)
        if self.output_mode == "tf_idf":
            factors = np.zeros(columns, np.float32)
            factors[: len(self._factors)] = self._factors
            return counts.astype(np.float32) * factors
        return counts

    def _padded(self, rows, shape):
        if self.split is None and self._widths == (1,) and self.output_sequence_length is None:
            return np.array(rows, np.int64).reshape(shape)
        length = self.output_sequence_length
        length = max(map(len, rows), default=0) if length is None else length
        numbers = np.zeros((len(rows), length), np.int64)
        for row, found in zip(numbers, rows):
            row[: len(found)] = found[:length]
        return numbers.reshape(*shape, length)

    def _split_up(self, texts):
        """The words of each text, with what is made of neighbours."""
        if callable(self.standardize):
            texts = np.asarray(self.standardize(texts.astype(str)), object)
        elif self.standardize is not None:
            if self.standardize != "strip_punctuation":
                texts = [text.lower() for text in texts]
            if self.standardize != "lower":
                texts = [text.translate(_PUNCTUATION) for text in texts]
        if callable(self.split):
            split = self.split(np.asarray(texts, object))
        else:
            divide = {"whitespace": str.split, "character": list, None: lambda text: [text]}[self.split]
            split = map(divide, texts)
        if self._widths == (1,):
            return list(split)
        return [[" ".join(words[k : k + width]) for width in self._widths for k in range(len(words) - width + 1)]
                for words in map(list, split)]  # fmt: skip

    # --------------------------------------------------------------------------------------------------------- config

    def get_config(self):
        factors = self._factors
        return {
            **super().get_config(),
            "name": self.name,
            "max_tokens": self.max_tokens,
            "standardize": _described(self.standardize),
            "split": _described(self.split),
            "ngrams": self.ngrams,
            "output_mode": self.output_mode,
            "output_sequence_length": self.output_sequence_length,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "sparse": False,
            "ragged": False,
            "vocabulary": None if self._words is None else list(self._words),
            "idf_weights": None if factors is None else factors[1:].tolist(),
            "encoding": self.encoding,
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config):
        rules = {name: config[name] for name in ("standardize", "split") if isinstance(config.get(name), dict)}
        ngrams = config.get("ngrams")
        ngrams = tuple(ngrams) if isinstance(ngrams, list) else ngrams
        found = {name: deserialize_keras_object(rule) for name, rule in rules.items()}
        return super().from_config({**config, **found, "ngrams": ngrams})


def _texts(value, encoding):
    """An array of `str` objects."""
    array = np.asarray(value, object)
    if not all(isinstance(text, (str, bytes)) for text in array.flat):
        raise ValueError(f"`inputs` must be texts. Received: {checks.short(value)}.")
    plain = [text.decode(encoding) if isinstance(text, bytes) else str(text) for text in array.flat]
    texts = np.empty(len(plain), object)
    texts[:] = plain
    return texts.reshape(array.shape)


def _rule(name, value, choices):
    return value if value is None or callable(value) else checks.one_of(name, value, choices)


def _described(rule):
    return serialize_keras_object(rule) if callable(rule) else rule
