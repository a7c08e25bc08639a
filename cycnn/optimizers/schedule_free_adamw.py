"""ScheduleFreeAdamW: an average of the weights in place of a schedule of the learning rate."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class ScheduleFreeAdamW(Optimizer):
    """z = z - learning_rate * g / (sqrt(v / (1 - beta_2^t)) + epsilon), v as in `Adam`; x, the mean of all z so far; and the
    weights w = (1 - beta_1) z + beta_1 x, from which x is found again in the next step.

    Args:
        learning_rate: number, schedule or function.
        beta_1: number above 0 and at most 1; share of x in the weights.
        beta_2: decay of the average of squares.
        epsilon: added to the root.
        warmup_steps: integer; steps over which the learning rate rises from 0.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Defazio et al., The Road Less Scheduled, NeurIPS 2024, algorithm 1.
    """

    rule = "schedule_free"
    slots = (("momentum", "velocity"),)

    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_low=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1, open_high=True)
        self.epsilon = small(epsilon)
        self.warmup_steps = checks.non_negative_int("warmup_steps", warmup_steps)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        for variable, start in zip(self._trainable_variables, self._slots[0]):
            start.assign(variable.value)

    def numbers(self, rate, step):
        if self.warmup_steps:
            rate *= min(step / self.warmup_steps, 1)
        return rate, 1 - self.beta_2, 1 / (1 - self.beta_2**step), self.epsilon, self.beta_1, 1 - self.beta_1, 1 / step

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }
