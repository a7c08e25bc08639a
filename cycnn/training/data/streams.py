"""Batches that somebody else makes."""

from collections.abc import Mapping, Sequence

import numpy as np

from cycnn.core import checks, random
from cycnn.training.data.batches import Batches
from cycnn.training.data.py_dataset import in_order, indices, length_of


def is_stream(x):
    """Whether `x` gives batches: a dataset, a loader, a generator, a list of (x, y) tuples. Anything else is an array,
    or is refused as one."""
    if isinstance(x, (Mapping, str, bytes)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    if isinstance(x, Sequence):
        return isinstance(x, list) and bool(x) and all(map(_is_batch, x))
    return hasattr(x, "__iter__") or hasattr(x, "__getitem__")


def _is_batch(value):
    return isinstance(value, tuple) and 1 <= len(value) <= 3 and all(map(_is_data, value[:2]))


def _is_data(value):
    return len(getattr(value, "shape", ())) > 0 or isinstance(value, Mapping)


def unpack(batch):
    """(x, y, sample_weight) of a batch: y and weights are None where there are none.

    Raises:
        ValueError: a list or tuple of another length.
    """
    if not isinstance(batch, (list, tuple)):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise ValueError(
            f"a batch must be x, (x,), (x, y) or (x, y, sample_weight). Received: a {type(batch).__name__} of {len(batch)}."
        )
    return (*batch, None, None)[:3]


class StreamBatches(Batches):
    """Batches of an iterable, an iterator or a dataset with numbered batches (`utils.PyDataset`).

    Args:
        source: where batches come from.
        convert: `convert(x, y, sample_weight)` makes `Samples` of a batch.
        steps: see `Batches`.
        shuffle: whether numbered batches come in a random order.
        what: the argument, for errors.
        workers, max_queue_size: threads that make numbered batches, and how many batches ahead; None: as the dataset says.
    """

    capacity = 0  # of the largest batch so far is not known

    def __init__(self, source, convert, steps=None, shuffle=False, what="x", workers=None, max_queue_size=None):
        super().__init__(steps)
        self._source, self._convert, self._what = source, convert, what
        self._numbered = hasattr(source, "__getitem__") and not isinstance(source, list)
        self.repeats = self._numbered or not hasattr(source, "__next__")
        self.known = length_of(source)
        if self.known == 0:
            raise ValueError(f"`{what}` must give at least one batch. Received: {checks.short(source)} of length 0.")
        if steps is None and getattr(source, "cardinality", _nothing)() == -1:  # of ours and of TensorFlow's
            raise ValueError(
                f"`{what}` must have an end, or a number of steps must be given (`steps_per_epoch`, `validation_steps`, "
                f"`steps`). Received: {checks.short(source)}, which repeats for ever."
            )
        self._order = random.generator() if shuffle and self._numbered and self.known else None
        multiprocessing = getattr(source, "use_multiprocessing", False)
        self._workers = getattr(source, "workers", 1) if workers is None else workers
        self._threaded = self._workers > 1 or (multiprocessing and self._workers > 0)
        self._ahead = max_queue_size or getattr(source, "max_queue_size", 10)
        self._rows = np.arange(0, dtype=np.int64)

    def epoch_begins(self):
        getattr(self._source, "on_epoch_begin", _nothing)()

    def epoch_ends(self):
        getattr(self._source, "on_epoch_end", _nothing)()

    def _raw(self):
        if not self._numbered:
            return iter(self._source)
        order = indices(self.known, self._order)
        if self._threaded:
            return in_order(self._source.__getitem__, order, self._workers, self._ahead)
        return map(self._source.__getitem__, order)

    def one_pass(self):
        raw = self._raw()
        try:
            for number, batch in enumerate(raw):
                try:
                    samples = self._convert(*unpack(batch))
                except (ValueError, TypeError) as error:
                    raise type(error)(f"Batch {number} of `{self._what}`: {error}") from error
                yield samples, self._all(len(samples))
        finally:
            getattr(raw, "close", _nothing)() if raw is not self._source else None

    def _all(self, count):
        """The numbers of all rows."""
        if count > len(self._rows):
            self._rows = np.arange(count, dtype=np.int64)
        return self._rows[:count]


def _nothing():
    pass
