"""Penalties. What Keras answers is in test_objects_beside_keras."""

import math

import numpy as np
import pytest

from cycnn import regularizers

X = np.array([[3.0, -4.0], [0.5, 0.0]], "float32")


def test_formulas():
    assert regularizers.L1(0.5)(X) == 0.5 * 7.5
    assert regularizers.L2(0.25)(X) == 0.25 * 25.25
    assert regularizers.L1L2(0.5, 0.25)(X) == 0.5 * 7.5 + 0.25 * 25.25
    assert regularizers.L1L2()(X) == 0
    for regularizer in (
        regularizers.L1(),
        regularizers.L2(),
        regularizers.L1L2(),
        regularizers.OrthogonalRegularizer(),
    ):
        assert type(regularizer(X)) is float


def test_kernels_read_both_factors_of_every_kind():
    for regularizer, factors in (
        (regularizers.L1(), (0.01, 0.0)),
        (regularizers.L2(0.5), (0.0, 0.5)),
        (regularizers.L1L2(l1=0.25, l2=0.125), (0.25, 0.125)),
        (regularizers.L1(None), (0.01, 0.0)),
        (regularizers.L1L2(None, None), (0.0, 0.0)),
    ):
        assert (regularizer.l1, regularizer.l2) == factors


def test_sums_are_taken_in_float64():
    assert regularizers.L1(1.0)(np.array([2**24, 1], "float32")) == 2**24 + 1
    assert regularizers.L2(1.0)(np.array([2**12, 1], "float32")) == 2**24 + 1


def test_nan_and_infinity_pass_through():
    assert math.isnan(regularizers.L1(0.5)(np.array([1.0, np.nan])))
    assert regularizers.L2(0.5)(np.array([1.0, -np.inf])) == np.inf
    assert regularizers.L1L2(l1=0.0, l2=0.0)(np.array([np.inf])) == 0


def test_orthogonal():
    regularizer = regularizers.OrthogonalRegularizer(0.5)
    assert regularizer(np.eye(3)) == 0
    # Of three rows, two are parallel and the third is at 60° to them.
    rows = np.array([[1.0, 0.0], [2.0, 0.0], [0.5, math.sqrt(0.75)]])
    assert regularizer(rows) == pytest.approx(0.5 * (1 + 0.5 + 0.5) / 3)
    assert regularizers.OrthogonalRegularizer(0.5, "columns")(rows.T) == pytest.approx(regularizer(rows))
    assert regularizer(np.array([[0.0, 0.0], [1.0, 2.0]])) == 0
    assert regularizer(np.ones((1, 4))) == 0
    with pytest.raises(ValueError, match=r"OrthogonalRegularizer needs a matrix. Received: shape=\(2, 2, 2\)"):
        regularizer(np.zeros((2, 2, 2)))


def test_names():
    assert regularizers.get(None) is None
    assert type(regularizers.get("l1")) is regularizers.L1 is regularizers.l1
    assert type(regularizers.get("L2")) is regularizers.L2 is regularizers.l2
    assert regularizers.get("l1_l2").get_config() == {"l1": 0.01, "l2": 0.01}
    assert regularizers.get("l1l2").get_config() == regularizers.l1_l2().get_config() == {"l1": 0.0, "l2": 0.0}
    assert type(regularizers.get("orthogonal_regularizer")) is regularizers.OrthogonalRegularizer
    own = regularizers.L2(0.5)
    assert regularizers.get(own) is own
    assert regularizers.get(abs) is abs
    assert regularizers.get(regularizers.serialize(own)).l2 == 0.5
    with pytest.raises(ValueError, match=r"Unknown regularizer. Did you mean 'orthogonal_regularizer'\? Received: "):
        regularizers.get("orthogonal")
    with pytest.raises(ValueError, match=r"An argument for a regularizer must be a name.* Received: 0.01."):
        regularizers.get(0.01)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1", [0.1]])
def test_wrong_factors_are_refused(value):
    for cls, name in (
        (regularizers.L1, "l1"),
        (regularizers.L2, "l2"),
        (regularizers.L1L2, "l1"),
        (regularizers.OrthogonalRegularizer, "factor"),
    ):
        with pytest.raises(ValueError, match=f"`{name}` must be a number at least 0. Received: {name}="):
            cls(value)


def test_wrong_mode_is_refused():
    with pytest.raises(
        ValueError, match=r"`mode` must be 'rows' or 'columns'. Did you mean 'rows'. Received: mode='row'"
    ):
        regularizers.OrthogonalRegularizer(mode="row")


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_the_gradient_of_the_orthogonal_regularizer(mode):
    rule, x = regularizers.OrthogonalRegularizer(0.5, mode), np.random.default_rng(0).standard_normal((3, 4))
    value, gradient = rule.value_and_gradient(x)
    assert value == rule(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        assert gradient[place] == pytest.approx((rule(x + step) - rule(x - step)) / 2e-6, rel=1e-6, abs=1e-9)


def test_subclasses():
    class Cubic(regularizers.Regularizer):
        def __call__(self, x):
            return np.sum(np.abs(x) ** 3)

    assert type(regularizers.get(Cubic)) is Cubic
    assert regularizers.Regularizer()(X) == 0
    with pytest.raises(NotImplementedError, match="Cubic must implement `get_config"):
        regularizers.serialize(Cubic())
