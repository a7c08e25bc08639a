"""EarlyStopping: end a training that no longer improves."""

import warnings

from cycnn.callbacks.base_monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops training when a number has stopped improving.

    Args:
        monitor: name of the number in the logs.
        min_delta: by how much a number must be better to count as an improvement.
        patience: epochs without improvement after which training stops.
        verbose: 1 prints when it stops.
        mode: `"auto"`, `"min"` or `"max"`.
        baseline: a number that an epoch must beat, too, for the count of epochs without improvement to begin anew.
        restore_best_weights: whether the model ends with the weights of its best epoch (whether or not that one beat the
            baseline) instead of the last.
        start_from_epoch: epochs to let pass before watching.

    Example:

    ```python
    stop = cycnn.callbacks.EarlyStopping("val_accuracy", patience=3, restore_best_weights=True)
    model.fit(x, y, validation_split=0.2, epochs=100, callbacks=[stop])
    ```
    """

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False, start_from_epoch=0):  # fmt: skip
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self):
        self.wait = 0  # epochs since the last improvement
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0

    def on_train_begin(self, logs=None):
        self._reset()

    def on_epoch_end(self, epoch, logs=None):
        self._set_monitor_op()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        if self.verbose > 0 and self.stopped_epoch > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                print(f"Weights of the best epoch, {self.best_epoch + 1}, are restored.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs):
        """The number that is watched; `None`, with a warning, where the logs lack it."""
        logs = logs or {}
        if logs.get(self.monitor) is None:
            warnings.warn(
                f"EarlyStopping watches {self.monitor!r}, which the logs lack; they hold: {', '.join(logs)}.",
                stacklevel=2,
            )
        return logs.get(self.monitor)
