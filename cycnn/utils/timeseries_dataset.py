"""Windows that slide along a series of measurements."""

import itertools

import numpy as np

from cycnn.core import checks, random
from cycnn.training.data.dataset import Dataset


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
    format="tf",  # noqa: A002  Keras's name
):
    """Batches of windows of an array, each with its target.

    Window k begins at step k `sequence_stride` and holds every `sampling_rate`-th step from there on; its target is the one
    of its first step. Windows are cut out batch by batch: `data` is not copied.

    Args:
        data: Array (steps, ...).
        targets: Array: `targets[i]` belongs to the window that begins at step i (so, to predict the step behind a window of
            length n, `data[n:]`); `None`: windows alone.
        sequence_length: Positive integer: steps of a window.
        sequence_stride: Positive integer: steps from one window to the next.
        sampling_rate: Positive integer: steps from one of a window to the next one.
        batch_size: Windows of a batch; `None`: no batches, single windows.
        shuffle: Whether they come in a random order, a new one in each pass.
        seed: Integer, of the order; `None`: one that follows from `utils.set_random_seed`.
        start_index: The first step that is used; `None`: 0.
        end_index: The first step that is not used any more; `None`: there is none.
        format: Accepted for Keras's sake, `"tf"` or `"grain"`: the dataset is cycnn's in any case.

    Returns:
        A `utils.Dataset` of batches (windows, targets), or of windows: (n, sequence_length, ...), (n, ...).

    Raises:
        ValueError: If an argument is wrong.

    Example:

    ```python
    past, next_value = series[:-30], series[30:]
    data = cycnn.utils.timeseries_dataset_from_array(past, next_value, sequence_length=30, batch_size=32, shuffle=True)
    ```
    """
    checks.one_of("format", format, ("tf", "grain"))
    data = np.asarray(data)
    steps = len(data)
    length = checks.positive_int("sequence_length", sequence_length)
    stride, rate = _below("sequence_stride", sequence_stride, steps), _below("sampling_rate", sampling_rate, steps)
    first = 0 if start_index is None else checks.non_negative_int("start_index", start_index)
    last = steps if end_index is None else checks.positive_int("end_index", end_index)
    if not first < last <= steps:
        raise ValueError(
            f"`start_index` must be below `end_index`, and both within the {steps} steps of `data`. "
            f"Received: start_index={start_index}, end_index={end_index}."
        )
    data = data[first:last]
    windows = len(data) - (length - 1) * rate
    if targets is not None:
        targets = np.asarray(targets)[first:last]
        windows = min(windows, len(targets))
    if windows < 1:
        raise ValueError(
            f"There must be at least one window of {(length - 1) * rate + 1} steps, with its target. "
            f"Received: {len(data)} steps{'' if targets is None else f', {len(targets)} targets'}."
        )
    begins, within = np.arange(0, windows, stride), np.arange(length) * rate
    size = 1 if batch_size is None else checks.positive_int("batch_size", batch_size)
    seed = random.make_seed() if seed is None else seed
    passes = itertools.count()

    def batches():
        order = random.generator(seed, next(passes)).permutation(begins) if shuffle else begins
        for k in range(0, len(order), size):
            rows = order[k : k + size]
            x = data[rows[:, None] + within]
            yield x if targets is None else (x, targets[rows])

    dataset = Dataset(batches, -(-len(begins) // size))
    return Dataset(dataset.unbatch().as_numpy_iterator, len(begins)) if batch_size is None else dataset


def _below(name, value, steps):
    value = checks.positive_int(name, value)
    if value >= steps:
        raise checks.refuse(name, f"below the {steps} steps of `data`", value)
    return value
