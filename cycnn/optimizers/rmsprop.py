"""RMSprop: gradients divided by a running root of their mean square."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class RMSprop(Optimizer):
    """a = rho * a + (1 - rho) * g², w = w - learning_rate * g / sqrt(a + epsilon).

    Args:
        learning_rate: number, schedule or function.
        rho: decay of the average of squares.
        momentum: number between 0 and 1.
        epsilon: added under the root.
        centered: whether the variance takes the place of the mean square.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning, 2012; centered: Graves, 2013.
    """

    rule = "rmsprop"

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.rho = checks.number("rho", rho, 0, 1)
        self.momentum = checks.number("momentum", momentum, 0, 1)
        self.epsilon = small(epsilon)
        self.centered = bool(centered)

    @property
    def slots(self):
        moving, centered = "momentum" if self.momentum else None, "average_gradient" if self.centered else None
        return ("velocity",), (moving,), (centered,)

    def numbers(self, rate, step):
        return rate, self.rho, 1 - self.rho, self.epsilon, self.momentum

    def get_config(self):
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
