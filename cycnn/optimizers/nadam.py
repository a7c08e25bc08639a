"""Nadam: Adam with Nesterov's look ahead."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.variable import Variable
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Nadam(Optimizer):
    """`Adam` whose average of gradients is mixed with the gradient itself, as if the next momentum were already applied.

    With u_t = beta_1 (1 - 0.96^t / 2) and U_t = u_1 u_2 ... u_t, m and v the averages of Adam,
    w = w - learning_rate * (u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta_2^t)) + epsilon).

    Args:
        learning_rate: number, schedule or function.
        beta_1, beta_2: decay of the averages.
        epsilon: added to the root.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Dozat, Incorporating Nesterov Momentum into Adam, 2016, algorithm 2.
    """

    rule = "nadam"
    slots = (("momentum", "velocity"),)

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, *args, **kwargs):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_1 = checks.number("beta_1", beta_1, 0, 1, open_high=True)
        self.beta_2 = checks.number("beta_2", beta_2, 0, 1, open_high=True)
        self.epsilon = small(epsilon)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._u_product = Variable(1.0)

    def _u(self, step):
        return self.beta_1 * (1 - 0.5 * 0.96**step)

    def advance(self, step):
        self._u_product.assign(float(self._u_product) * self._u(step))

    def numbers(self, rate, step):
        u, ahead, product = self._u(step), self._u(step + 1), float(self._u_product)
        mix = ahead / (1 - product * ahead), (1 - u) / (1 - product), 1 / (1 - self.beta_2**step)
        return rate, 1 - self.beta_1, 1 - self.beta_2, self.epsilon, *mix

    def get_config(self):
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
