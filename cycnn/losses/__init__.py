"""What training makes small: all of Keras 3's losses.

    crossentropies  focal_crossentropies  divergences      of probabilities
    regression_losses  hinge_losses                        of numbers, of margins
    overlap_losses  circle_loss  ctc_loss                  of masks, of embeddings, of sequences
    base_loss                                              Loss, weights and reductions; functions as losses
    kernel_loss                                            what trains through a kernel

Each comes as a function of arrays, which gives the values, and as a class, which joins them. A function is written with
`cycnn.ops`, so users may build their own losses of it. A class knows the form of its targets too, and emits the kernel
that computes, in one pass, each sample's value and the gradient with respect to the model's output. Cross-entropy behind
a softmax takes the softmax's input instead: value and gradient are then exact for any probability, and the softmax has no
backward pass.

    compile(loss="mse")                →  get  →  MeanSquaredError()         →  emit(kernel) once, when the plan is made
    compile(loss=Mine()), loss=mine    →  get  →  Mine(), LossFunctionWrapper  →  value_and_gradient(...) at every step
"""

from types import FunctionType

from cycnn.core import checks
from cycnn.core.registry import Family, serialize_keras_object
from cycnn.losses.base_loss import Loss, LossFunctionWrapper, Reduction
from cycnn.losses.circle_loss import Circle, circle
from cycnn.losses.crossentropies import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    categorical_generalized_cross_entropy,
    sparse_categorical_crossentropy,
)
from cycnn.losses.ctc_loss import CTC, ctc
from cycnn.losses.divergences import KLDivergence, Poisson, kl_divergence, poisson
from cycnn.losses.focal_crossentropies import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)
from cycnn.losses.hinge_losses import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from cycnn.losses.overlap_losses import Dice, Tversky, dice, tversky
from cycnn.losses.regression_losses import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)

bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
mse = MSE = mean_squared_error
msle = MSLE = mean_squared_logarithmic_error

_CLASSES = {
    binary_crossentropy: BinaryCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
    categorical_hinge: CategoricalHinge,
    circle: Circle,
    cosine_similarity: CosineSimilarity,
    ctc: CTC,
    dice: Dice,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    squared_hinge: SquaredHinge,
    tversky: Tversky,
}
_ALIASES = {
    "BCE": bce, "KLD": kld, "MAE": mae, "MAPE": mape, "MSE": mse, "MSLE": msle,
    "bce": bce, "kld": kld, "mae": mae, "mape": mape, "mse": mse, "msle": msle,
    "kullback_leibler_divergence": kld, "logcosh": logcosh,
}  # fmt: skip
_FAMILY = Family("keras.losses", "loss", tuple(_CLASSES.values()), {**{f.__name__: f for f in _CLASSES}, **_ALIASES})

__all__ = [
    "BCE",
    "CTC",
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "Reduction",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "bce",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "kld",
    "kullback_leibler_divergence",
    "log_cosh",
    "logcosh",
    "mae",
    "mape",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "mse",
    "msle",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]


def get(identifier):
    """The loss that an argument means.

    Args:
        identifier: a name (`"mse"`, `"MeanSquaredError"`), a `Loss` or its class, a function of this package or of the
            user's, `(y_true, y_pred)` → values, a config, or None.

    Returns:
        A `Loss`; None for None. A function of the user's becomes a `LossFunctionWrapper`.

    Raises:
        ValueError: there is no such loss.
    """
    found = _FAMILY.get(identifier)
    if found is None or isinstance(found, Loss):
        return found
    if isinstance(found, FunctionType) and found in _CLASSES:
        return _CLASSES[found]()
    name = getattr(found, "__name__", None)
    return LossFunctionWrapper(found, name=name if isinstance(name, str) else None)


def serialize(loss):
    """The config of a loss, or of a function."""
    return serialize_keras_object(loss)


def deserialize(config, custom_objects=None):
    """The loss or function of a config, with the user's own in `custom_objects`."""
    return _FAMILY.deserialize(config, custom_objects)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise AttributeError(checks.unknown("loss", name, __all__))


def __dir__():
    return __all__
