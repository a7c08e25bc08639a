"""Adadelta: steps in the unit of the weights."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Adadelta(Optimizer):
    """Gradients times the root mean square of past steps over that of past gradients.

    Args:
        learning_rate: number, schedule or function; the paper's is 1.0, Keras's default 0.001.
        rho: decay of the averages.
        epsilon: added under the roots.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """

    rule = "adadelta"
    slots = (("accumulated_grad", "accumulated_delta_var"),)

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.rho = checks.number("rho", rho, 0, 1)
        self.epsilon = small(epsilon)

    def numbers(self, rate, step):
        return rate, self.rho, 1 - self.rho, self.epsilon

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
