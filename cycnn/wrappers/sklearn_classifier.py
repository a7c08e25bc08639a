"""SKLearnClassifier: a model that tells classes apart."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from cycnn.wrappers.base_wrapper import BaseWrapper


class SKLearnClassifier(ClassifierMixin, BaseWrapper):
    """A model as scikit-learn's classifier. It learns the classes one-hot, (n, classes), also where there are two.

    Args:
        model: function of `X`, `y` (one-hot) and `model_kwargs` that returns a compiled model with an output per class; or a
            compiled Sequential or functional model, of which every `fit` trains a clone with new weights.
        warm_start: whether `fit` goes on with the model of the `fit` before; a `model` that is no function is then
            trained itself.
        model_kwargs: dictionary of further arguments of the function.
        fit_kwargs: dictionary of arguments of the model's `fit`: `{"epochs": 10, "verbose": 0}`.
        random_state: integer, `numpy.random.RandomState`, or None. With an integer, every `fit` on the same data gives
            the same model; with None random numbers follow `utils.set_random_seed`.

    Attributes:
        model_: the fitted model.
        history_: `callbacks.History` of the fit.
        classes_: the labels, sorted.

    Example:

    ```python
    def network(X, y, units=20):
        model = cycnn.Sequential([
            cycnn.Input(X.shape[1:]),
            cycnn.layers.Dense(units, activation="relu"),
            cycnn.layers.Dense(y.shape[1], activation="softmax"),
        ])
        model.compile("adam", "categorical_crossentropy")
        return model

    classifier = cycnn.wrappers.SKLearnClassifier(network, fit_kwargs={"epochs": 20, "verbose": 0}, random_state=0)
    search = GridSearchCV(classifier, {"model_kwargs": [{"units": 10}, {"units": 40}]}, n_jobs=2)
    search.fit(X, y)
    ```
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def _more_tags(self):
        return {**super()._more_tags(), "poor_score": True}

    def predict(self, X):
        """The label of each sample: that of its largest output.

        Args:
            X: array like that of `fit`.

        Returns:
            Labels, (n,).
        """
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]

    def decision_function(self, X):
        """The model's outputs, as scikit-learn wants them.

        Args:
            X: array like that of `fit`.

        Returns:
            (n, classes); of two classes the second's output less the first's, (n,): positive where the second wins.
        """
        outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    def _encode(self, y, sample_weight):
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        counting = labels if sample_weight is None else labels[np.asarray(sample_weight) != 0]
        if len(np.unique(counting)) < 2:
            raise ValueError(
                "`y` must hold at least two classes, of samples with a `sample_weight` other than 0. "
                f"Received: 1 class, {self.classes_[counting[:1]].tolist()}."
            )
        return np.eye(len(self.classes_), dtype=np.float32)[labels]
