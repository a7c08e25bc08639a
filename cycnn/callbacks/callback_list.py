"""A list of callbacks that acts as one."""

import numpy as np

from cycnn.callbacks.callback import Callback
from cycnn.callbacks.history import History
from cycnn.callbacks.progbar_logger import ProgbarLogger
from cycnn.core import checks

# Whose logs cost a step something to put together.
_BATCH_ENDS = ("on_train_batch_end", "on_batch_end", "on_test_batch_end", "on_predict_batch_end")


class CallbackList(Callback):
    """Several callbacks as one: each hook calls the callbacks in their order, with logs made of plain floats.

    One dictionary of logs goes from callback to callback. What one of them adds (the learning rate, say), those after
    it see; the `History` comes last.

    Args:
        callbacks: a callback, a (nested) list of them, another `CallbackList`, or None.
        add_history: whether to add a `History` where there is none.
        add_progbar: whether to add a `ProgbarLogger` where there is none.
        model: given to all callbacks.
        **params: given to all callbacks: `epochs`, `steps`, `verbose`.

    Raises:
        ValueError: Something in `callbacks` is no `Callback`.

    Example, in a training loop of your own:

    ```python
    watchers = cycnn.callbacks.CallbackList([cycnn.callbacks.CSVLogger("log.csv")], model=model, epochs=3)
    watchers.on_train_begin()
    for epoch in range(3):
        watchers.on_epoch_begin(epoch)
        logs = model.train_on_batch(x, y, return_dict=True)
        watchers.on_epoch_end(epoch, logs)
    watchers.on_train_end(logs)
    ```
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        self.callbacks = []
        self.params = params
        for callback in _flat(callbacks):
            self.append(callback)
        if add_history and self.history is None:
            self.append(History())
        if add_progbar and not any(isinstance(callback, ProgbarLogger) for callback in self.callbacks):
            self.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)

    @property
    def history(self):
        """The first `History` among the callbacks, or `None`."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    @property
    def watches_batches(self):
        """Whether any callback reads the logs of single batches."""
        return any(_overrides(callback, hook) for callback in self.callbacks for hook in _BATCH_ENDS)

    def append(self, callback):
        """Add a callback, and give it the model and the params."""
        if not isinstance(callback, Callback):
            is_class = isinstance(callback, type) and issubclass(callback, Callback)
            hint = f" Did you mean {callback.__name__}()?" if is_class else ""
            raise ValueError(
                f"`callbacks` must be `Callback` objects, or a list of them.{hint} Received: {checks.short(callback)}."
            )
        self.callbacks.append(callback)
        if self.params:
            callback.set_params(self.params)
        if self.model is not None:
            callback.set_model(self.model)

    def set_params(self, params):
        """Give the params to all callbacks."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model):
        """Give the model to all callbacks, and the history to the model."""
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def _call(self, hook, logs, *position):
        logs = _as_floats(logs)
        for callback in self.callbacks:
            getattr(callback, hook)(*position, logs)

    def on_train_begin(self, logs=None):
        self._call("on_train_begin", logs)

    def on_train_end(self, logs=None):
        self._call("on_train_end", logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._call("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._call("on_epoch_end", logs, epoch)

    def on_train_batch_begin(self, batch, logs=None):
        self._call("on_train_batch_begin", logs, batch)

    def on_train_batch_end(self, batch, logs=None):
        self._call("on_train_batch_end", logs, batch)

    def on_batch_begin(self, batch, logs=None):
        self._call("on_batch_begin", logs, batch)

    def on_batch_end(self, batch, logs=None):
        self._call("on_batch_end", logs, batch)

    def on_test_begin(self, logs=None):
        self._call("on_test_begin", logs)

    def on_test_end(self, logs=None):
        self._call("on_test_end", logs)

    def on_test_batch_begin(self, batch, logs=None):
        self._call("on_test_batch_begin", logs, batch)

    def on_test_batch_end(self, batch, logs=None):
        self._call("on_test_batch_end", logs, batch)

    def on_predict_begin(self, logs=None):
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs=None):
        self._call("on_predict_end", logs)

    def on_predict_batch_begin(self, batch, logs=None):
        self._call("on_predict_batch_begin", logs, batch)

    def on_predict_batch_end(self, batch, logs=None):
        self._call("on_predict_batch_end", logs, batch)


def _flat(callbacks):
    """The callbacks of a list of lists."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, (list, tuple)):
        return [callback for part in callbacks for callback in ([part] if part is None else _flat(part))]
    return [callbacks]


def _overrides(callback, hook):
    return getattr(getattr(callback, hook), "__func__", None) is not getattr(Callback, hook)


def _as_floats(logs):
    """Logs in the order of their names, numbers as floats; whatever is no number stays as it is."""
    return {name: _as_float(value) for name, value in sorted((logs or {}).items())}


def _as_float(value):
    return float(value) if hasattr(value, "__float__") and np.ndim(value) == 0 else value
