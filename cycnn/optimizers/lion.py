"""Lion: the sign of an averaged gradient."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class Lion(Optimizer):
    """w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) g), then m = beta_2 * m + (1 - beta_2) g.

    Args:
        learning_rate: number, schedule or function; about a tenth of Adam's.
        beta_1: number above 0 and at most 1.
        beta_2: decay of the average.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, program 1.
    """

    rule = "lion"
    slots = (("momentum",),)

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_low=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1)

    def numbers(self, rate, step):
        return rate, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
