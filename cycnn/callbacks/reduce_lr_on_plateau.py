"""ReduceLROnPlateau: learn more slowly when nothing improves."""

import warnings

import numpy as np

from cycnn.callbacks.base_monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a number has stopped improving.

    The logs get the epoch's `"learning_rate"`.

    Args:
        monitor: name of the number in the logs.
        factor: number below 1.
        patience: epochs without improvement after which the rate is reduced.
        verbose: 1 prints each reduction.
        mode: `"auto"`, `"min"` or `"max"`.
        min_delta: by how much a number must be better to count as an improvement.
        cooldown: epochs after a reduction that do not count as being without improvement.
        min_lr: the least learning rate.
        epsilon: the name of `min_delta` in programs for Keras 2.

    Raises:
        ValueError: `factor` is 1 or more.

    Example:

    ```python
    slower = cycnn.callbacks.ReduceLROnPlateau("val_loss", factor=0.2, patience=5, min_lr=1e-4)
    model.fit(x, y, validation_split=0.2, epochs=100, callbacks=[slower])
    ```
    """

    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4, cooldown=0,
                 min_lr=0.0, *, epsilon=None):  # fmt: skip
        super().__init__(monitor, mode, min_delta=min_delta if epsilon is None else epsilon)
        if factor >= 1.0:
            raise ValueError(f"`factor` must be below 1. Received: factor={factor}.")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self._reset()

    def _reset(self):
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0  # epochs since the last improvement

    def on_train_begin(self, logs=None):
        self._reset()

    def on_epoch_end(self, epoch, logs=None):
        self._set_monitor_op()
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"ReduceLROnPlateau watches {self.monitor!r}, which the logs lack; they hold: {', '.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch):
        """Reduce the learning rate; whether there was anything to reduce."""
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        if rate <= np.float32(self.min_lr):  # a float32 rate may lie just above a float64 bound that it has reached
            return False
        optimizer.learning_rate = max(rate * self.factor, self.min_lr)
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: the learning rate is reduced to {float(optimizer.learning_rate):g}.")
        return True

    def in_cooldown(self):
        """Whether the last reduction is at most `cooldown` epochs ago."""
        return self.cooldown_counter > 0
