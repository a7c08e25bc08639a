"""Schedules that fall as a cosine from its top to its bottom: once, or again and again."""

import numpy as np

from cycnn.core import checks
from cycnn.optimizers.schedules.base_schedule import Decay


def _fall(fraction, alpha):
    """From 1 to alpha while fraction goes from 0 to 1."""
    return (1 - alpha) * 0.5 * (1 + np.cos(np.pi * fraction)) + alpha


class CosineDecay(Decay):
    """initial_learning_rate * ((1 - alpha) (1 + cos(pi * step / decay_steps)) / 2 + alpha), behind a linear warm-up.

    Args:
        initial_learning_rate: number.
        decay_steps: number above 0; later steps keep the last rate.
        alpha: number; the last rate is this share of the highest.
        name: string.
        warmup_target: number or None; the highest rate, which the warm-up reaches from `initial_learning_rate` on.
        warmup_steps: number; the length of the warm-up. The cosine begins behind it.

    Reference:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017; warm-up: Goyal et al., 2017.
    """

    arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, name="CosineDecay", warmup_target=None,
                 warmup_steps=0):  # fmt: skip
        checks.number("decay_steps", decay_steps, 0, open_low=True)
        self.initial_learning_rate, self.decay_steps, self.alpha, self.name = (
            initial_learning_rate, decay_steps, alpha, name,
        )  # fmt: skip
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def rate(self, step):
        start, top, warmup = self.initial_learning_rate, self.warmup_target, self.warmup_steps
        if top is None:
            top, warmup = start, 0
        fallen = top * _fall(np.clip((step - warmup) / self.decay_steps, 0, 1), self.alpha)
        return np.where(step < warmup, start + (top - start) * step / max(warmup, 1), fallen)


class CosineDecayRestarts(Decay):
    """Cosines from the top to its share alpha, one after another: each t_mul times as long and m_mul times as high.

    Args:
        initial_learning_rate: number.
        first_decay_steps: number above 0; the length of the first.
        t_mul: number.
        m_mul: number.
        alpha: number; a share of `initial_learning_rate`.
        name: string.

    Reference:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017.
    """

    arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(self, initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name="SGDRDecay"):
        checks.number("first_decay_steps", first_decay_steps, 0, open_low=True)
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def rate(self, step):
        done = step / self.first_decay_steps  # in units of the first period
        if self.t_mul == 1:
            restarts = np.floor(done)
            fraction = done - restarts
        else:  # k periods take (1 - t_mul^k) / (1 - t_mul)
            restarts = np.floor(np.log(1 - done * (1 - self.t_mul)) / np.log(self.t_mul))
            begun = (1 - self.t_mul**restarts) / (1 - self.t_mul)
            fraction = (done - begun) / self.t_mul**restarts
        return self.initial_learning_rate * (
            (1 - self.alpha) * self.m_mul**restarts * _fall(fraction, 0) + self.alpha
        )  # fmt: skip
