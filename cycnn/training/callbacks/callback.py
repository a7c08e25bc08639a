"""The base of callbacks, and a list of them that acts as one."""

_HOOKS = (
    "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end",
    "on_predict_begin", "on_predict_end", "on_predict_batch_begin", "on_predict_batch_end",
)  # fmt: skip


class Callback:
    """Base of callbacks: override the hooks you need. `model` and `params` are set before the first of them.

    `logs` is a dictionary of the loss and the metrics so far.
    """

    model = None
    params = None

    def set_params(self, params):
        self.params = params

    def set_model(self, model):
        self.model = model

    def on_train_begin(self, logs=None):
        """`fit` begins."""

    def on_train_end(self, logs=None):
        """`fit` is done."""

    def on_epoch_begin(self, epoch, logs=None):
        """An epoch begins; they count from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """An epoch is done, its validation too."""

    def on_train_batch_begin(self, batch, logs=None):
        """A step of training begins."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """A step of training is done."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch, logs=None):
        """As `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """As `on_train_batch_end`."""

    def on_test_begin(self, logs=None):
        """`evaluate`, or a validation, begins."""

    def on_test_end(self, logs=None):
        """`evaluate`, or a validation, is done."""

    def on_test_batch_begin(self, batch, logs=None):
        """A batch of an evaluation begins."""

    def on_test_batch_end(self, batch, logs=None):
        """A batch of an evaluation is done."""

    def on_predict_begin(self, logs=None):
        """`predict` begins."""

    def on_predict_end(self, logs=None):
        """`predict` is done."""

    def on_predict_batch_begin(self, batch, logs=None):
        """A batch of predictions begins."""

    def on_predict_batch_end(self, batch, logs=None):
        """A batch of predictions is done."""


class CallbackList:
    """Several callbacks as one. Hooks that nobody overrides cost nothing.

    Args:
        callbacks: a callback, a list of them, or None.
        model, params: given to all of them.
    """

    def __init__(self, callbacks=None, model=None, params=None, **kwargs):
        callbacks = (
            [] if callbacks is None else list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
        )
        self.callbacks = callbacks
        self.params = params or {}
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ValueError(f"`callbacks` must be `Callback` objects. Received: {callback!r}.")
            callback.set_params(self.params)
            callback.set_model(model)
        self.watches_batches = False  # whether anybody reads the logs of single batches
        for hook in _HOOKS:
            setattr(self, hook, self._joined(hook))

    def _joined(self, hook):
        # A batch hook may be overridden by its old name as well.
        names = {hook, hook.replace("train_batch", "batch")}
        active = [
            getattr(c, hook)
            for c in self.callbacks
            if any(getattr(type(c), n) is not getattr(Callback, n) for n in names)
        ]
        self.watches_batches |= bool(active) and hook.endswith("batch_end")

        def call(*args, **kwargs):
            for function in active:
                function(*args, **kwargs)

        return call
