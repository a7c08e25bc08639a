"""What is watched while training: averages over the samples of an epoch.

A metric keeps a total and a count; `update_state` adds a batch, `result` divides, `reset_state` begins anew.
"""

from cycnn.core.registry import Family
from cycnn.metrics.metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    Mean,
    MeanMetricWrapper,
    Metric,
    SparseCategoricalAccuracy,
)

_FAMILY = Family(
    "keras.metrics",
    "metric",
    (Accuracy, BinaryAccuracy, CategoricalAccuracy, Mean, SparseCategoricalAccuracy),
    {"acc": Accuracy},
)

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Mean",
    "MeanMetricWrapper",
    "Metric",
    "SparseCategoricalAccuracy",
    "get",
]


def get(identifier):
    """The metric that an argument means: a name (of a metric or a loss), a function of two arrays, or a `Metric`.

    Raises:
        ValueError: there is no such metric.
    """
    from cycnn import losses

    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str) and identifier in losses._FAMILY.objects:
        return MeanMetricWrapper(losses.get(identifier).call, name=identifier)
    if isinstance(identifier, losses.Loss):
        return MeanMetricWrapper(identifier.call, name=identifier.name)
    found = _FAMILY.get(identifier)
    return found if isinstance(found, Metric) else MeanMetricWrapper(found, name=getattr(found, "__name__", "metric"))
