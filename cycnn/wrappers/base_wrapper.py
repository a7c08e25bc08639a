"""What the estimators share: which model is trained, on which data, from which seed."""

import threading
from contextlib import contextmanager

from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import check_is_fitted

from cycnn import config
from cycnn.core import checks
from cycnn.models import Model, clone_model

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6

    def validate_data(estimator, *args, **kwargs):
        """The method that it was then."""
        return estimator._validate_data(*args, **kwargs)


_seeding = threading.RLock()


class BaseWrapper(BaseEstimator):
    """A model as an estimator: base of the classifier, the regressor and the transformer.

    Args:
        model: function of `X`, `y` and `model_kwargs` that returns a compiled model; or a compiled Sequential or functional
            model, of which every `fit` trains a clone with new weights.
        warm_start: whether `fit` goes on with the model of the `fit` before; a `model` that is no function is then
            trained itself.
        model_kwargs: dictionary of further arguments of the function.
        fit_kwargs: dictionary of arguments of the model's `fit`: `{"epochs": 10, "verbose": 0}`.
        random_state: integer, `numpy.random.RandomState`, or None. With an integer, every `fit` on the same data gives
            the same model: first weights, order of the samples, dropout. With None these follow
            `utils.set_random_seed`.

    Attributes:
        model_: the fitted model.
        history_: `callbacks.History` of the fit, as `model.fit` returns it.
        n_features_in_: size of the first axis behind that of samples.
    """

    _target_checks = {}  # arguments of scikit-learn's `validate_data`

    def __init__(self, model, warm_start=False, model_kwargs=None, fit_kwargs=None, random_state=None):
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        return tags

    def _more_tags(self):  # the same for scikit-learn before 1.6
        return {"non_deterministic": self.random_state is None, "requires_y": True, "X_types": ["2darray", "3darray"]}

    @property
    def epoch_(self):
        """How many epochs the last `fit` took; 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **kwargs):
        """Say which metadata `fit` wants, such as `sample_weight=True` (scikit-learn's "Metadata Routing").

        Args:
            **kwargs: argument of `fit` → True, False, None, or the name that it has outside.

        Raises:
            RuntimeError: `sklearn.set_config(enable_metadata_routing=True)` was not called.
        """
        if not get_config().get("enable_metadata_routing", False):
            raise RuntimeError(
                "`set_fit_request` needs metadata routing: call `sklearn.set_config(enable_metadata_routing=True)` first."
            )
        request = MetadataRequest(owner=self)
        for name, alias in kwargs.items():
            request.fit.add_request(param=name, alias=alias)
        self._metadata_request = request
        return self

    def fit(self, X, y, **kwargs):
        """Train the model.

        Args:
            X: array (n, features), or with more axes.
            y: targets of n samples.
            **kwargs: for the model's `fit`, before those of `fit_kwargs`: `sample_weight`, `epochs`.

        Returns:
            The estimator.

        Raises:
            RuntimeError: the model is not compiled with a loss.
            TypeError: `model` is neither a model nor a function that returns one.
            ValueError: data that do not fit each other or the estimator.
        """
        X, y = validate_data(self, X, y, allow_nd=True, **self._target_checks)
        y = self._encode(y, kwargs.get("sample_weight"))
        with _seeded(self.random_state):
            model = self._to_train(X, y)
            self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _to_train(self, X, y):
        if self.warm_start and (hasattr(self, "model_") or isinstance(self.model, Model)):
            model = getattr(self, "model_", self.model)
        elif isinstance(self.model, Model):
            model = clone_model(self.model)
        elif callable(self.model):
            model = self.model(X=X, y=y, **(self.model_kwargs or {}))
        else:
            raise TypeError(f"`model` must be a model or a function that returns one. Received: model={self.model!r}.")
        if not isinstance(model, Model):
            raise TypeError(f"The function `model` must return a model. Received: {checks.short(model)}.")
        if not model.compiled or not model.loss or not model.optimizer:
            raise RuntimeError(
                f"The model must be compiled with a loss: call `compile(optimizer, loss)`. Received: {model.name!r} without."
            )
        return model

    def _outputs(self, X):
        """What the model predicts for samples."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, allow_nd=True)
        return self.model_.predict(X, verbose=0)

    def _encode(self, y, sample_weight):
        """Targets as the model learns them, with an axis of outputs."""
        return y.reshape(-1, 1) if y.ndim == 1 else y


@contextmanager
def _seeded(random_state):
    """Within it random numbers follow from a seed; behind it those of the process go on. One thread at a time, because
    the seed is the process's."""
    if random_state is None:
        yield
        return
    seed = check_random_state(random_state).randint(2**31 - 1)
    with _seeding, config.seeded(seed):
        yield
