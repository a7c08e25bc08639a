"""Values of the losses beside their formulas in float64."""

import numpy as np
import pytest

from cycnn import losses

RNG = np.random.default_rng(6)
LOGITS = RNG.standard_normal((7, 5)).astype(np.float32)
P = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
LABELS = RNG.integers(0, 5, 7)
HOT = np.eye(5)[LABELS]
BITS = RNG.integers(0, 2, (7, 5))
SIGMOID = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))


def smooth(t, share, classes):
    return t * (1 - share) + share / classes


def binary(t, p):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(-1)


SMOOTHED = -(smooth(HOT, 0.2, 5) * np.log(P)).sum(-1)
CASES = [
    (losses.MeanSquaredError(), HOT, LOGITS, ((LOGITS - HOT) ** 2).mean(-1)),
    (losses.CategoricalCrossentropy(), HOT, P, -np.log(P[np.arange(7), LABELS])),
    (losses.CategoricalCrossentropy(), HOT, 3 * P, -np.log(P[np.arange(7), LABELS])),  # divided by their sum first
    (losses.CategoricalCrossentropy(from_logits=True), HOT, LOGITS, -np.log(P[np.arange(7), LABELS])),
    (losses.CategoricalCrossentropy(label_smoothing=0.2), HOT, P, SMOOTHED),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), HOT, LOGITS, SMOOTHED),
    (losses.SparseCategoricalCrossentropy(), LABELS, P, -np.log(P[np.arange(7), LABELS])),
    (losses.SparseCategoricalCrossentropy(), LABELS[:, None], P, -np.log(P[np.arange(7), LABELS])),
    (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS, LOGITS, -np.log(P[np.arange(7), LABELS])),
    (losses.BinaryCrossentropy(), BITS, SIGMOID, binary(BITS, SIGMOID)),
    (losses.BinaryCrossentropy(label_smoothing=0.2), BITS, SIGMOID, binary(smooth(BITS, 0.2, 2), SIGMOID)),
    (losses.BinaryCrossentropy(from_logits=True), BITS, LOGITS, binary(BITS, SIGMOID)),
    (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), BITS, LOGITS, binary(smooth(BITS, 0.2, 2), SIGMOID)),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "t", "p", "expected"), CASES)
def test_values_beside_the_formula(loss, t, p, expected):
    np.testing.assert_allclose(loss.call(t, p), expected, rtol=2e-6, atol=1e-6)
    assert loss(t, p) == pytest.approx(expected.mean(), rel=1e-5)
    weight = np.arange(7) / 3
    assert loss(t, p, sample_weight=weight) == pytest.approx((expected * weight).mean(), rel=1e-5)
    kind = type(loss)
    again = kind.from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert again(t, p) == loss(t, p)
    for reduction, value in (("sum", expected.sum()), ("none", expected), ("mean", expected.mean())):
        other = kind(**{**loss.get_config(), "reduction": reduction})
        np.testing.assert_allclose(other(t, p), value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("loss", "t", "p", "expected"), CASES)
def test_maps_have_a_value_at_every_place(loss, t, p, expected):
    sparse = loss.targets == "int32"
    t = np.asarray(t).reshape(7)[None, :] if sparse else np.asarray(t)[None]
    np.testing.assert_allclose(loss.call(t, np.asarray(p)[None]), expected[None], rtol=2e-6, atol=1e-6)


def test_certain_and_wrong_is_finite():
    wrong, right = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    assert losses.CategoricalCrossentropy()(right, wrong) == pytest.approx(-np.log(1e-7), rel=1e-5)
    assert losses.BinaryCrossentropy()(right, wrong) == pytest.approx(-np.log(1e-7), rel=1e-2)
    assert losses.SparseCategoricalCrossentropy(from_logits=True)([0], [[-1000.0, 1000.0]]) == pytest.approx(2000)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", losses.MeanSquaredError),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        (losses.mean_squared_error, losses.MeanSquaredError),
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        ("binary_crossentropy", losses.BinaryCrossentropy),
        (losses.binary_crossentropy, losses.BinaryCrossentropy),
    ],
)
def test_names(name, cls):
    assert type(losses.get(name)) is cls


def test_functions_give_one_value_per_sample():
    np.testing.assert_allclose(losses.mean_squared_error(HOT, LOGITS), ((LOGITS - HOT) ** 2).mean(-1), rtol=1e-6)
    np.testing.assert_allclose(
        losses.categorical_crossentropy(HOT, LOGITS, from_logits=True), -np.log(P[np.arange(7), LABELS]), rtol=1e-5
    )


def test_targets_of_n_beside_outputs_of_n_1():
    assert losses.MeanSquaredError()(np.arange(3), np.zeros((3, 1))) == pytest.approx(5 / 3)
    assert losses.BinaryCrossentropy()([1, 0], [[0.9], [0.2]]) == pytest.approx(-(np.log(0.9) + np.log(0.8)) / 2)
