"""The reference's penalties and update rules: finite differences and what their authors say of them judge it."""

import numpy as np
import pytest

from cycnn.kernels.reference import update

from .differences import central_differences


@pytest.mark.parametrize("factors", [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_a_penalty_s_gradient_is_its_finite_difference(factors):
    w = np.random.default_rng(0).standard_normal(20)
    w[np.abs(w) < 0.1] = 0.5  # no corner of |w| within a step
    dw, penalty = np.ones(20), np.array([2.0])
    update.regularize(w, dw, penalty, *factors)
    assert penalty[0] == pytest.approx(2 + factors[0] * np.abs(w).sum() + factors[1] * (w @ w))

    def alone(w):
        penalty = np.zeros(1)
        update.regularize(w, None, penalty, *factors)
        return penalty[0]

    np.testing.assert_allclose(dw - 1, central_differences(alone, w, 0.05), rtol=0, atol=1e-12)


def test_no_gradient_where_a_weight_is_zero():
    dw = np.zeros(1)
    update.regularize(np.zeros(1), dw, np.zeros(1), 0.3, 0.2)
    assert dw[0] == 0


def test_momentum_runs_up_to_its_limit():
    """A constant gradient ends in steps of rate / (1 - momentum), with and without Nesterov's look ahead."""
    for nesterov in (0, 1):
        w, velocity = np.zeros(1), np.zeros(1)
        for _ in range(200):
            before = w.copy()
            update.momentum(w, np.ones(1), velocity, [0.1, 0.9], nesterov)
        assert w - before == pytest.approx(-1)


def test_nesterov_is_momentum_with_the_gradient_taken_ahead():
    """On f(w) = w^2 / 2: with u = w + momentum * v, Keras's rule is v = momentum * v - rate * f'(u), w = w + v."""
    rate, momentum = 0.1, 0.8
    w, v = 3.0, 0.0
    kept, velocity = np.array([3.0]), np.zeros(1)
    for _ in range(10):
        update.momentum(kept, kept.copy(), velocity, [rate, momentum], 1)
        v = momentum * v - rate * (w + momentum * v)
        w += v
        assert kept[0] == pytest.approx(w + momentum * v)


def test_adam_s_first_step_is_the_learning_rate():
    """Whatever the gradient's size: its bias corrections make m / sqrt(v) the gradient's sign (section 2.1)."""
    beta_1, beta_2, rate = 0.9, 0.999, 0.01
    corrected = rate * np.sqrt(1 - beta_2) / (1 - beta_1)
    for vhat in (None, np.zeros(3)):
        w, dw = np.zeros(3), np.array([1e-3, -5.0, 1e4])
        update.adam(w, dw, np.zeros(3), np.zeros(3), vhat, [corrected, 1 - beta_1, 1 - beta_2, 0.0])
        np.testing.assert_allclose(w, -rate * np.sign(dw), rtol=1e-12)


def test_amsgrad_never_forgets_a_large_gradient():
    v, vhat, hyper = np.zeros(1), np.zeros(1), [0.1, 0.1, 0.5, 1e-7]
    for g in (100.0, *[1.0] * 50):
        update.adam(np.zeros(1), np.array([g]), np.zeros(1), v, vhat, hyper)
    assert v[0] == pytest.approx(1)
    assert vhat[0] == 5000


def test_rmsprop_does_not_see_the_gradient_s_size():
    results = []
    for scale in (1.0, 1e3):
        w, slots = np.zeros(1), [np.zeros(1) for _ in range(3)]
        for g in (1.0, -2.0, 3.0):
            update.rmsprop(w, np.array([g * scale]), *slots, [0.1, 0.9, 0.1, 0.0, 0.5])
        results.append(w[0])
    assert results[0] == pytest.approx(results[1])


def test_centered_rmsprop_divides_by_the_deviation():
    """Gradients 1 and 3 in turns: mean 2, mean square 5, deviation 1."""
    slots = np.zeros(1), None, np.zeros(1)
    for k in range(20_000):
        update.rmsprop(np.zeros(1), np.array([1.0 + 2 * (k % 2)]), *slots, [0.1, 0.999, 0.001, 0.0, 0.0])
    assert slots[0][0] - slots[2][0] ** 2 == pytest.approx(1, abs=2e-3)


def test_adadelta_s_steps_have_the_unit_of_the_weights():
    """Without epsilon a step is g * RMS[steps] / RMS[g]: scaling the gradients changes nothing (section 3.2)."""
    results = []
    for scale in (1.0, 1e3):
        w, slots = np.zeros(1), (np.zeros(1), np.ones(1))
        for g in (1.0, -2.0, 3.0):
            update.adadelta(w, np.array([g * scale]), *slots, [1.0, 0.9, 0.1, 0.0])
        results.append(w[0])
    assert results[0] == pytest.approx(results[1])


def test_reduce_is_a_sum():
    dw = np.full(3, np.nan)
    update.reduce(np.arange(12.0).reshape(4, 3), dw)
    np.testing.assert_array_equal(dw, [18, 22, 26])
