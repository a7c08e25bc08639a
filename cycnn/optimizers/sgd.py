"""SGD: gradient descent, with momentum."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class SGD(Optimizer):
    """w = w - learning_rate * g; with momentum, v = momentum * v - learning_rate * g and w = w + v.

    Args:
        learning_rate: number.
        momentum: number between 0 and 1.
        nesterov: whether the step looks ahead: w = w + momentum * v - learning_rate * g.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, *args, name="SGD", **kwargs):
        super().__init__(learning_rate, *args, name=name, **kwargs)
        self.momentum = checks.number("momentum", momentum, 0, 1)
        self.nesterov = bool(nesterov)

    @property
    def slots(self):
        return ("momentum",) if self.momentum else ()

    def numbers(self, rate, step):
        return rate, self.momentum

    def update(self, emit, *operands, units):
        if self.momentum:
            emit.whole(kernels.update.momentum, *operands, self.nesterov, units=units)
        else:
            emit.whole(kernels.update.sgd, *operands, units=units)

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
