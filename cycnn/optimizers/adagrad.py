"""Adagrad: steps that shrink for weights that have moved much."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.initializers import Constant
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Adagrad(Optimizer):
    """a = a + g², w = w - learning_rate * g / sqrt(a + epsilon).

    Args:
        learning_rate: number, schedule or function; the paper's is higher than this default.
        initial_accumulator_value: where a begins.
        epsilon: added under the root.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning, JMLR 12, 2011.
    """

    rule = "adagrad"
    slots = (("accumulator",),)

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.initial_accumulator_value = checks.number("initial_accumulator_value", initial_accumulator_value, 0)
        self.epsilon = small(epsilon)

    def initial_value(self, slot):
        return Constant(self.initial_accumulator_value)

    def numbers(self, rate, step):
        return rate, self.epsilon

    def get_config(self):
        start = self.initial_accumulator_value
        return {**super().get_config(), "initial_accumulator_value": start, "epsilon": self.epsilon}
