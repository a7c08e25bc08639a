"""Metrics beside their formulas, and the three things that "accuracy" means."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, losses, metrics

P = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]])
LABELS = np.array([1, 2, 2, 0])  # right, wrong, right, right
HOT = np.eye(3)[LABELS]


@pytest.mark.parametrize(
    ("metric", "t", "p", "each"),
    [
        (metrics.CategoricalAccuracy, HOT, P, [1, 0, 1, 1]),
        (metrics.SparseCategoricalAccuracy, LABELS, P, [1, 0, 1, 1]),
        (metrics.SparseCategoricalAccuracy, LABELS[:, None], P, [1, 0, 1, 1]),
        (metrics.BinaryAccuracy, [1, 0, 1, 1], [[0.9], [0.5], [0.4], [0.51]], [1, 1, 0, 1]),
        (metrics.BinaryAccuracy, [[1, 0], [1, 1]], [[0.9, 0.9], [0.9, 0.9]], [0.5, 1]),
        (metrics.Accuracy, [1, 2, 3, 4], [1, 2, 0, 4], [1, 1, 0, 1]),
    ],
)
def test_values(metric, t, p, each):
    found, each = metric(), np.array(each)
    assert found.result() == 0.0
    assert found(t, p) == pytest.approx(each.mean())
    found.update_state(t, p)
    assert found.result() == pytest.approx(each.mean())
    found.reset_state()
    weight = 1.0 + np.arange(len(each))
    found.update_state(t, p, sample_weight=weight)
    assert found.result() == pytest.approx((each * weight).sum() / weight.sum())


def test_a_threshold():
    metric = metrics.BinaryAccuracy(threshold=0.8)
    assert metric([1, 0], [0.7, 0.7]) == 0.5
    assert metrics.BinaryAccuracy.from_config(metric.get_config()).threshold == 0.8


def test_batches_count_by_their_samples():
    metric = metrics.Mean()
    metric.update_state([1.0, 1.0, 1.0])
    metric.update_state([5.0])
    assert metric.result() == 2.0
    metric.update_state([0.0], sample_weight=[0.0])
    assert metric.result() == 2.0


def test_names():
    assert isinstance(metrics.get("acc"), metrics.Accuracy)
    assert isinstance(metrics.get("SparseCategoricalAccuracy"), metrics.SparseCategoricalAccuracy)
    assert metrics.get("mse")(HOT, P) == pytest.approx(((P - HOT) ** 2).mean())
    assert metrics.get(losses.CategoricalCrossentropy())(HOT, P) == pytest.approx(-np.log(P[range(4), LABELS]).mean())
    assert metrics.get(metrics.CategoricalAccuracy("mine")).name == "mine"


@pytest.mark.parametrize(
    ("units", "loss", "y", "cls"),
    [
        (3, "sparse_categorical_crossentropy", LABELS, metrics.SparseCategoricalAccuracy),
        (3, "categorical_crossentropy", HOT, metrics.CategoricalAccuracy),
        (3, "mse", HOT, metrics.CategoricalAccuracy),
        (3, "binary_crossentropy", HOT, metrics.BinaryAccuracy),
        (1, "binary_crossentropy", LABELS > 0, metrics.BinaryAccuracy),
        (1, "mse", LABELS > 0, metrics.BinaryAccuracy),
    ],
)
@pytest.mark.parametrize("word", ["accuracy", "acc"])
def test_accuracy_is_the_one_that_fits(units, loss, y, cls, word):
    model = cycnn.Sequential([cycnn.Input((3,)), layers.Dense(units, activation="sigmoid")])
    model.compile("sgd", loss, metrics=[word])
    found = model.evaluate(P, y, verbose=0, return_dict=True)
    assert set(found) == {"loss", word}
    assert type(model.metrics[0]) is cls
    expected = cls()
    expected.update_state(y, model.predict(P, verbose=0))
    assert found[word] == pytest.approx(expected.result())


def test_a_function_as_a_metric():
    def largest_error(y_true, y_pred):
        return np.abs(y_true - y_pred).max(-1)

    model = cycnn.Sequential([cycnn.Input((3,)), layers.Dense(3)])
    model.compile("sgd", "mse", metrics=[largest_error])
    found = model.evaluate(P, HOT, verbose=0, return_dict=True)
    assert found["largest_error"] == pytest.approx(np.abs(HOT - model.predict(P, verbose=0)).max(-1).mean(), rel=1e-5)
