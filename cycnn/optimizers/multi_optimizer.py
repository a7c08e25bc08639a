"""MultiOptimizer: different optimizers for different weights."""

import re
from collections.abc import MutableMapping

from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.optimizers.base_optimizer import Optimizer
from cycnn.optimizers.loss_scale_optimizer import LossScaleOptimizer


@export("keras.optimizers")
class OptimizerMap(MutableMapping):
    """A dictionary, path of a weight or regular expression for whole paths -> optimizer.

    Args:
        default_optimizer: `Optimizer` of the weights that no key fits.
        optimizer_map: dictionary to begin with, or None.

    Raises:
        TypeError: an argument of another kind.

    Example:

    ```python
    rates = cycnn.optimizers.OptimizerMap(cycnn.optimizers.SGD(0.1))
    rates["block1.*"] = cycnn.optimizers.SGD(0.001)
    model.compile(cycnn.optimizers.MultiOptimizer(rates), "mse")
    ```
    """

    def __init__(self, default_optimizer, optimizer_map=None):
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                f"`default_optimizer` must be an `Optimizer`. Received: default_optimizer={default_optimizer!r}."
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"`optimizer_map` must be a dictionary. Received: optimizer_map={optimizer_map!r}.")
        self._default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    @property
    def default_optimizer(self):
        return self._default_optimizer

    def __getitem__(self, key):
        """The optimizer of a path: that of the key itself, else that of the one expression which fits, else the default.

        Raises:
            ValueError: several expressions fit.
        """
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        found = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(f"One key at most may fit a path. Received: {key!r}, which {found} fit.")
        return self._optimizer_map[found[0]] if found else self._default_optimizer

    def __setitem__(self, key, optimizer):
        if not isinstance(key, str):
            raise ValueError(f"A key of an `OptimizerMap` must be a string. Received: {key!r}.")
        if key in self._optimizer_map:
            raise ValueError(f"There must be one optimizer per key; delete the old one first. Received: {key!r} again.")
        _check(optimizer)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key):
        del self._optimizer_map[key]

    def __len__(self):
        return len(self._optimizer_map)

    def __iter__(self):
        return iter(self._optimizer_map)

    def __call__(self, variable):
        return self[variable.path]

    def get_config(self):
        return {
            "default_optimizer": serialize_keras_object(self._default_optimizer),
            "optimizer_map": serialize_keras_object(self._optimizer_map),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        parts = (
            deserialize_keras_object(config[key], custom_objects) for key in ("default_optimizer", "optimizer_map")
        )
        return cls(*parts)


@export("keras.optimizers")
class MultiOptimizer(Optimizer):
    """Each weight moves as the optimizer says that `optimizer_map` gives for it.

    Args:
        optimizer_map: `OptimizerMap`, or a function, `Variable` -> `Optimizer`.
        loss_scale_factor: number or None; takes the place of that of the optimizers.
        name: string.

    Attributes:
        optimizers: list of those in use; their learning rates are theirs alone.
    """

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        if not callable(optimizer_map):
            raise checks.refuse("optimizer_map", "an `OptimizerMap` or a function of a variable", optimizer_map)
        self._optimizer_map, self._inner_optimizers = optimizer_map, []
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._add(optimizer)

    def _add(self, optimizer):
        _check(optimizer)
        if not any(optimizer is other for other in self._inner_optimizers):
            optimizer.loss_scale_factor = self.loss_scale_factor
            self._inner_optimizers.append(optimizer)

    @property
    def optimizers(self):
        return self._inner_optimizers

    @property
    def variables(self):
        return [*self._variables, *(variable for inner in self._inner_optimizers for variable in inner.variables)]

    @property
    def learning_rate(self):
        raise AttributeError("A MultiOptimizer has no learning rate: set those of its `optimizers`.")

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(
            f"A MultiOptimizer has no learning rate: set those of its `optimizers`. Received: learning_rate={value!r}."
        )

    def build(self, variables):
        if self.built:
            return
        self._inner = {variable: self._optimizer_map(variable) for variable in variables}
        for inner in self._inner.values():
            self._add(inner)
        for inner, own in self._by_optimizer(variables):
            inner.build(own)
        super().build(variables)

    def _by_optimizer(self, variables):
        """Pairs (optimizer, its weights among these), of those that have some."""
        for inner in self._inner_optimizers:
            own = [variable for variable in variables if self._inner[variable] is inner]
            if own:
                yield inner, own

    def before_step(self):
        for inner, _ in self._by_optimizer(self._trainable_variables):
            inner.before_step()

    def skip_step(self):
        for inner, _ in self._by_optimizer(self._trainable_variables):
            inner.skip_step()

    def after_step(self):
        super().after_step()
        for inner, _ in self._by_optimizer(self._trainable_variables):
            inner.after_step()

    def emit(self, emit, gradients):
        """Emit the updates of all optimizers, one after the other."""
        self._check_known(gradients)
        for inner, own in self._by_optimizer(self._trainable_variables):
            inner.emit(emit, {variable: gradients[variable] for variable in own if variable in gradients})

    def finalize_variable_values(self, var_list):
        self._check_known(var_list)
        for inner, own in self._by_optimizer(var_list):
            inner.finalize_variable_values(own)

    def get_config(self):
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        optimizer_map = deserialize_keras_object(config["optimizer_map"], custom_objects)
        return cls(**{**config, "optimizer_map": optimizer_map})


def _check(optimizer):
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"A weight must have an `Optimizer` that is neither a LossScaleOptimizer nor a MultiOptimizer. "
            f"Received: {optimizer!r}."
        )
