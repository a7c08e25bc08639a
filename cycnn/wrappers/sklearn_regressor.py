"""SKLearnRegressor: a model that predicts numbers."""

import numpy as np
from sklearn.base import RegressorMixin

from cycnn.wrappers.base_wrapper import BaseWrapper


class SKLearnRegressor(RegressorMixin, BaseWrapper):
    """A model as scikit-learn's regressor.

    Args:
        model: function of `X`, `y` (n, outputs) and `model_kwargs` that returns a compiled model; or a compiled Sequential
            or functional model, of which every `fit` trains a clone with new weights.
        warm_start: whether `fit` goes on with the model of the `fit` before; a `model` that is no function is then
            trained itself.
        model_kwargs: dictionary of further arguments of the function.
        fit_kwargs: dictionary of arguments of the model's `fit`: `{"epochs": 10, "verbose": 0}`.
        random_state: integer, `numpy.random.RandomState`, or None. With an integer, every `fit` on the same data gives
            the same model; with None random numbers follow `utils.set_random_seed`.

    Attributes:
        model_: the fitted model.
        history_: `callbacks.History` of the fit.

    Example:

    ```python
    def network(X, y):
        model = cycnn.Sequential([cycnn.Input(X.shape[1:]), cycnn.layers.Dense(20, "relu"), cycnn.layers.Dense(y.shape[1])])
        model.compile("adam", "mse")
        return model

    regressor = cycnn.wrappers.SKLearnRegressor(network, fit_kwargs={"epochs": 50, "verbose": 0}, random_state=0)
    cross_val_score(make_pipeline(StandardScaler(), regressor), X, y)
    ```
    """

    _target_checks = {"multi_output": True, "y_numeric": True}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self):
        return {**super()._more_tags(), "poor_score": True, "multioutput": True}

    def predict(self, X):
        """The numbers of each sample.

        Args:
            X: array like that of `fit`.

        Returns:
            (n,) or (n, outputs), as the targets of `fit` were, and of their type if that is one of floating-point numbers.
        """
        outputs = self._outputs(X).astype(self._target_dtype, copy=False)
        return outputs[:, 0] if self._target_axes == 1 and outputs.shape[1:] == (1,) else outputs

    def _encode(self, y, sample_weight):
        self._target_axes = y.ndim
        self._target_dtype = y.dtype if y.dtype.kind == "f" else np.dtype(np.float32)
        return super()._encode(y, sample_weight)
