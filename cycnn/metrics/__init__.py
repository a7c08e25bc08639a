"""What is watched while training: numbers over all samples since the last reset.

    metric.update_state(y_true, y_pred, sample_weight)     adds a batch to the metric's variables
    metric.result()                                        a number, an array or a dictionary, from the variables
    metric.reset_state()                                   begins anew

    metric.py                      Metric, the base
    reduction_metrics.py           Sum, Mean, the mean of a function
    accuracy_metrics.py            how often predictions are right
    confusion_metrics.py auc.py    counts at thresholds (confusion.py), their ratios, areas under curves
    f_score_metrics.py iou_metrics.py regression_metrics.py correlation_metrics.py
    hinge_metrics.py probabilistic_metrics.py

    "mse"  →  get  →  MeanSquaredError()
    "accuracy", shapes of targets and predictions  →  resolve  →  SparseCategoricalAccuracy(name="accuracy")

All of it is NumPy: a batch of 64 costs some ten microseconds, beside milliseconds for the step that made it. Sums are
kept in float64.
"""

from cycnn.core import checks
from cycnn.core.names import to_snake_case
from cycnn.core.registry import Family, export, serialize_keras_object
from cycnn.losses import (
    BCE,
    KLD,
    MAE,
    MAPE,
    MSE,
    MSLE,
    bce,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    kld,
    kullback_leibler_divergence,
    log_cosh,
    logcosh,
    mae,
    mape,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    mse,
    msle,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from cycnn.metrics.accuracy_metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from cycnn.metrics.auc import AUC
from cycnn.metrics.confusion_metrics import (
    FalseNegatives,
    FalsePositives,
    Precision,
    PrecisionAtRecall,
    Recall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    TrueNegatives,
    TruePositives,
)
from cycnn.metrics.correlation_metrics import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    concordance_correlation,
    pearson_correlation,
)
from cycnn.metrics.f_score_metrics import F1Score, FBetaScore
from cycnn.metrics.hinge_metrics import CategoricalHinge, Hinge, SquaredHinge
from cycnn.metrics.iou_metrics import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from cycnn.metrics.metric import Metric
from cycnn.metrics.probabilistic_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
)
from cycnn.metrics.reduction_metrics import Mean, MeanMetricWrapper, Sum
from cycnn.metrics.regression_metrics import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    R2Score,
    RootMeanSquaredError,
    cosine_similarity,
)

_FAMILY = Family(
    "keras.metrics",
    "metric",
    (
        AUC,
        Accuracy,
        BinaryAccuracy,
        BinaryCrossentropy,
        BinaryIoU,
        CategoricalAccuracy,
        CategoricalCrossentropy,
        CategoricalHinge,
        ConcordanceCorrelation,
        CosineSimilarity,
        F1Score,
        FBetaScore,
        FalseNegatives,
        FalsePositives,
        Hinge,
        IoU,
        KLDivergence,
        LogCoshError,
        Mean,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanIoU,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        OneHotIoU,
        OneHotMeanIoU,
        PearsonCorrelation,
        Poisson,
        Precision,
        PrecisionAtRecall,
        R2Score,
        Recall,
        RecallAtPrecision,
        RootMeanSquaredError,
        SensitivityAtSpecificity,
        SparseCategoricalAccuracy,
        SparseCategoricalCrossentropy,
        SparseTopKCategoricalAccuracy,
        SpecificityAtSensitivity,
        SquaredHinge,
        Sum,
        TopKCategoricalAccuracy,
        TrueNegatives,
        TruePositives,
    ),
    {
        "BCE": BinaryCrossentropy,
        "KLD": KLDivergence,
        "MAE": MeanAbsoluteError,
        "MAPE": MeanAbsolutePercentageError,
        "MSE": MeanSquaredError,
        "MSLE": MeanSquaredLogarithmicError,
        "acc": Accuracy,
        "bce": BinaryCrossentropy,
        "kld": KLDivergence,
        "kullback_leibler_divergence": KLDivergence,
        "log_cosh": LogCoshError,
        "logcosh": LogCoshError,
        "mae": MeanAbsoluteError,
        "mape": MeanAbsolutePercentageError,
        "mse": MeanSquaredError,
        "msle": MeanSquaredLogarithmicError,
    },
)
# A config of a function names it as Keras does. The family exports its classes by such names too, for `get`: functions last.
for _thing in (
    Metric,
    MeanMetricWrapper,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    concordance_correlation,
    cosine_similarity,
    pearson_correlation,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
):
    export("keras.metrics")(_thing)
del _thing

# What "accuracy" and "crossentropy" mean for one output between 0 and 1, class numbers, and one-hot targets.
_BY_SHAPES = {
    **dict.fromkeys(("accuracy", "acc"), (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy)),
    **dict.fromkeys(
        ("crossentropy", "ce"), (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy)
    ),
}

__all__ = [
    "AUC",
    "BCE",
    "KLD",
    "MAE",
    "MAPE",
    "MSE",
    "MSLE",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy",
    "bce",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "cosine_similarity",
    "deserialize",
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
    "pearson_correlation",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise AttributeError(checks.unknown("metric", name, __all__))


def get(identifier):
    """The metric that an argument means.

    Args:
        identifier: A name (`"mse"`, `"AUC"`, `"binary_accuracy"`), a `Metric` or its class, a config, a function
            `(y_true, y_pred)` or a `Loss`, whose mean becomes the metric, or `None`.

    Returns:
        A `Metric`; `None` for `None`.

    Raises:
        ValueError: If there is no such metric.
    """
    found = _FAMILY.get(identifier)
    if found is None or isinstance(found, Metric):
        return found
    return MeanMetricWrapper(found, name=_name_of(found))


def resolve(identifier, y_true_shape, y_pred_shape):
    """The metric that an argument of `compile` means for targets and predictions of these shapes, by the name it has in logs.

    `"accuracy"` (`"acc"`) and `"crossentropy"` (`"ce"`) mean the binary metric for predictions (..., 1), the sparse
    categorical one for targets with an axis less than the predictions, or with a last axis of length 1, and else the
    categorical one. A metric that is asked for by a string has that string as its name.

    Args:
        identifier: As in `get`, but not `None`.
        y_true_shape: Shape of the targets, with the axis of samples.
        y_pred_shape: Shape of the predictions, with the axis of samples.

    Returns:
        A `Metric`.

    Raises:
        ValueError: If there is no such metric.
    """
    if identifier is None:
        raise ValueError("A metric must be a name, a `Metric` or a function. Received: None.")
    if not isinstance(identifier, str):
        return get(identifier)
    kinds = _BY_SHAPES.get(identifier.lower())
    if kinds is None:
        metric = get(identifier)
        metric.name = identifier
        return metric
    binary, sparse, categorical = kinds
    if y_pred_shape[-1] == 1:
        return binary(name=identifier)
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return sparse(name=identifier)
    return categorical(name=identifier)


def _name_of(thing):
    """The name in logs of a function, or of an object that has one."""
    return getattr(thing, "name", None) or to_snake_case(getattr(thing, "__name__", type(thing).__name__))


def serialize(metric):
    """The config of a metric."""
    return serialize_keras_object(metric)


def deserialize(config, custom_objects=None):
    """The metric of a config, with the user's own classes and functions in `custom_objects`."""
    return _FAMILY.deserialize(config, custom_objects)


def __dir__():
    return __all__
