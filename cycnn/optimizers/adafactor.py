"""Adafactor: squares of gradients kept as the sums of their rows and columns."""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer


@export("keras.optimizers")
class Adafactor(Optimizer):
    """w = w - a * u / max(1, rms(u) / clip_threshold) with u = g / sqrt(v) and a = max(epsilon_2, rms(w)) *
    min(learning_rate, 1 / sqrt(t)).

    The average v of g² + epsilon_1, decaying by 1 - t^beta_2_decay, is that of its rows (r) times that of its columns
    (c), divided by the mean of r, over the last two axes; only weights of fewer than two axes keep all of it.

    Args:
        learning_rate: number, schedule or function.
        beta_2_decay: number of at most 0.
        epsilon_1: added to the squares.
        epsilon_2: least size of the weights that the step is in proportion to.
        clip_threshold: number above 0; largest root of the mean square of u.
        relative_step: kept for configs: the rate is at most 1 / sqrt(t) whatever it says, as in Keras.
        **kwargs: the arguments of `Optimizer`: `weight_decay`, `clipnorm`, `clipvalue`, `global_clipnorm`, `use_ema`,
            `ema_momentum`, `ema_overwrite_frequency`, `loss_scale_factor`, `gradient_accumulation_steps`, `name`.

    Reference:
        Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, ICML 2018, algorithms 4 and 5.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=0.001,
        clip_threshold=1.0,
        relative_step=True,
        *args,
        **kwargs,
    ):
        super().__init__(learning_rate, *args, **kwargs)
        self.beta_2_decay = checks.number("beta_2_decay", beta_2_decay, high=0)
        self.epsilon_1 = checks.number("epsilon_1", epsilon_1, 0)
        self.epsilon_2 = checks.number("epsilon_2", epsilon_2, 0)
        self.clip_threshold = checks.number("clip_threshold", clip_threshold, 0, open_low=True)
        self.relative_step = bool(relative_step)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._kept = []  # averages of the rows, of the columns, and their product, of each weight
        for variable in self._trainable_variables:
            rows = columns = ()  # unused, and part of the state, as in Keras
            if variable.ndim >= 2:
                *batch, height, width = variable.shape
                rows, columns = (*batch, height), (*batch, width)
            rows, columns = (self.add_variable(shape, name=variable.name) for shape in (rows, columns))
            self._kept.append((rows, columns, self.add_variable_from_reference(variable, "velocity")))

    def update_step(self, gradient, variable, learning_rate):
        step = int(self.iterations) + 1
        rows, columns, velocity = self._kept[self._get_variable_index(variable)]
        keep = 1 - step**self.beta_2_decay
        squares = np.square(gradient) + np.float32(self.epsilon_1)

        def average(kept, new):
            self.assign(kept, keep * kept.value + (1 - keep) * new)
            return kept.value

        if variable.ndim < 2:
            v = average(velocity, squares)
        else:
            r, c = average(rows, squares.mean(-1)), average(columns, squares.mean(-2))
            self.assign(velocity, (r / r.mean(-1, keepdims=True))[..., None] * c[..., None, :])
            v = velocity.value
        update = gradient / np.sqrt(v)
        update /= max(1.0, _root_mean_square(update) / self.clip_threshold)
        relative = max(self.epsilon_2, _root_mean_square(variable.value))
        self.assign_sub(variable, relative * min(float(learning_rate), step**-0.5) * update)

    def get_config(self):
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def _root_mean_square(x):
    return float(np.sqrt(np.mean(np.square(x), dtype=np.float64)))
