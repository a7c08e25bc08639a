"""Ftrl: follow the regularized leader, whose L1 makes weights exactly zero."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.initializers import Constant
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class Ftrl(Optimizer):
    """n' = n + g², z = z + g - (n'^p - n^p) / learning_rate * w, w = (clip(z, -l1, l1) - z) / (n'^p / learning_rate + 2 l2),
    where p = -learning_rate_power.

    Args:
        learning_rate: number above 0, schedule or function.
        learning_rate_power: number of at most 0; 0: the rate stays as it is.
        initial_accumulator_value: where n begins.
        l1_regularization_strength, l2_regularization_strength: l1 and l2.
        l2_shrinkage_regularization_strength: adds twice its product with w to the gradient in z, but not in n.
        beta: added to n^p, as in the paper: l2 grows by beta / (2 learning_rate).
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        McMahan et al., Ad Click Prediction: a View from the Trenches, KDD 2013, algorithm 1.
    """

    rule = "ftrl"
    slots = (("accumulator", "linear"),)

    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        *args,
        **kwargs,
    ):
        super().__init__(learning_rate, *args, **kwargs)
        shrinkage = "l2_shrinkage_regularization_strength"
        self.learning_rate_power = checks.number("learning_rate_power", learning_rate_power, high=0)
        self.initial_accumulator_value = checks.number("initial_accumulator_value", initial_accumulator_value, 0)
        self.l1_regularization_strength = checks.number("l1_regularization_strength", l1_regularization_strength, 0)
        self.l2_regularization_strength = checks.number("l2_regularization_strength", l2_regularization_strength, 0)
        self.l2_shrinkage_regularization_strength = checks.number(shrinkage, l2_shrinkage_regularization_strength, 0)
        self.beta = checks.number("beta", beta)

    def initial_value(self, slot):
        return Constant(self.initial_accumulator_value) if slot == "accumulator" else "zeros"

    def numbers(self, rate, step):
        l2 = 2 * self.l2_regularization_strength + (self.beta and self.beta / rate)
        shrink = 2 * self.l2_shrinkage_regularization_strength
        return rate, -self.learning_rate_power, self.l1_regularization_strength, l2, shrink

    def get_config(self):
        own = (
            "learning_rate_power",
            "initial_accumulator_value",
            "l1_regularization_strength",
            "l2_regularization_strength",
            "l2_shrinkage_regularization_strength",
            "beta",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
