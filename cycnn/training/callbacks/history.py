"""History: what `fit` returns."""

from cycnn.training.callbacks.callback import Callback


class History(Callback):
    """Remembers the loss and the metrics of every epoch.

    Attributes:
        history: `{name: [value of each epoch]}`.
        epoch: the epochs' numbers, from 0.
    """

    def __init__(self):
        self.history, self.epoch = {}, []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
