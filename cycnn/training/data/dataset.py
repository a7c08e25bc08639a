"""Streams of samples or batches that can be gone through again and again, put together from small steps."""

import itertools
import math
import operator
import os
from collections.abc import Mapping
from contextlib import closing

import numpy as np

from cycnn import config
from cycnn.core import checks, random
from cycnn.core.array import Array
from cycnn.training.data.py_dataset import in_order

AUTOTUNE = -1  # "as many as are good": threads of `map`, elements ahead of `prefetch`
_AHEAD = 2  # elements that `prefetch(AUTOTUNE)` holds
_END = object()


class Dataset:
    """Elements in a row, made while they are asked for: memory holds those in use and a few ahead, never all.

    An element is an array, or a tuple or dictionary of arrays. Each method returns a new dataset and leaves this one as it
    is. A dataset can be gone through as often as wanted, in a new random order each time where there is a `shuffle`;
    elements come in the same order whatever the number of threads. `fit`, `evaluate` and `predict` take datasets of
    batches.

    Threads (of `map` and `prefetch`) start with an iteration and end with it, be it that the iterator is dropped. What
    they raise is raised where the next element is asked for.

    Args:
        make: function without arguments that returns an iterator over the elements, anew at each call.
        length: how many elements there are: an integer, `math.inf`, None where that is not known, or a function that
            returns one of these.

    Example:

    ```python
    data = Dataset.from_tensor_slices((x, y)).shuffle(1000, seed=0)
    data = data.map(augment, num_parallel_calls=2).batch(32).prefetch(2)
    model.fit(data, epochs=10)
    ```
    """

    batch_size = None  # samples of an element, where `batch` was the last step

    def __init__(self, make, length=None):
        self._make = make
        self._length = length if callable(length) else lambda: length

    # ------------------------------------------------------------------------------------------------------ sources

    @classmethod
    def from_tensor_slices(cls, tensors):
        """Rows of arrays: element k is row k of each of them.

        Args:
            tensors: array or list, or tuple or dictionary of such, of the same length. Arrays are not copied.

        Raises:
            ValueError: the lengths differ.
        """
        arrays = _mapped(np.asarray, tensors)
        lengths = {len(array) for array in _leaves(arrays)}
        if len(lengths) != 1:
            raise ValueError(f"`tensors` must be arrays of the same length. Received: lengths {sorted(lengths)}.")
        (length,) = lengths
        return cls(lambda: (_row(arrays, k) for k in range(length)), length)

    @classmethod
    def from_generator(cls, generator, output_types=None, output_shapes=None, output_signature=None, length=None):
        """What a generator yields.

        Args:
            generator: function without arguments that returns an iterator, anew at each call.
            output_types, output_shapes, output_signature: accepted for TensorFlow's sake.
            length: how many elements it yields, where that is known.
        """
        if not callable(generator):
            raise checks.refuse("generator", "a function that returns an iterator", generator)
        return cls(lambda: iter(generator()), length)

    @classmethod
    def zip(cls, *datasets):
        """Tuples of one element of each dataset; as many as the shortest has. A tuple of datasets will do, too."""
        datasets = datasets[0] if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)) else datasets
        return cls(lambda: _zipped(datasets), lambda: _least(*(each._length() for each in datasets)))

    # -------------------------------------------------------------------------------------------------- one by one

    def map(self, map_func, num_parallel_calls=None):
        """`map_func` of each element; of a tuple's parts as several arguments.

        Args:
            map_func: function of an element that returns one.
            num_parallel_calls: threads that call it at once; None: none, it is called when an element is needed;
                `AUTOTUNE`: as many as cycnn may use (`config.set_num_threads`). Elements keep their order, but the calls
                have none: what draws from a common source of random numbers should be called by one thread.
        """
        call = _spread(map_func)
        if num_parallel_calls is None:
            return Dataset(lambda: _mapped_one_by_one(self, call), self._length)
        workers = config.get_num_threads() if num_parallel_calls == AUTOTUNE else num_parallel_calls
        workers = checks.positive_int("num_parallel_calls", workers)
        return Dataset(lambda: _mapped_by_threads(self, call, workers), self._length)

    def filter(self, predicate):
        """The elements of which `predicate` is true; of a tuple's parts as several arguments."""
        keep = _spread(predicate)
        return Dataset(lambda: _kept(self, keep))

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True):
        """The elements in a random order, each drawn from the next `buffer_size` that have not come yet.

        Args:
            buffer_size: positive integer; with the number of elements or more, all orders are equally likely.
            seed: integer, or None: one that follows from `utils.set_random_seed`.
            reshuffle_each_iteration: whether the order differs from one iteration to the next. It follows from the seed
                and the number of the iteration.
        """
        size = checks.positive_int("buffer_size", buffer_size)
        seed = random.make_seed() if seed is None else int(seed)
        passes = itertools.count() if reshuffle_each_iteration else itertools.repeat(0)
        return Dataset(lambda: _shuffled(self, size, random.generator(seed, next(passes))), self._length)

    def take(self, count):
        """The first `count` elements; all of them for -1."""
        count = math.inf if count == -1 else checks.non_negative_int("count", count)
        stop = None if count == math.inf else count
        return Dataset(lambda: _sliced(self, 0, stop), lambda: _least(self._length(), count))

    def skip(self, count):
        """All but the first `count` elements; none for -1."""
        count = math.inf if count == -1 else checks.non_negative_int("count", count)
        if count == math.inf:
            return self.take(0)
        return Dataset(
            lambda: _sliced(self, count, None), lambda: _counted(self._length(), lambda n: max(0, n - count))
        )

    def repeat(self, count=None):
        """The elements `count` times over; without end where it is None or -1."""
        if count is None or count == -1:
            return Dataset(lambda: _repeated(self, itertools.count()), math.inf)
        count = checks.non_negative_int("count", count)
        return Dataset(lambda: _repeated(self, range(count)), lambda: _counted(self._length(), lambda n: n * count))

    def concatenate(self, dataset):
        """The elements of this one, then those of another one."""

        def length():
            first, second = self._length(), dataset._length()
            return None if None in (first, second) else first + second

        return Dataset(lambda: _chained(self, dataset), length)

    # ----------------------------------------------------------------------------------------------------- batches

    def batch(self, batch_size, drop_remainder=False):
        """Elements stacked along a new first axis, `batch_size` at a time.

        Args:
            batch_size: positive integer.
            drop_remainder: whether to leave out the last batch where it would be smaller.
        """
        size = checks.positive_int("batch_size", batch_size)
        batches = (lambda n: n // size) if drop_remainder else (lambda n: -(-n // size))
        batched = Dataset(lambda: _batched(self, size, drop_remainder), lambda: _counted(self._length(), batches))
        batched.batch_size = size
        return batched

    def unbatch(self):
        """The rows of each element: what `batch` has stacked."""
        return Dataset(lambda: _unbatched(self))

    # ------------------------------------------------------------------------------------------------ time and memory

    def cache(self):
        """The elements kept in memory once they have all been made, and not made again."""
        kept = []
        return Dataset(lambda: _cached(self, kept), self._length)

    def prefetch(self, buffer_size=AUTOTUNE):
        """The same elements, made by a thread ahead of their use: `buffer_size` of them may wait."""
        ahead = _AHEAD if buffer_size in (AUTOTUNE, None) else checks.non_negative_int("buffer_size", buffer_size)
        return Dataset(lambda: _ahead(self, ahead), self._length) if ahead else self

    # ------------------------------------------------------------------------------------------------------ elements

    def cardinality(self):
        """How many elements there are; -1: no end, -2: not known before they have been counted."""
        length = self._length()
        return -2 if length is None else -1 if length == math.inf else length

    def __len__(self):
        length = self.cardinality()
        if length < 0:
            raise TypeError(f"The dataset has {'no end' if length == -1 else 'a length that is not known beforehand'}.")
        return length

    def __iter__(self):
        with closing(self._elements()) as elements:
            for element in elements:
                yield _mapped(_with_numpy, element)

    def as_numpy_iterator(self):
        """An iterator over the elements, as plain NumPy arrays."""
        return self._elements()

    def _elements(self):
        elements = self._make()
        return elements if hasattr(elements, "close") else _closable(elements)

    def __repr__(self):
        length = {-1: "no end", -2: "unknown"}.get(self.cardinality(), self.cardinality())
        return f"<Dataset length={length}>"


# ------------------------------------------------------------------------------------------------------------- the steps
# Each is a generator that closes the one before it, so that threads end with an iteration wherever it stops.


def _closable(elements):
    yield from elements


def _mapped_one_by_one(dataset, call):
    with closing(dataset._elements()) as elements:
        yield from map(call, elements)


def _mapped_by_threads(dataset, call, workers):
    with closing(dataset._elements()) as elements, closing(in_order(call, elements, workers, 2 * workers)) as results:
        yield from results


def _kept(dataset, keep):
    with closing(dataset._elements()) as elements:
        yield from filter(keep, elements)


def _shuffled(dataset, size, order):
    with closing(dataset._elements()) as elements:
        buffer = list(itertools.islice(elements, size))
        for element in elements:
            k = order.integers(len(buffer))
            drawn, buffer[k] = buffer[k], element
            yield drawn
        order.shuffle(buffer)
        yield from buffer


def _sliced(dataset, start, stop):
    with closing(dataset._elements()) as elements:
        yield from itertools.islice(elements, start, stop)


def _repeated(dataset, passes):
    for _ in passes:
        empty = True
        with closing(dataset._elements()) as elements:
            for element in elements:
                empty = False
                yield element
        if empty:
            return


def _chained(*datasets):
    for dataset in datasets:
        with closing(dataset._elements()) as elements:
            yield from elements


def _zipped(datasets):
    opened = [dataset._elements() for dataset in datasets]
    try:
        yield from zip(*opened)
    finally:
        for elements in opened:
            elements.close()


def _batched(dataset, size, drop_remainder):
    with closing(dataset._elements()) as elements:
        while batch := list(itertools.islice(elements, size)):
            if len(batch) == size or not drop_remainder:
                yield _stacked(batch)


def _unbatched(dataset):
    with closing(dataset._elements()) as elements:
        for element in elements:
            yield from (_row(element, k) for k in range(len(next(_leaves(element)))))


def _cached(dataset, kept):
    if not kept:
        made = []
        with closing(dataset._elements()) as elements:
            for element in elements:
                made.append(element)
                yield element
        kept[:] = made
    else:
        yield from kept


def _ahead(dataset, count):
    with closing(dataset._elements()) as elements:
        calls = in_order(lambda _: next(elements, _END), itertools.repeat(None), 1, count)
        with closing(calls):  # before `elements`: no thread is inside it then
            yield from itertools.takewhile(lambda element: element is not _END, calls)


# ----------------------------------------------------------------------------------------------------------- structures


def _mapped(function, element):
    """`function` of each array of an element, in the element's structure."""
    if isinstance(element, tuple):
        return tuple(_mapped(function, part) for part in element)
    if isinstance(element, Mapping):
        return {name: _mapped(function, part) for name, part in element.items()}
    return function(element)


def _leaves(element):
    """The arrays of an element."""
    if isinstance(element, (tuple, Mapping)):
        for part in element.values() if isinstance(element, Mapping) else element:
            yield from _leaves(part)
    else:
        yield element


def _row(element, k):
    """Row k of each array of an element."""
    return _mapped(operator.itemgetter(k), element)


def _stacked(elements):
    """Elements of the same structure as one, along a new first axis."""
    first = elements[0]
    if isinstance(first, tuple):
        return tuple(map(_stacked, zip(*elements, strict=True)))
    if isinstance(first, Mapping):
        return {name: _stacked([element[name] for element in elements]) for name in first}
    if isinstance(first, (str, bytes, os.PathLike)):  # texts of any length: NumPy would pad all to the longest
        return np.array(elements, object)
    return np.stack(elements)


def _with_numpy(value):
    return value.view(Array) if isinstance(value, np.ndarray) else value


def _spread(function):
    """`function` of an element, of which it gets the parts where that is a tuple."""
    return lambda element: function(*element) if isinstance(element, tuple) else function(element)


# -------------------------------------------------------------------------------------------------------------- lengths


def _least(*lengths):
    return None if None in lengths else min(lengths)


def _counted(length, function):
    return length if length is None or length == math.inf else function(length)
