"""What training makes small.

A loss knows the form of its targets, and emits the kernel that computes, in one pass, each sample's value and the
gradient with respect to the model's output. Cross-entropy behind a softmax takes the softmax's input instead: value and
gradient are then exact for any probability, and the softmax has no backward pass.
"""

from cycnn.core.registry import Family, export, serialize_keras_object
from cycnn.losses.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)


def _function(loss, name):
    def compute(y_true, y_pred, **kwargs):
        return loss(**kwargs).call(y_true, y_pred)

    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"The values of `{loss.__name__}` for each sample: arrays in, an array out."
    compute.loss = loss
    return export("keras.losses", name)(compute)


binary_crossentropy = _function(BinaryCrossentropy, "binary_crossentropy")
categorical_crossentropy = _function(CategoricalCrossentropy, "categorical_crossentropy")
mean_squared_error = _function(MeanSquaredError, "mean_squared_error")
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy")
mse = MSE = mean_squared_error

_FAMILY = Family(
    "keras.losses",
    "loss",
    (BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy),
    {"mse": MeanSquaredError, "MSE": MeanSquaredError, "bce": BinaryCrossentropy, "BCE": BinaryCrossentropy},
)

__all__ = [
    "MSE",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_squared_error",
    "mse",
    "serialize",
    "sparse_categorical_crossentropy",
]


def get(identifier):
    """The loss that an argument means: a name, a function of this package, a `Loss`, or a config.

    Raises:
        ValueError: there is no such loss.
    """
    if hasattr(identifier, "loss") and callable(identifier):
        return identifier.loss()
    found = identifier if isinstance(identifier, Loss) else _FAMILY.get(identifier)
    if found is not None and not isinstance(found, Loss):
        raise ValueError(f"A loss must be a name, a `Loss` or its config. Received: loss={identifier!r}.")
    return found


def serialize(loss):
    """The config of a loss."""
    return serialize_keras_object(loss)


def deserialize(config, custom_objects=None):
    """The loss of a config."""
    return _FAMILY.deserialize(config, custom_objects)
