"""TerminateOnNaN: end a training that has come apart."""

import math

from cycnn.callbacks.callback import Callback


class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    Args:
        raise_error: whether to raise instead of setting `model.stop_training`. The `on_train_end` hooks are not called
            then: a `BackupAndRestore` keeps its files.

    Raises:
        RuntimeError: In `fit`, if `raise_error` is True and the loss is NaN or infinite.
    """

    def __init__(self, raise_error=False):
        self.raise_error = raise_error

    def on_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"Training is ended: the loss of batch {batch} is {loss}.")
        print(f"\nBatch {batch}: training is ended, as the loss is {loss}.")  # below a line of progress
        self.model.stop_training = True
