"""Muon: the momentum of a matrix, made nearly orthogonal; Adam for everything else."""

import math
import re

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.optimizers.base_optimizer import Optimizer, small


@export("keras.optimizers")
class Muon(Optimizer):
    """Matrices (weights of two axes) move by learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(m), where m =
    momentum * m + g; all other weights as in `AdamW`, and so do embeddings and what `exclude_layers` names.

    `orthogonal` is `ns_steps` steps of Newton and Schulz on x / |x|: x = muon_a * x + (muon_b * A + muon_c * A²) x with
    A = x xᵀ, which draw the singular values towards 1.

    Args:
        learning_rate: number, schedule or function.
        adam_beta_1, adam_beta_2, adam_weight_decay, epsilon: for the weights that move as in `AdamW`.
        weight_decay: number or None; of matrices.
        exclude_layers: list of regular expressions; matrices whose path contains one move as in `AdamW`. The layer
            that gives the classes belongs here.
        exclude_embeddings: whether embeddings do.
        muon_a, muon_b, muon_c: of the iteration.
        adam_lr_ratio: the learning rate of `AdamW`'s weights, as a share of `learning_rate`.
        momentum: decay of m.
        ns_steps: integer.
        nesterov: whether g + momentum * m takes the place of m.
        rms_rate: number, or None: learning_rate * orthogonal(m) alone.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name: as in `Optimizer`.

    References:
        Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024.
        Liu et al., Muon is Scalable for LLM Training, 2025, section 2.2, for `rms_rate`.
    """

    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.775,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **kwargs,
    ):
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.adam_beta_1 = checks.number("adam_beta_1", adam_beta_1, 0, 1, open_high=True)
        self.adam_beta_2 = checks.number("adam_beta_2", adam_beta_2, 0, 1, open_high=True)
        self.adam_weight_decay = adam_weight_decay
        if adam_weight_decay is not None:
            self.adam_weight_decay = checks.number("adam_weight_decay", adam_weight_decay)
        self.epsilon = small(epsilon)
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = bool(exclude_embeddings)
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = checks.number("momentum", momentum, 0, 1)
        self.ns_steps = checks.non_negative_int("ns_steps", ns_steps)
        self.nesterov = bool(nesterov)
        self.rms_rate = rms_rate

    def _takes_adam(self, variable):
        if variable.ndim != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._moments = []  # (momentum, velocity) of each weight; no velocity, where it is a matrix of Muon's
        for variable in self._trainable_variables:
            momentum = self.add_variable_from_reference(variable, "momentum")
            adam = self._takes_adam(variable)
            self._moments.append((momentum, self.add_variable_from_reference(variable, "velocity") if adam else None))

    def _decays(self, variable):
        return False  # the two kinds of weights decay differently: in `update_step`

    def update_step(self, gradient, variable, learning_rate):
        rate, (m, v) = float(learning_rate), self._moments[self._get_variable_index(variable)]
        decay = self.weight_decay if v is None else self.adam_weight_decay
        if decay is not None and self._may_decay(variable):
            self.assign_sub(variable, variable.value * (decay * rate))
        if v is None:
            self.assign(m, self.momentum * m.value + gradient)
            update = self._orthogonal(gradient + self.momentum * m.value if self.nesterov else m.value)
            if self.rms_rate is not None:
                rate *= self.rms_rate * math.sqrt(max(variable.shape))
            self.assign_sub(variable, rate * update)
        else:
            step = int(self.iterations) + 1
            rate *= self.adam_lr_ratio * math.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
            self.assign_add(m, (gradient - m.value) * (1 - self.adam_beta_1))
            self.assign_add(v, (np.square(gradient) - v.value) * (1 - self.adam_beta_2))
            self.assign_sub(variable, rate * m.value / (np.sqrt(v.value) + self.epsilon))

    def _orthogonal(self, x):
        if x.shape[0] > x.shape[1]:  # the smaller of the two squares
            return self._orthogonal(x.T).T
        x = x / (np.linalg.norm(x) + 1e-7)
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x

    def get_config(self):
        own = (
            "adam_beta_1",
            "adam_beta_2",
            "epsilon",
            "exclude_layers",
            "muon_a",
            "muon_b",
            "muon_c",
            "adam_lr_ratio",
            "momentum",
            "ns_steps",
            "nesterov",
            "exclude_embeddings",
            "adam_weight_decay",
            "rms_rate",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
