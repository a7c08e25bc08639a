"""Models as scikit-learn's estimators.

    function (X, y) → compiled model    →  SKLearnClassifier   fit, predict, decision_function, score
    or a compiled model                    SKLearnRegressor    fit, predict, score
                                           SKLearnTransformer  fit, transform

They stand in pipelines, are searched over and cross-validated, cloned and pickled like scikit-learn's own.
scikit-learn is imported with the first of these names; the package does not need it.
"""

import importlib

_MODULES = {
    "SKLearnClassifier": "sklearn_classifier",
    "SKLearnRegressor": "sklearn_regressor",
    "SKLearnTransformer": "sklearn_transformer",
}

__all__ = list(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        try:
            importlib.import_module("sklearn")
        except ImportError as error:
            raise ImportError(
                f"`cycnn.wrappers.{name}` needs scikit-learn, which is not installed: `pip install scikit-learn`."
            ) from error
        return getattr(importlib.import_module(f"cycnn.wrappers.{_MODULES[name]}"), name)
    from cycnn.core import checks

    raise AttributeError(checks.unknown("wrapper", name, __all__))


def __dir__():
    return __all__
