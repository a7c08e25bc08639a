"""How closely predictions follow targets along an axis."""

import numpy as np

from cycnn import config
from cycnn.metrics.arrays import floats
from cycnn.metrics.reduction_metrics import MeanOfFunction


def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation coefficient: cov(t, p) / (std(t) std(p)); NaN where one of them is constant.

    Args:
        y_true: Targets (n, ...).
        y_pred: Predictions (n, ...).
        axis: Integer, or several: what to correlate along.

    Returns:
        float32 array without the axis.
    """
    t, p = _centred(*floats(y_true, y_pred), axis)
    with np.errstate(invalid="ignore"):
        return ((t * p).mean(axis) / (t.std(axis) * p.std(axis))).astype(np.float32)


def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance coefficient: 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))²).

    Lin 1989, "A concordance correlation coefficient to evaluate reproducibility".

    Args:
        y_true: Targets (n, ...).
        y_pred: Predictions (n, ...).
        axis: Integer, or several: what to correlate along.

    Returns:
        float32 array without the axis.
    """
    y_true, y_pred = floats(y_true, y_pred)
    t, p = _centred(y_true, y_pred, axis)
    spread = t.var(axis) + p.var(axis) + (y_true.mean(axis) - y_pred.mean(axis)) ** 2
    return (2 * (t * p).mean(axis) / (spread + config.epsilon())).astype(np.float32)


def _centred(y_true, y_pred, axis):
    return y_true - y_true.mean(axis, keepdims=True), y_pred - y_pred.mean(axis, keepdims=True)


class PearsonCorrelation(MeanOfFunction):
    """The mean of Pearson's correlation coefficient, cov(t, p) / (std(t) std(p)), between -1 and 1.

    Args:
        name: String.
        dtype: String.
        axis: Integer, or several: what to correlate along.

    Example:

    ```python
    >>> round(cycnn.metrics.PearsonCorrelation()([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]), 4)
    0.9967
    ```
    """

    _direction = "up"

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


class ConcordanceCorrelation(MeanOfFunction):
    """The mean of Lin's concordance coefficient, 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))²).

    Args:
        name: String.
        dtype: String.
        axis: Integer, or several: what to correlate along.

    Example:

    ```python
    >>> round(cycnn.metrics.ConcordanceCorrelation()([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]), 4)
    0.9816
    ```
    """

    _direction = "up"

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis
