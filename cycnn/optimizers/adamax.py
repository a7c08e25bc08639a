"""Adamax: Adam with the largest gradient in place of the mean square."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Adamax(Optimizer):
    """m = beta_1 * m + (1 - beta_1) g, u = max(beta_2 * u, |g|), w = w - learning_rate / (1 - beta_1^t) * m / (u + epsilon).

    Args:
        learning_rate: number, schedule or function.
        beta_1: decay of the average of gradients.
        beta_2: decay of the largest gradient.
        epsilon: added to the largest gradient.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, section 7.1.
    """

    rule = "adamax"
    slots = (("momentum", "norm"),)

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_high=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1)
        self.epsilon = small(epsilon)

    def numbers(self, rate, step):
        return rate / (1 - self.beta_1**step), 1 - self.beta_1, self.beta_2, self.epsilon

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
