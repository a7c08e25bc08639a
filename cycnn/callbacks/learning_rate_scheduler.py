"""LearningRateScheduler: a learning rate for each epoch."""

import inspect

import numpy as np

from cycnn.callbacks.callback import Callback
from cycnn.core import checks


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of every epoch.

    The logs get the epoch's `"learning_rate"`.

    Args:
        schedule: function of the epoch (integer from 0) and the present learning rate, or of the epoch alone, that
            returns a learning rate (float).
        verbose: 1 prints each rate.

    Raises:
        ValueError: `schedule` is no function; or, when an epoch begins, returned no float.

    Example:

    ```python
    halved = cycnn.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch % 10 == 9 else rate)
    model.fit(x, y, epochs=50, callbacks=[halved])
    ```
    """

    def __init__(self, schedule, verbose=0):
        if not callable(schedule):
            raise ValueError(f"`schedule` must be a function. Received: schedule={checks.short(schedule)}.")
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = self.schedule(*(epoch, float(optimizer.learning_rate))[: _arguments(self.schedule)])
        if not (isinstance(rate, (float, np.floating)) or (isinstance(rate, np.ndarray) and rate.ndim == 0)):
            raise ValueError(
                f"`schedule` must return the learning rate, a float. Received: {checks.short(rate)} for epoch {epoch}."
            )
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            print(f"Epoch {epoch + 1}: the learning rate is set to {float(rate):g}.")

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _arguments(schedule):
    """How many of (epoch, learning rate) a function takes."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return 1
    except ValueError:  # compiled, and says nothing about itself
        return 2
    return 2
