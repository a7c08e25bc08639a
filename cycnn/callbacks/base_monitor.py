"""What the callbacks share that watch one number: which way is better, and what counts as an improvement."""

import warnings

import numpy as np

from cycnn.callbacks.callback import Callback


class MonitorCallback(Callback):
    """Base of callbacks that watch a number of the logs.

    Args:
        monitor: name of the number: `"loss"`, a metric's name, or `"val_"` and one of these.
        mode: `"min"`: less is better; `"max"`: more is better; `"auto"`: what the name means. An unknown mode warns and
            counts as `"auto"`.
        baseline: the first number to beat; `None` takes the first one that comes.
        min_delta: by how much a number must be better to count as an improvement.

    Raises:
        ValueError: At the end of the first epoch, if `mode` is `"auto"` and `monitor` is neither a loss nor a metric that
            says which way is better.
    """

    def __init__(self, monitor="val_loss", mode="auto", baseline=None, min_delta=0):
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f'`mode` of {type(self).__name__} must be "auto", "min" or "max"; "auto" is used. '
                f"Received: mode={mode!r}.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)  # negative once `monitor_op` is `np.less`
        self.monitor_op = None

    def _set_monitor_op(self):
        """Choose `monitor_op`, once: not before an epoch, as a model's metrics are made with its first batch."""
        if self.monitor_op is not None:
            return
        direction = {"min": "down", "max": "up"}.get(self.mode) or self._inferred_direction()
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} cannot tell whether more or less of {self.monitor!r} is better: pass mode='max' or "
                f"mode='min'. Received: monitor={self.monitor!r}, mode={self.mode!r}."
            )
        self.monitor_op = np.greater if direction == "up" else np.less
        if direction == "down":
            self.min_delta = -self.min_delta

    def _inferred_direction(self):
        """`"up"` or `"down"`, whichever is better for the number that is watched; `None` where nobody knows."""
        name = self.monitor.removeprefix("val_")
        found = "down" if name == "loss" or name.endswith("_loss") else None
        for metric in self.model.metrics:
            if metric.name == name:
                found = getattr(metric, "_direction", None) or found
        return found

    def _is_improvement(self, value, reference):
        """Whether `value` beats `reference` by more than `min_delta`. Anything beats `None`.

        Compared in float32, in which losses and metrics are told apart: digits beyond it are noise.
        """
        if reference is None:
            return True
        self._set_monitor_op()
        with np.errstate(over="ignore"):
            return bool(self.monitor_op(np.float32(value - self.min_delta), np.float32(reference)))
