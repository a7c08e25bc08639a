"""SKLearnTransformer: a model that makes features."""

from sklearn.base import TransformerMixin

from cycnn.wrappers.base_wrapper import BaseWrapper


class SKLearnTransformer(TransformerMixin, BaseWrapper):
    """A model as scikit-learn's transformer: its outputs are features for what comes next in a pipeline.

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

    Example, features of images for a classifier of scikit-learn's:

    ```python
    features = cycnn.wrappers.SKLearnTransformer(network, fit_kwargs={"epochs": 5, "verbose": 0}, random_state=0)
    pipeline = make_pipeline(features, LogisticRegression())
    pipeline.fit(X, y)
    ```
    """

    _target_checks = {"multi_output": True, "y_numeric": True}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.target_tags.multi_output = True
        return tags

    def _more_tags(self):
        return {**super()._more_tags(), "preserves_dtype": ["float32"], "multioutput": True}

    def transform(self, X):
        """The model's outputs.

        Args:
            X: array like that of `fit`.

        Returns:
            float32 (n, outputs).
        """
        return self._outputs(X)
