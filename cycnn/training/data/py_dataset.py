"""Datasets whose batches have numbers, and the threads that make batches before they are needed."""

import itertools
import os
from collections import deque

from cycnn.core import checks


class PyDataset:
    """Base of datasets that make their batches one by one, in Python.

    A subclass writes `__getitem__(index)`, which returns a batch (x, y) or (x, y, sample_weight), and `__len__`, the
    number of batches (or `num_batches`, which may be None: no end).

    Args:
        workers: threads that make batches ahead of the training; 1: none, they are made when they are needed. With
            several, `__getitem__` is called on several threads at once. Batches arrive in their order in any case.
        use_multiprocessing: accepted; the workers are threads (NumPy, Pillow and most readers release the GIL, and a
            process would have to send its batches).
        max_queue_size: batches that may wait to be used.

    Example:

    ```python
    class Photos(cycnn.utils.PyDataset):
        def __init__(self, files, labels, batch_size, **kwargs):
            super().__init__(**kwargs)
            self.files, self.labels, self.batch_size = files, labels, batch_size

        def __len__(self):
            return math.ceil(len(self.files) / self.batch_size)

        def __getitem__(self, index):
            part = slice(index * self.batch_size, (index + 1) * self.batch_size)
            return np.stack([read(file) for file in self.files[part]]), self.labels[part]

    model.fit(Photos(files, labels, 32, workers=4), epochs=10)
    ```
    """

    # Here too, for subclasses whose constructor does not call this one.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers=1, use_multiprocessing=False, max_queue_size=10):
        self.workers = checks.non_negative_int("workers", workers)
        self.use_multiprocessing = bool(use_multiprocessing)
        self.max_queue_size = checks.positive_int("max_queue_size", max_queue_size)

    def __getitem__(self, index):
        """The batch of this number.

        Raises:
            NotImplementedError: a subclass must write it.
        """
        raise NotImplementedError(f"{type(self).__name__} must write `__getitem__(index)`, which returns a batch.")

    @property
    def num_batches(self):
        """How many batches there are; None: no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} must write `__len__()`, or the property `num_batches`.")

    def __iter__(self):
        return map(self.__getitem__, indices(self.num_batches))

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch: the place to shuffle files anew."""


def length_of(source):
    """The number of batches of a source, None where it has no end or does not know."""
    if hasattr(source, "num_batches"):
        return source.num_batches
    try:
        return len(source)
    except TypeError:
        return None


def indices(count, order=None):
    """Numbers of batches: 0, 1, ... without end where `count` is None; in a random order where a generator is given."""
    if count is None:
        return itertools.count()
    return range(count) if order is None else order.permutation(count).tolist()


def in_order(function, items, workers, ahead):
    """`map(function, items)` on `workers` threads, at most `ahead` results before they are asked for."""
    waiting, process = deque(), os.getpid()
    from concurrent.futures import ThreadPoolExecutor  # 5 ms that a prediction need not pay

    with ThreadPoolExecutor(workers, "cycnn-data") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= max(workers, ahead):
                    yield _result(waiting.popleft(), process)
            while waiting:
                yield _result(waiting.popleft(), process)
        finally:
            for future in waiting:
                future.cancel()


def _result(future, process):
    """What a thread made. A process that was forked meanwhile has no such threads and would wait for ever."""
    if os.getpid() != process:
        raise RuntimeError(
            "An iteration whose threads make batches ahead cannot go on in a forked process: begin a new one."
        )
    return future.result()
