"""Lamb: Adam's direction, with a step in proportion to each weight's own norm."""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Lamb(Optimizer):
    """w = w - learning_rate * |w| / |u| * u with u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon), m and v the
    averages of `Adam`, and |.| the norm of a whole weight; a norm of 0 leaves the factor at 1.

    Args:
        learning_rate: number, schedule or function.
        beta_1, beta_2: decay of the averages.
        epsilon: added to the root.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, ICLR 2020, algorithm 2.
    """

    slots = (("momentum", "velocity"),)

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_high=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1, open_high=True)
        self.epsilon = small(epsilon)

    def update_step(self, gradient, variable, learning_rate):
        step, (m, v) = int(self.iterations) + 1, self._slots_of(variable)
        self.assign_add(m, (gradient - m.value) * (1 - self.beta_1))
        self.assign_add(v, (np.square(gradient) - v.value) * (1 - self.beta_2))
        root = np.sqrt(v.value / (1 - self.beta_2**step)) + self.epsilon
        update = m.value / (1 - self.beta_1**step) / root
        of_weight, of_update = norm(variable.value), norm(update)
        trust = of_weight / of_update if of_weight > 0 and of_update > 0 else 1.0
        self.assign_sub(variable, trust * float(learning_rate) * update)

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


def norm(x):
    """The root of the sum of squares, as a number."""
    return float(np.sqrt(np.sum(np.square(x), dtype=np.float64)))
