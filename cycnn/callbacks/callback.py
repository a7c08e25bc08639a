"""The base of callbacks."""


class Callback:
    """Base of callbacks: override the hooks you need.

    A run of `fit` calls

        on_train_begin
          on_epoch_begin
            on_train_batch_begin, on_train_batch_end          of every batch
            on_test_begin … on_test_end                       around a validation, with its on_test_batch_…
          on_epoch_end
        on_train_end

    `evaluate` calls the `on_test_…` hooks, `predict` the `on_predict_…` hooks. Epochs and batches count from 0, batches
    anew in every epoch. Inside a hook, everything that a model offers may be used: `predict`, `evaluate`, `get_weights`,
    `set_weights`, and `model.stop_training = True` ends the training after this batch.

    Attributes:
        model: the model at work, set before the first hook.
        params: dictionary of the run: `"verbose"`, `"epochs"`, and `"steps"`, the batches of an epoch.

    Example:

    ```python
    class Patience(cycnn.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if logs["loss"] < 0.01:
                self.model.stop_training = True

    model.fit(x, y, epochs=50, callbacks=[Patience()])
    ```
    """

    # Not set in a constructor: a subclass whose own one does not call it works, too.
    model = None
    params = None

    def set_params(self, params):
        """Take the dictionary of the run; called before `on_…_begin`."""
        self.params = params

    def set_model(self, model):
        """Take the model; called before `on_…_begin`."""
        self.model = model

    def on_train_begin(self, logs=None):
        """`fit` begins. `logs` is empty."""

    def on_train_end(self, logs=None):
        """`fit` is done. `logs` holds what the last `on_epoch_end` was given."""

    def on_epoch_begin(self, epoch, logs=None):
        """An epoch begins. `logs` is empty."""

    def on_epoch_end(self, epoch, logs=None):
        """An epoch is done, its validation too.

        Args:
            epoch: integer from 0.
            logs: `{name: float}` of the loss and the metrics of the epoch, those of the validation named `val_…`.
        """

    def on_train_batch_begin(self, batch, logs=None):
        """A step of training begins. `logs` is empty."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """A step of training is done.

        Args:
            batch: integer from 0, in this epoch.
            logs: `{name: float}` of the loss and the metrics of the epoch so far.
        """
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch, logs=None):
        """The older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """The older name of `on_train_batch_end`."""

    def on_test_begin(self, logs=None):
        """`evaluate`, or a validation, begins. `logs` is empty."""

    def on_test_end(self, logs=None):
        """`evaluate`, or a validation, is done. `logs` holds the loss and the metrics, without `val_`."""

    def on_test_batch_begin(self, batch, logs=None):
        """A batch of an evaluation begins. `logs` is empty."""

    def on_test_batch_end(self, batch, logs=None):
        """A batch of an evaluation is done. `logs` holds the loss and the metrics so far."""

    def on_predict_begin(self, logs=None):
        """`predict` begins. `logs` is empty."""

    def on_predict_end(self, logs=None):
        """`predict` is done. `logs` is empty."""

    def on_predict_batch_begin(self, batch, logs=None):
        """A batch of predictions begins. `logs` is empty."""

    def on_predict_batch_end(self, batch, logs=None):
        """A batch of predictions is done. `logs["outputs"]` holds them."""
