"""Adam: a step for each weight of its own size."""

import math

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Adam(Optimizer):
    """Averages of gradients, divided by the root of averages of their squares, both corrected for their beginning at 0.

    Args:
        learning_rate: number, schedule or function.
        beta_1, beta_2: decay of the averages.
        epsilon: added to the root.
        amsgrad: whether the largest average of squares so far is used (Reddi et al., 2018).
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015; the form just before section 2.1.
    """

    rule = "adam"

    def __init__(
        self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, *args, **kwargs
    ):  # fmt: skip
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_high=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1, open_high=True)
        self.epsilon = small(epsilon)
        self.amsgrad = bool(amsgrad)

    @property
    def slots(self):
        return ("momentum", "velocity"), ("velocity_hat" if self.amsgrad else None,)

    def numbers(self, rate, step):
        corrected = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        return corrected, 1 - self.beta_1, 1 - self.beta_2, self.epsilon

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }
