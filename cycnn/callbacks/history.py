"""History: what `fit` returns."""

from cycnn.callbacks.callback import Callback


class History(Callback):
    """Remembers the loss and the metrics of every epoch. `fit` adds one itself and returns it.

    Attributes:
        history: `{name: [value of each epoch]}`. Given to a second `fit`, it goes on.
        epoch: numbers of the epochs of the last `fit`, from 0.
    """

    def __init__(self):
        self.history = {}
        self.epoch = []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
