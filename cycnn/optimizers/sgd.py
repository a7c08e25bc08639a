"""SGD: gradient descent, with momentum."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class SGD(Optimizer):
    """w = w - learning_rate * g; with momentum, v = momentum * v - learning_rate * g and w = w + v.

    Args:
        learning_rate: number, schedule or function.
        momentum: number between 0 and 1.
        nesterov: whether the step looks ahead: w = w + momentum * v - learning_rate * g.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.momentum = checks.number("momentum", momentum, 0, 1)
        self.nesterov = bool(nesterov)

    @property
    def rule(self):
        if not self.momentum:
            return "sgd"
        return "nesterov" if self.nesterov else "momentum"

    @property
    def slots(self):
        return (("momentum",),) if self.momentum else ()

    def numbers(self, rate, step):
        return rate, self.momentum

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
