"""Models as scikit-learn's estimators: scikit-learn's own checks, all of them, and what people do with estimators."""

import inspect
import pickle
import subprocess
import sys
import unittest

import numpy as np
import pytest

import cycnn
from cycnn import config, layers, utils, wrappers

sklearn = pytest.importorskip("sklearn")
from sklearn import datasets  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from cycnn.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer  # noqa: E402

RELEASE = tuple(map(int, sklearn.__version__.split(".")[:2]))
FIT = {"epochs": 10, "verbose": 0}
CLASSIFYING = {"loss": "categorical_crossentropy", "activation": "softmax"}


def network(X, y, loss="mse", activation=None, units=20, dropout=0.0):
    model = cycnn.Sequential(
        [
            cycnn.Input(X.shape[1:]),
            layers.Flatten(),
            layers.Dense(units, "relu"),
            layers.Dropout(dropout),
            layers.Dense(y.shape[1], activation),
        ]
    )
    model.compile("adam", loss)
    return model


def classifier(**more):
    return SKLearnClassifier(network, **{"model_kwargs": CLASSIFYING, "fit_kwargs": FIT, "random_state": 0, **more})


def regressor(**more):
    return SKLearnRegressor(network, **{"fit_kwargs": FIT, "random_state": 0, **more})


@pytest.fixture(scope="module")
def iris():
    x, y = datasets.load_iris(return_X_y=True)
    return StandardScaler().fit_transform(x), np.array(["setosa", "versicolor", "virginica"])[y]


# scikit-learn's checks -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(RELEASE < (1, 6), reason="older ones check what scikit-learn has dropped since")
@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [
        classifier(),
        regressor(),
        SKLearnTransformer(network, fit_kwargs=FIT, random_state=0),
        regressor(model_kwargs={"dropout": 0.5}),  # random numbers while it trains
    ]
)
def test_scikit_learn_s_checks(estimator, check):
    try:
        check(estimator)
    except unittest.SkipTest as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", wrappers.__all__)
def test_arguments_are_those_of_keras_and_a_seed(name):
    found = inspect.signature(getattr(wrappers, name)).parameters
    assert [(p.name, p.default) for p in found.values()] == [
        ("model", inspect.Parameter.empty),
        ("warm_start", False),
        ("model_kwargs", None),
        ("fit_kwargs", None),
        ("random_state", None),
    ]


# Learning ------------------------------------------------------------------------------------------------------------


def test_a_classifier_learns_labels_of_any_kind(iris):
    x, y = iris
    found = classifier(fit_kwargs={"epochs": 150, "verbose": 0}).fit(x, y)
    assert found.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert found.score(x, y) > 0.9
    assert found.decision_function(x).shape == (150, 3)
    np.testing.assert_array_equal(found.classes_[found.decision_function(x).argmax(1)], found.predict(x))
    assert found.epoch_ == len(found.history_.history["loss"]) == 150


def test_of_two_classes_the_sign_decides(iris):
    x, y = iris
    x, y = x[50:], y[50:]
    found = classifier().fit(x, y)
    margin = found.decision_function(x)
    assert margin.shape == (100,)
    np.testing.assert_array_equal(found.predict(x), np.where(margin > 0, "virginica", "versicolor"))


@pytest.mark.parametrize("outputs", [None, 1, 2])
def test_a_regressor_predicts_what_it_learned_in_its_form(outputs):
    x = np.random.default_rng(0).normal(size=(64, 3))
    y = x @ np.array([[1.0, -1], [2, 0], [0, 1]])
    y = y[:, 0] if outputs is None else y[:, :outputs]
    found = regressor(fit_kwargs={"epochs": 200, "verbose": 0}).fit(x, y)
    assert found.predict(x).shape == y.shape
    assert found.score(x, y) > 0.95


def test_images_go_in_as_they_are():
    x, y = datasets.load_digits(n_class=3, return_X_y=True)
    images = x.reshape(-1, 8, 8, 1) / 16
    found = classifier().fit(images, y)
    assert found.score(images, y) > 0.9
    with pytest.raises(ValueError, match=r"[Ff]eatures|shape"):
        found.predict(images[:, :7])


def test_a_transformer_makes_features(iris):
    x, y = iris
    codes = np.unique(y, return_inverse=True)[1]
    pipeline = make_pipeline(SKLearnTransformer(network, fit_kwargs=FIT, random_state=0), LogisticRegression())
    pipeline.fit(x, codes)
    features = pipeline[0].transform(x)
    assert (features.shape, features.dtype) == ((150, 1), np.float32)
    np.testing.assert_array_equal(features, pipeline[0].model_.predict(x, verbose=0))


# Around estimators ---------------------------------------------------------------------------------------------------


def by_value():
    """The network as a function that travels to other processes by value, as those of a program or notebook do."""

    def network(X, y, units):
        import cycnn
        from cycnn import layers

        model = cycnn.Sequential(
            [cycnn.Input(X.shape[1:]), layers.Dense(units, "relu"), layers.Dense(y.shape[1], "softmax")]
        )
        model.compile("adam", "categorical_crossentropy")
        return model

    return network


def test_a_search_in_processes_finds_what_one_in_this_process_finds(iris):
    x, y = iris
    classifier().fit(x, y)  # this process has been parallel before
    estimator = SKLearnClassifier(by_value(), fit_kwargs={"epochs": 100, "verbose": 0}, random_state=0)
    grid = {"sklearnclassifier__model_kwargs": [{"units": 1}, {"units": 30}]}
    pipeline = make_pipeline(StandardScaler(), estimator)
    alone, together = (GridSearchCV(pipeline, grid, n_jobs=n, cv=2).fit(x, y) for n in (1, 2))
    np.testing.assert_array_equal(alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"])
    assert together.best_params_ == {"sklearnclassifier__model_kwargs": {"units": 30}}
    np.testing.assert_array_equal(alone.predict(x), together.predict(x))


def test_cross_validation(iris):
    x, y = iris
    found = classifier(fit_kwargs={"epochs": 150, "verbose": 0})
    assert min(cross_val_score(found, x, y, cv=3, scoring="balanced_accuracy")) > 0.8
    assert min(cross_val_score(found, x[50:], y[50:], cv=2, scoring="roc_auc")) > 0.8


def test_searches_in_threads_do_not_disturb_one_another(iris):
    x, y = iris
    joblib = pytest.importorskip("joblib")
    alone = cross_val_score(classifier(), x, y, cv=4)
    with joblib.parallel_backend("threading", n_jobs=4):
        together = cross_val_score(classifier(), x, y, cv=4)
    np.testing.assert_array_equal(alone, together)


def test_a_clone_keeps_every_argument_and_shares_nothing():
    model = network(np.ones((2, 3)), np.ones((2, 2)))
    first = SKLearnRegressor(model, warm_start=True, fit_kwargs={"epochs": 3}, random_state=7)
    second = clone(first)
    assert (second.warm_start, second.fit_kwargs, second.random_state) == (True, {"epochs": 3}, 7)
    assert second.model is not model
    np.testing.assert_array_equal(second.model.get_weights()[0], model.get_weights()[0])
    assert clone(classifier()).model is network


def test_a_pickle_predicts_and_learns_on(iris):
    x, y = iris
    first = classifier(
        warm_start=True, random_state=None, fit_kwargs={"epochs": 2, "verbose": 0, "shuffle": False}
    ).fit(x, y)
    second = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(first.predict(x), second.predict(x))
    for each in (first, second):
        each.fit(x, y)
    np.testing.assert_array_equal(first.decision_function(x), second.decision_function(x))


# Which model is trained, from which seed -----------------------------------------------------------------------------


def test_a_given_model_is_cloned_unless_it_starts_warm():
    x, y = np.ones((8, 3)), np.ones(8)
    model = network(x, y[:, None])
    before = model.get_weights()
    found = SKLearnRegressor(model, fit_kwargs=FIT).fit(x, y)
    assert found.model_ is not model
    assert all(map(np.array_equal, before, model.get_weights()))
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs=FIT).fit(x, y)
    assert warm.model_ is model
    assert not all(map(np.array_equal, before, model.get_weights()))


def test_a_warm_start_goes_on():
    x, y = np.ones((8, 3)), np.ones(8)
    cold, warm = regressor(), regressor(warm_start=True)
    assert cold.fit(x, y).model_ is not cold.fit(x, y).model_
    first = warm.fit(x, y).history_.history["loss"]
    model = warm.model_
    second = warm.fit(x, y).history_.history["loss"]
    assert warm.model_ is model
    assert second[0] < first[-1] * 1.01
    assert int(model.optimizer.iterations) == 20


def test_a_seed_holds_for_the_fit_alone(iris):
    x, y = iris
    utils.set_random_seed(3)
    expected = [config.next_draw() for _ in range(3)]
    utils.set_random_seed(3)
    drawn = [config.next_draw()]
    first = classifier().fit(x, y)
    drawn += [config.next_draw(), config.next_draw()]
    assert drawn == expected
    assert config.seed() == 3
    second = classifier().fit(x, y)
    other = classifier(random_state=1).fit(x, y)
    assert np.array_equal(first.decision_function(x), second.decision_function(x))
    assert not np.array_equal(first.decision_function(x), other.decision_function(x))


def test_without_a_seed_the_process_s_counts(iris):
    x, y = iris
    found = []
    for seed in (5, 5, None):
        if seed:
            utils.set_random_seed(seed)
        found.append(classifier(random_state=None).fit(x, y).decision_function(x))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_arguments_of_fit_come_before_those_of_the_constructor():
    arguments = {"epochs": 2, "verbose": 0}
    found = regressor(fit_kwargs=arguments)
    assert found.epoch_ == 0
    assert found.fit(np.ones((4, 2)), np.ones(4), epochs=1).epoch_ == 1
    assert arguments == {"epochs": 2, "verbose": 0}


@pytest.mark.skipif(RELEASE < (1, 4), reason="pipelines route metadata from scikit-learn 1.4 on")
def test_sample_weights_reach_the_model_by_metadata_routing():
    x, y = np.zeros((40, 2)), np.arange(40) % 2.0
    weight = np.where(y == 1, 1.0, 0.0)
    found = regressor(fit_kwargs={"epochs": 1500, "verbose": 0})
    with pytest.raises(RuntimeError, match="set_config"):
        found.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(), found.set_fit_request(sample_weight="weight"))
        pipeline.fit(x, y, weight=weight)
    np.testing.assert_allclose(pipeline.predict(x), 1, atol=0.1)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda X, y: cycnn.Sequential([cycnn.Input((2,)), layers.Dense(1)]), RuntimeError, "compiled with a loss"),
        (lambda X, y: "model", TypeError, "must return a model. Received: 'model'"),
        ("model", TypeError, "`model` must be a model or a function"),
    ],
)
def test_refusals(make, kind, text):
    with pytest.raises(kind, match=text):
        SKLearnRegressor(make).fit(np.ones((4, 2)), np.ones(4))


def test_one_class_is_none():
    with pytest.raises(ValueError, match=r"at least two classes.*Received: 1 class, \['a'\]"):
        classifier().fit(np.ones((4, 2)), ["a"] * 4)


# Without scikit-learn ------------------------------------------------------------------------------------------------


def test_the_package_is_there_without_scikit_learn():
    program = """
import sys
sys.modules["sklearn"] = None  # as if it were not installed
import cycnn
print(dir(cycnn.wrappers))
try:
    from cycnn.wrappers import SKLearnClassifier
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == str(wrappers.__all__)
    assert "needs scikit-learn, which is not installed: `pip install scikit-learn`" in second
