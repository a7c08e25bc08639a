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
    for rule in (update.momentum, update.nesterov):
        w, velocity = np.zeros(1), np.zeros(1)
        for _ in range(200):
            before = w.copy()
            rule(w, np.ones(1), velocity, None, None, [0.1, 0.9])
        assert w - before == pytest.approx(-1)


def test_nesterov_is_momentum_with_the_gradient_taken_ahead():
    """On f(w) = w^2 / 2: with u = w + momentum * v, Keras's rule is v = momentum * v - rate * f'(u), w = w + v."""
    rate, momentum = 0.1, 0.8
    w, v = 3.0, 0.0
    kept, velocity = np.array([3.0]), np.zeros(1)
    for _ in range(10):
        update.nesterov(kept, kept.copy(), velocity, None, None, [rate, momentum])
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
        w, slots = np.zeros(1), (np.zeros(1), np.ones(1), None)
        for g in (1.0, -2.0, 3.0):
            update.adadelta(w, np.array([g * scale]), *slots, [1.0, 0.9, 0.1, 0.0])
        results.append(w[0])
    assert results[0] == pytest.approx(results[1])


def test_adamax_s_first_step_is_the_learning_rate():
    """Its largest gradient so far is the first one (section 7.1)."""
    w, dw = np.zeros(3), np.array([1e-3, -5.0, 1e4])
    update.adamax(w, dw, np.zeros(3), np.zeros(3), None, [0.01 / (1 - 0.9), 1 - 0.9, 0.999, 0.0])
    np.testing.assert_allclose(w, -0.01 * np.sign(dw), rtol=1e-12)


def test_nadam_without_its_look_ahead_is_adam():
    """The gradient's share zero and the average's 1 / (1 - beta_1^t)."""
    beta_1, beta_2, rate, slots = 0.9, 0.99, 0.01, [np.zeros(3) for _ in range(4)]
    w, other = np.zeros(3), np.zeros(3)
    for t in range(1, 6):
        dw = np.random.default_rng(t).standard_normal(3)
        of_m, of_v = 1 / (1 - beta_1**t), 1 / (1 - beta_2**t)
        update.nadam(w, dw, *slots[:2], None, [rate, 1 - beta_1, 1 - beta_2, 0.0, of_m, 0.0, of_v])
        update.adam(other, dw, *slots[2:], None, [rate * of_m / np.sqrt(of_v), 1 - beta_1, 1 - beta_2, 0.0])
        np.testing.assert_allclose(w, other, rtol=1e-12)


def test_adagrad_s_steps_fall_like_one_over_the_root_of_time():
    w, slot = np.zeros(1), np.zeros(1)
    for t in range(1, 10):
        before = w.copy()
        update.adagrad(w, np.full(1, -7.0), slot, None, None, [0.5, 0.0])
        assert w - before == pytest.approx(0.5 / np.sqrt(t))


def test_ftrl_without_penalties_is_adagrad():
    """From weights of zero, with the power 1/2 (McMahan et al., section 3)."""
    rng, rate = np.random.default_rng(0), 0.3
    w, other, slots = np.zeros(4), np.zeros(4), [np.full(4, 0.1), np.zeros(4), np.full(4, 0.1)]
    for _ in range(10):
        dw = rng.standard_normal(4)
        update.ftrl(w, dw, *slots[:2], None, [rate, 0.5, 0.0, 0.0, 0.0])
        update.adagrad(other, dw, slots[2], None, None, [rate, 0.0])
        np.testing.assert_allclose(w, other, rtol=1e-9, atol=1e-12)


def test_ftrl_s_l1_makes_zeros():
    w = np.array([0.5, -0.5, 0.5])
    update.ftrl(w, np.array([0.1, -0.1, 9.0]), np.ones(3), np.zeros(3), None, [0.3, 0.5, 1.0, 0.0, 0.0])
    assert list(w == 0) == [True, True, False]


def test_lion_s_steps_have_one_size():
    w, m = np.zeros(3), np.zeros(3)
    update.lion(w, np.array([1e-6, -3.0, 0.0]), m, None, None, [0.01, 0.9, 0.1, 0.99, 0.01])
    np.testing.assert_array_equal(w, [-0.01, 0.01, 0])
    np.testing.assert_allclose(m, [1e-8, -0.03, 0])


def hyper(**shared):
    found = np.zeros(12)
    found[0], found[update.ACTIVE] = 0.5, 1
    for name, value in shared.items():
        found[getattr(update, name)] = value
    return found


def test_decay_comes_before_the_rule_and_the_average_behind_it():
    w, average = np.array([2.0]), np.array([4.0])
    update.step(w, np.array([3.0]), None, None, None, average, hyper(DECAY=0.25, KEEP=0.5), 1, True)
    assert w[0] == 2 - 2 * 0.25 - 0.5 * 3
    assert average[0] == 0.5 * 4 + 0.5 * w[0]
    update.step(w, np.array([3.0]), None, None, None, average, hyper(KEEP=0.5, OVERWRITE=1), 1, False)
    assert w[0] == average[0] == 0.5 * 2 + 0.5 * (0 - 1.5)


def test_accumulate_gives_the_mean():
    total = np.zeros(2)
    for k, active in ((1, 0), (2, 0), (6, 1)):
        dw = np.array([k, -k], float)
        update.accumulate(dw, total, hyper(ACTIVE=active), 3)
    np.testing.assert_array_equal(dw, [3, -3])
    np.testing.assert_array_equal(total, 0)


def test_a_clipped_gradient_has_the_norm_of_the_limit():
    for together in (0, 1):
        dw, partial = np.random.default_rng(0).standard_normal(10_000), np.empty(3)
        update.squares(dw, partial)
        direction = dw / np.linalg.norm(dw)
        update.clip_norm(dw, partial, 2.0, together)
        np.testing.assert_allclose(dw, 2 * direction)


def test_reduce_is_a_sum():
    dw = np.full(3, np.nan)
    update.reduce(np.arange(12.0).reshape(4, 3), dw)
    np.testing.assert_array_equal(dw, [18, 22, 26])
