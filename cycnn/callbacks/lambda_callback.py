"""LambdaCallback: functions as hooks."""

from cycnn.callbacks.callback import Callback
from cycnn.core import checks

_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class LambdaCallback(Callback):
    """A callback made of functions. Those for epochs and batches take `(epoch, logs)` or `(batch, logs)`, the others
    `(logs)`.

    Args:
        on_epoch_begin, on_epoch_end, on_train_begin, on_train_end, on_train_batch_begin, on_train_batch_end: functions.
        **kwargs: functions for any other hook of `Callback`: `on_test_end=...`, `on_batch_end=...`.

    Raises:
        ValueError: A name is no hook of `Callback`, or a value no function.

    Example:

    ```python
    model.fit(x, y, callbacks=[cycnn.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))])
    ```
    """

    def __init__(self, on_epoch_begin=None, on_epoch_end=None, on_train_begin=None, on_train_end=None,
                 on_train_batch_begin=None, on_train_batch_end=None, **kwargs):  # fmt: skip
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for hook, function in given.items():
            if hook not in _HOOKS:
                raise ValueError(checks.unknown("hook of a callback", hook, _HOOKS))
            if function is None:
                continue
            if not callable(function):
                raise ValueError(f"`{hook}` must be a function. Received: {hook}={checks.short(function)}.")
            setattr(self, hook, function)
