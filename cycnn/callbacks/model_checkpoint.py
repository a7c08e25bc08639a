"""ModelCheckpoint: files of a model while it learns."""

import os
import warnings

import numpy as np

from cycnn.callbacks.base_monitor import MonitorCallback
from cycnn.core import checks


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, as training goes on.

    Args:
        filepath: path of the file. It may hold fields in braces, filled from the logs and with `epoch` (from 1) and, for
            an integer `save_freq`, `batch` (from 1): `"{epoch:02d}-{val_loss:.2f}.keras"`. Folders are made. It ends
            in `.keras` or `.h5`, with `save_weights_only` in `.weights.h5`.
        monitor: name of the number in the logs that says which model is the best one.
        verbose: 1 prints what is saved, and why something is not.
        save_best_only: whether to save only what is better than everything before.
        save_weights_only: `save_weights` instead of `save`.
        mode: `"auto"`, `"min"` or `"max"`.
        save_freq: `"epoch"`, or a number of batches, counted on from epoch to epoch. The metrics are those of the epoch
            so far then, and no validation is among them.
        initial_value_threshold: the first number to beat, for `save_best_only`.
        period: save only every so many epochs, in programs for Keras 2.

    Raises:
        ValueError: The ending of `filepath`, `save_freq` or `period` are not as above.
        KeyError: In `fit`, if the logs lack a field of `filepath`.
        IsADirectoryError: In `fit`, if `filepath` is a folder.

    Example:

    ```python
    best = cycnn.callbacks.ModelCheckpoint("best.keras", monitor="val_accuracy", save_best_only=True)
    model.fit(x, y, validation_split=0.2, epochs=20, callbacks=[best])
    model = cycnn.models.load_model("best.keras")
    ```
    """

    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False, mode="auto",
                 save_freq="epoch", initial_value_threshold=None, *, period=1):  # fmt: skip
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = check_save_freq(save_freq)
        self.period = checks.positive_int("period", period)
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            expected = " or ".join(map(repr, endings))
            which = "save_weights_only=True" if save_weights_only else "a whole model"
            raise ValueError(f"`filepath` must end in {expected} for {which}. Received: filepath={self.filepath!r}.")
        self._epoch = 0
        self._batches = self._epochs = 0  # since the last save

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            # The number goes after a line of progress that is not finished yet.
            self._save({"batch": batch + 1, **(logs or {})}, "\n")

    def on_epoch_end(self, epoch, logs=None):
        self._set_monitor_op()
        self._epoch = epoch
        self._epochs += 1
        if self.save_freq == "epoch" and self._epochs >= self.period:
            self._epochs = 0
            self._save(logs or {})

    def _save(self, logs, line=""):
        path, say = self._path(logs), f"{line}Epoch {self._epoch + 1}: "
        if not self._wanted(logs, path, say):
            return
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, logs):
        try:
            return self.filepath.format(**{"epoch": self._epoch + 1, **logs})
        except KeyError as error:
            raise KeyError(
                f"`filepath` has a field that the logs lack: {error}; they hold: {', '.join(logs)}. "
                f"Received: filepath={self.filepath!r}."
            ) from None

    def _wanted(self, logs, path, say):
        """Whether to save now. With `save_best_only`, a better number is remembered."""
        current = logs.get(self.monitor)
        if self.save_best_only and (current is None or np.ndim(current)):
            problem = "the logs lack" if current is None else "is not one number"
            warnings.warn(
                f"ModelCheckpoint saves without comparing: it watches {self.monitor!r}, which {problem}; the logs hold: "
                f"{', '.join(logs)}.",
                stacklevel=2,
            )
            return True
        if not self.save_best_only:
            news, wanted = f"saving to {path}", True
        else:
            before = "nothing" if self.best is None else f"{self.best:.5f}"
            wanted = self._is_improvement(current, self.best)
            if wanted:
                news = f"{self.monitor} improved from {before} to {current:.5f}, saving to {path}"
                self.best = current
            else:
                news = f"{self.monitor} did not improve from {before}"
        if self.verbose > 0:
            print(say + news)
        return wanted


def check_save_freq(value, name="save_freq"):
    """`"epoch"`, or a positive number of batches."""
    if isinstance(value, str) and value == "epoch":
        return value
    if checks.as_integer(value) is None or value < 1:
        raise checks.refuse(name, '"epoch" or a positive number of batches', value)
    return checks.as_integer(value)
