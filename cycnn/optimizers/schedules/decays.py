"""Schedules that fall: exponentially, in pieces, as a polynomial, as 1 / t."""

import numpy as np

from cycnn.core import checks
from cycnn.optimizers.schedules.base_schedule import Decay


class ExponentialDecay(Decay):
    """initial_learning_rate * decay_rate ^ (step / decay_steps).

    Args:
        initial_learning_rate: number.
        decay_steps: number above 0.
        decay_rate: number.
        staircase: whether step / decay_steps is rounded down.
        name: string.

    Example:

    ```python
    schedule = cycnn.optimizers.schedules.ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.5)
    float(schedule(2000))  # 0.025
    ```
    """

    arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"):
        checks.number("decay_steps", decay_steps, 0, open_low=True)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name

    def _periods(self, step):
        periods = step / self.decay_steps
        return np.floor(periods) if self.staircase else periods

    def rate(self, step):
        return self.initial_learning_rate * self.decay_rate ** self._periods(step)


class InverseTimeDecay(ExponentialDecay):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps).

    Args:
        initial_learning_rate, decay_steps, decay_rate, staircase, name: as in `ExponentialDecay`.
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"):
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def rate(self, step):
        return self.initial_learning_rate / (1 + self.decay_rate * self._periods(step))


class PiecewiseConstantDecay(Decay):
    """values[0] up to and with step boundaries[0], then values[1] up to and with boundaries[1], ..., values[-1].

    Args:
        boundaries: list of numbers that grow.
        values: list of numbers, one more than boundaries.
        name: string.
    """

    arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"There must be one value more than boundaries. Received: boundaries={boundaries}, values={values}."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def rate(self, step):
        return np.asarray(self.values, np.float64)[np.searchsorted(self.boundaries, step)]


class PolynomialDecay(Decay):
    """(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ^ power + end_learning_rate.

    Args:
        initial_learning_rate: number.
        decay_steps: number above 0; later steps keep the last rate.
        end_learning_rate: number.
        power: number.
        cycle: whether decay_steps grows to its next multiple instead when a step goes beyond it.
        name: string.
    """

    arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(self, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False,
                 name="PolynomialDecay"):  # fmt: skip
        checks.number("decay_steps", decay_steps, 0, open_low=True)
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def rate(self, step):
        steps = self.decay_steps * (np.maximum(np.ceil(step / self.decay_steps), 1) if self.cycle else 1)
        left = 1 - np.minimum(step, steps) / steps
        return (self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate
