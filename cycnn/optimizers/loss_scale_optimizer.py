"""LossScaleOptimizer: another optimizer's steps, without those whose gradients would overflow."""

import numpy as np

from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.initializers import Constant
from cycnn.optimizers.base_optimizer import Optimizer

LARGEST = float(np.finfo(np.float32).max)


@export("keras.optimizers")
class LossScaleOptimizer(Optimizer):
    """Scale the loss as far as gradients allow, for frameworks that compute them in 16 bits.

    `apply` expects gradients of the loss times `dynamic_scale`. Where one is not finite the step is skipped and the scale
    halved; after `dynamic_growth_steps` steps without such it is doubled. Here, gradients are of 32 bits and what `fit`
    trains needs no factor: the scale moves as if there were one, and the weights as with `inner_optimizer` alone.

    Args:
        inner_optimizer: `Optimizer`; options like `clipnorm` belong to it.
        initial_scale: number above 0.
        dynamic_growth_steps: integer.
        name: string.

    Raises:
        ValueError: an option that belongs to `inner_optimizer`.
    """

    def __init__(self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None, **kwargs):
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "A fixed scale is `loss_scale_factor` of the optimizer itself. Received: dynamic=False."
            )  # fmt: skip
        for option, default in UNUSED.items():  # in configs of earlier versions of Keras
            value = kwargs.pop(option, default)
            if value != default:
                raise ValueError(f"`{option}` is an option of `inner_optimizer`. Received: {option}={value!r}.")
        super().__init__(0.0, name=name, **kwargs)
        if not isinstance(inner_optimizer, Optimizer):
            raise checks.refuse("inner_optimizer", "an `Optimizer`", inner_optimizer)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = checks.number("initial_scale", initial_scale, 0, open_low=True)
        self.dynamic_growth_steps = checks.positive_int("dynamic_growth_steps", dynamic_growth_steps)
        inner_optimizer.loss_scale_factor = None
        self._finite = True

    def build(self, variables):
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int32", name="step_counter")
        self.dynamic_scale = self.add_variable((), Constant(self.initial_scale), name="dynamic_scale")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self):
        return self._variables + self.inner_optimizer.variables

    @property
    def iterations(self):
        return self.inner_optimizer.iterations

    @iterations.setter
    def iterations(self, value):
        self.inner_optimizer.iterations = value

    @property
    def learning_rate(self):
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    def before_step(self):
        """Nothing: whether there is a step is known when its gradients are."""

    def emit(self, emit, gradients):
        """Emit a look at the gradients, then the inner optimizer's update."""
        self._check_known(gradients)

        def look(*arrays):
            limit = LARGEST / float(self.dynamic_scale)
            self._finite = all(np.abs(array).max(initial=0) <= limit for array in arrays)  # False for NaN
            if self._finite:
                self.inner_optimizer.before_step()
                return
            self.inner_optimizer.skip_step()
            for array in arrays:  # accumulated gradients stay as they are
                array.fill(0)

        emit.host(look, *gradients.values(), modes="u" * len(gradients))
        self.inner_optimizer.emit(emit, gradients)

    def after_step(self):
        count, scale = int(self.step_counter) + 1, float(self.dynamic_scale)
        if not self._finite:
            count, scale = 0, scale / 2
        else:
            self.inner_optimizer.after_step()
            if count == self.dynamic_growth_steps:
                count, scale = 0, scale * 2
        self.step_counter.assign(count)
        self.dynamic_scale.assign(scale)

    def apply(self, grads, trainable_variables=None):
        """`Optimizer.apply`, for gradients of the scaled loss."""
        if not self.built and trainable_variables is not None:
            self.build(list(trainable_variables))
        scale = float(self.dynamic_scale) if self.built else self.initial_scale
        super().apply([None if g is None else np.asarray(g) / scale for g in grads], trainable_variables)

    def scale_loss(self, loss):
        return loss * (float(self.dynamic_scale) if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        return cls(deserialize_keras_object(config.pop("inner_optimizer"), custom_objects), **config)


UNUSED = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
