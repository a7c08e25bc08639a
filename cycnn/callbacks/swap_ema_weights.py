"""SwapEMAWeights: evaluate with the averages of the weights."""

from cycnn.callbacks.callback import Callback


class SwapEMAWeights(Callback):
    """Puts the optimizer's moving averages in the place of the weights while a model is evaluated, or predicts, and the
    weights back afterwards. The optimizer must have `use_ema=True`.

    Args:
        swap_on_epoch: whether the averages stay in place from the end of an epoch to the beginning of the next one, so
            that callbacks after this one (`ModelCheckpoint`) see them.

    Raises:
        ValueError: In `fit`, `evaluate` or `predict`, if the optimizer keeps no averages.

    Reference:
        Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992

    Example:

    ```python
    model.compile(cycnn.optimizers.SGD(use_ema=True), "mse")
    model.fit(x, y, validation_split=0.2, callbacks=[cycnn.callbacks.SwapEMAWeights()])
    ```
    """

    def __init__(self, swap_on_epoch=False):
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False  # whether the model holds the averages

    def _pairs(self):
        """`(weight, average)` of every weight that is trained."""
        optimizer = self.model.optimizer
        if not (optimizer.use_ema and optimizer.built):
            raise ValueError(
                "SwapEMAWeights needs an optimizer that keeps averages (`use_ema=True`) and has begun to train. "
                f"Received: {optimizer.name}, use_ema={optimizer.use_ema}, built={optimizer.built}."
            )
        return zip(optimizer._trainable_variables, optimizer._averages, strict=True)

    def _hold(self, averages):
        """Let the model hold the averages, or the weights."""
        if self._swapped == averages:
            return
        for weight, average in self._pairs():
            values = weight.numpy()
            weight.assign(average.numpy())
            average.assign(values)
        self._swapped = averages

    def on_epoch_begin(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._hold(False)

    def on_epoch_end(self, epoch, logs=None):
        if not self.swap_on_epoch:
            return
        self._hold(True)
        if epoch == self.params["epochs"] - 1:
            # At the end of `fit` the optimizer gives the model its averages: they must not be the weights then.
            for weight, average in self._pairs():
                average.assign(weight.numpy())

    def on_test_begin(self, logs=None):
        self._hold(True)

    def on_test_end(self, logs=None):
        self._hold(False)

    def on_predict_begin(self, logs=None):
        self._hold(True)

    def on_predict_end(self, logs=None):
        self._hold(False)
