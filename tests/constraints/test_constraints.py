"""Projections of weights. What Keras answers is in test_objects_beside_keras."""

import numpy as np
import pytest

from cycnn import constraints

W = np.array([[3.0, -0.25, 0.0], [4.0, 0.5, 0.0]], "float32")
ALL = [constraints.MaxNorm(), constraints.NonNeg(), constraints.UnitNorm(), constraints.MinMaxNorm(0.5, 2.0, 0.5)]


def norms(w, axis=0):
    return np.sqrt(np.square(w).sum(axis))


@pytest.mark.parametrize("constraint", ALL, ids=lambda constraint: type(constraint).__name__)
def test_type_and_shape_stay_and_the_weight_is_left_alone(constraint):
    w = W.copy()
    w.flags.writeable = False
    projected = constraint(w)
    assert projected.dtype == np.float32
    assert projected.shape == W.shape
    np.testing.assert_array_equal(w, W)


def test_max_norm_scales_down_only():
    projected = constraints.MaxNorm(2.0)(W)
    np.testing.assert_allclose(norms(projected), [2.0, norms(W)[1], 0.0], rtol=1e-6)
    np.testing.assert_allclose(projected[:, 0] / W[:, 0], 0.4, rtol=1e-6)


def test_unit_norm_leaves_zeros():
    np.testing.assert_allclose(norms(constraints.UnitNorm()(W)), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(norms(constraints.UnitNorm(axis=1)(W), 1), [1, 1], atol=1e-6)


def test_min_max_norm():
    np.testing.assert_allclose(norms(constraints.MinMaxNorm(1.0, 2.0)(W)), [2, 1, 0], atol=1e-5)
    # halfway there
    halfway = (norms(W) + [2, 1, 0]) / 2
    np.testing.assert_allclose(norms(constraints.MinMaxNorm(1.0, 2.0, rate=0.5)(W)), halfway, atol=1e-5)


def test_non_neg_keeps_nan():
    np.testing.assert_array_equal(constraints.NonNeg()(np.array([-1.0, 0.0, np.nan, 2.0])), [0.0, 0.0, np.nan, 2.0])


@pytest.mark.parametrize("axis", [[0, 1, 2], (0, 1, 2)])
def test_filters_are_kept_apart(axis):
    filters = np.random.default_rng(1).standard_normal((3, 3, 4, 5)).astype("float32")
    np.testing.assert_allclose(norms(constraints.UnitNorm(axis)(filters), (0, 1, 2)), np.ones(5), rtol=1e-5)


def test_names():
    assert constraints.get(None) is None
    for names, cls in (
        ("max_norm maxnorm MaxNorm", constraints.MaxNorm),
        ("non_neg nonneg NonNeg", constraints.NonNeg),
        ("unit_norm unitnorm UnitNorm", constraints.UnitNorm),
        ("min_max_norm MinMaxNorm", constraints.MinMaxNorm),
    ):
        for name in names.split():
            assert type(constraints.get(name)) is cls is getattr(constraints, name)
    assert constraints.get(abs) is abs
    assert constraints.get({"class_name": "MaxNorm", "config": {"max_value": 3, "axis": [0, 1]}}).axis == [0, 1]
    with pytest.raises(ValueError, match=r"Unknown constraint. Did you mean 'max_norm'\? Received: 'max norm'."):
        constraints.get("max norm")


def test_configs():
    for constraint in ALL:
        read = constraints.deserialize(constraints.serialize(constraint))
        assert type(read) is type(constraint)
        assert read.get_config() == constraint.get_config()


def test_subclasses():
    class Still(constraints.Constraint):
        pass

    assert constraints.get(Still)(W) is W
    assert Still().get_config() == {}
