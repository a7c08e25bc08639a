"""Sequences, under the names that programs for Keras use."""

import numpy as np

from cycnn.core import checks
from cycnn.training.data.py_dataset import PyDataset
from cycnn.utils.sequence_utils import pad_sequences

__all__ = ["TimeseriesGenerator", "pad_sequences"]


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target of the step behind it: of programs for Keras 2.
    `utils.timeseries_dataset_from_array` does the same for new ones.

    Args:
        data: Array (steps, ...).
        targets: Array (steps, ...).
        length: Positive integer: steps that a window looks back.
        sampling_rate: Every how many of these steps are taken.
        stride: Steps from one window to the next.
        start_index, end_index: The first and the last step that is used; `None`: the last one there is.
        shuffle: Whether windows are drawn at random.
        reverse: Whether the steps of a window come in reverse order.
        batch_size: Windows of a batch.
        **kwargs: Of `utils.PyDataset`.

    Raises:
        ValueError: If lengths differ, or there is no window.
    """

    def __init__(
        self,
        data,
        targets,
        length,
        sampling_rate=1,
        stride=1,
        start_index=0,
        end_index=None,
        shuffle=False,
        reverse=False,
        batch_size=128,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if len(data) != len(targets):
            raise ValueError(
                f"`data` and `targets` must have the same length. Received: lengths {len(data)} and {len(targets)}."
            )
        self.data, self.targets = np.asarray(data), np.asarray(targets)
        self.length = checks.positive_int("length", length)
        self.sampling_rate = checks.positive_int("sampling_rate", sampling_rate)
        self.stride, self.batch_size = (
            checks.positive_int("stride", stride),
            checks.positive_int("batch_size", batch_size),
        )
        self.start_index = start_index + length  # of the first target
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"There must be at least one window of {length} steps and the step behind it. Received: "
                f"start_index={start_index}, end_index={self.end_index}."
            )

    def __len__(self):
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index):
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, self.batch_size)  # noqa: NPY002
        else:
            step = self.batch_size * self.stride
            first = self.start_index + step * index
            rows = np.arange(first, min(first + step, self.end_index + 1), self.stride)
        windows = self.data[rows[:, None] + np.arange(-self.length, 0, self.sampling_rate)]
        return windows[:, ::-1] if self.reverse else windows, self.targets[rows]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.preprocessing.sequence`", name, __all__))


def __dir__():
    return __all__
