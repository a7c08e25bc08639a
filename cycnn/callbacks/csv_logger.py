"""CSVLogger: a table of the epochs."""

import csv
import os
from collections.abc import Iterable

import numpy as np

from cycnn.callbacks.callback import Callback


class CSVLogger(Callback):
    """Writes a line for every epoch to a CSV file: its number, and the loss and the metrics in the order of their names.

    The first epoch says which columns there are. Without a validation in it, there are columns for one all the same
    (`validation_freq` may bring one later); they hold `NA` until then.

    Args:
        filename: path of the file.
        separator: string between two values.
        append: whether to go on in a file that is there, or to write it anew.

    Example:

    ```python
    model.fit(x, y, epochs=10, callbacks=[cycnn.callbacks.CSVLogger("training.csv")])
    ```
    """

    def __init__(self, filename, separator=",", append=False):
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys = None

    def on_train_begin(self, logs=None):
        self.keys = None
        with open(self.filename, "a" if self.append else "w", encoding="utf-8"):
            pass  # what cannot be written is refused before the first epoch

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        # Opened for each line: an interrupted training leaves no file open, and its lines can be read meanwhile.
        with open(self.filename, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if self.keys is None:
                self.keys = sorted(logs)
                if not any(key.startswith("val_") for key in self.keys):
                    self.keys += [f"val_{key}" for key in self.keys]
                if file.tell() == 0:
                    writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])


def _cell(value):
    """A value as one cell: whatever has several values in brackets."""
    if isinstance(value, str) or not isinstance(value, Iterable) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'
