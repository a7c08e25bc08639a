"""The losses, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import loss as reference

from .cases import EPSILON, ISAS, agree, fixed, judge, load, sample
from .fences import fenced

# Terms are worked out 256 at a time.
SHAPES = [(4, 1, 1), (4, 1, 2), (4, 1, 10), (2, 1, 100), (3, 5, 7), (2, 300, 1), (3, 3, 257)]
SOFTMAX = ("softmax_crossentropy", "sparse_softmax_crossentropy")
SHARES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
POINTWISE = ("binary_crossentropy", "binary_crossentropy_logits", "mean_squared_error")
LOSSES = SOFTMAX + SHARES + POINTWISE
SMOOTHED = ("softmax_crossentropy", "categorical_crossentropy", "binary_crossentropy", "binary_crossentropy_logits")
LABELLED = ("sparse_softmax_crossentropy", "sparse_categorical_crossentropy")
CASES = [(name, 0.0) for name in LOSSES] + [(name, 0.1) for name in SMOOTHED]


@pytest.fixture(params=ISAS)
def loss(request):
    return load(request.param, "loss")


class Problem:
    """Arguments of a loss for predictions of shape (n, rows, c)."""

    def __init__(self, name, shape, smoothing=0.0, weighted=True, seed=0):
        rng = np.random.default_rng((*shape, seed))
        self.name, self.shape = name, shape
        self.scalars = (smoothing,) if name in SMOOTHED else ()
        self.scale = np.array([1 / (shape[0] * shape[1])], np.float32)
        self.weight = rng.uniform(0, 2, shape[0]).astype(np.float32) if weighted else None
        if name in SHARES:
            self.x = rng.dirichlet(np.full(shape[2], 0.5), shape[:2]).astype(np.float32) * np.float32(1.5)
        elif name == "binary_crossentropy":
            self.x = rng.uniform(0, 1, shape).astype(np.float32)
        else:
            self.x = (rng.standard_normal(shape) * 4).astype(np.float32)
        if name in LABELLED:
            self.target = rng.integers(0, shape[2], shape[:2]).astype(np.int32)
        elif name in POINTWISE:
            self.target = rng.uniform(0, 1, shape).astype(np.float32)
            self.target[rng.uniform(0, 1, shape) < 0.5] = 1
        else:
            self.target = rng.dirichlet(np.ones(shape[2]), shape[:2]).astype(np.float32) * np.float32(0.8)

    def operands(self, gradient=True):
        y = [sample(np.empty_like(self.x))] if self.name in SOFTMAX else []
        value = np.empty(self.shape[:2], np.float32)
        return [
            sample(self.x),
            sample(self.target),
            None if self.weight is None else sample(self.weight),
            fixed(self.scale),
            *y,
            sample(value),
            sample(np.empty_like(self.x)) if gradient else None,
        ]

    def run(self, loss, gradient=True):
        """What the kernel wrote, and what the reference did: y where there is one, value, gradient."""
        kernel, operands = getattr(loss, self.name), self.operands(gradient)
        expected = [array for array in judge(reference, kernel, operands, self.scalars)[4:] if array is not None]
        written = agree(kernel, operands, self.scalars, units=1, samples=self.shape[0])
        return written if isinstance(written, list) else [written], expected

    def total(self, x):
        """The number whose gradient the reference works out."""
        value, y = np.empty(self.shape[:2]), [np.empty(self.shape)] if self.name in SOFTMAX else []
        getattr(reference, self.name)(x, self.target, None, self.scale, *y, value, None, *self.scalars)
        return np.sum(value * (1 if self.weight is None else self.weight[:, None])) * np.float64(self.scale[0])

    def bounds(self, y, dx):
        """Errors that rounding may cause in value and gradient, (n, rows) and (n, rows, c)."""
        n, _, c = self.shape
        x, factor = self.x.astype(np.float64), np.float64(self.scale[0])
        factor = factor * (np.ones(n) if self.weight is None else self.weight)[:, None, None]
        smoothing, t = (*self.scalars, 0)[0], self.target
        t = np.equal.outer(t, np.arange(c)) if self.name in LABELLED else t
        t = t * (1 - smoothing) + smoothing / c
        if self.name in SOFTMAX:  # rounded: x - top, the sum of the powers (its log), t
            spread = np.max(x, -1, keepdims=True) - x
            value = np.sum(t * (spread * 2 + c + 4), axis=-1)
            return value * EPSILON, factor * EPSILON * (y * (spread + c + 6) + 4 * t)
        if self.name in SHARES:  # rounded: the sum, q, log q, t; and t / q / sum
            value = np.sum(t * (c + 20), axis=-1)
            sums = np.sum(x, axis=-1, keepdims=True)
            return value * EPSILON, EPSILON * (2 * c + 8) * (np.abs(dx) + 2 * factor / sums)
        if self.name == "binary_crossentropy":  # two logs of at most 16.2, their factors, 1 - q
            inner = np.minimum(1 / np.maximum(x, 1e-7), 1e7) + np.minimum(1 / np.maximum(1 - x, 1e-7), 1e7)
            return np.full(self.shape[:2], 80 * EPSILON), EPSILON * 8 * (np.abs(dx) + factor * inner / c)
        if self.name == "binary_crossentropy_logits":
            return np.mean(4 * np.abs(x) + 4, axis=-1) * EPSILON, EPSILON * 6 * factor / c
        difference = np.abs(x - self.target)
        return np.mean(4 * difference**2, axis=-1) * EPSILON, EPSILON * 6 * factor * difference / c

    def check(self, loss):
        *y, value, dx = self.run(loss)[0]
        *expected_y, expected_value, expected_dx = self.run(loss)[1]
        by_value, by_dx = self.bounds(expected_y[0] if y else None, expected_dx)
        if y:
            spread = np.max(self.x, -1, keepdims=True) - self.x
            assert np.all(np.abs(y[0] - expected_y[0]) <= expected_y[0] * EPSILON * (4 + spread + self.shape[2]))
        assert np.all(np.abs(value - expected_value) <= by_value)
        assert np.all(np.abs(dx - expected_dx) <= by_dx)
        without = self.run(loss, gradient=False)[0]
        assert [array.tobytes() for array in without] == [array.tobytes() for array in (*y, value)]


@pytest.mark.parametrize(("name", "smoothing"), CASES)
def test_gradients_of_the_reference_are_finite_differences(name, smoothing):
    for shape in ((2, 1, 4), (2, 3, 2), (1, 2, 1)):
        problem = Problem(name, shape, smoothing)
        x, step = problem.x.astype(np.float64), 1e-6
        dx, y = np.empty(shape), [np.empty(shape)] if name in SOFTMAX else []
        out = *y, np.empty(shape[:2]), dx
        getattr(reference, name)(x, problem.target, problem.weight, problem.scale, *out, *problem.scalars)
        for place in np.ndindex(shape):
            if name == "binary_crossentropy" or name in SHARES:
                assert 1e-3 < x[place] < 2  # away from the clipping
            above, below = x.copy(), x.copy()
            above[place] += step
            below[place] -= step
            slope = (problem.total(above) - problem.total(below)) / (2 * step)
            assert abs(dx[place] - slope) < 1e-6 * (1 + abs(slope))


@pytest.mark.parametrize(("name", "smoothing"), CASES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_loss(loss, name, shape, smoothing):
    Problem(name, shape, smoothing).check(loss)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_without_weights(loss, name):
    Problem(name, (5, 2, 10), weighted=False).check(loss)


@pytest.mark.parametrize("name", SOFTMAX)
def test_softmax_crossentropy_of_sure_predictions(loss, name):
    """Neither overflows nor loses a gradient that is small beside 1."""
    problem = Problem(name, (3, 1, 10), weighted=False)
    problem.x[...] = 0
    problem.x[0, 0, 3], problem.x[1, 0, 3], problem.x[2, 0, 3] = 12, 200, 1e30
    if name == "softmax_crossentropy":
        problem.target[...] = np.eye(10, dtype=np.float32)[3]
    else:
        problem.target[...] = 3
    (y, value, dx), (_, expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=0, atol=4 * EPSILON)
    np.testing.assert_allclose(y.sum(-1), 1, rtol=2e-6)
    others = np.arange(10) != 3
    np.testing.assert_allclose(dx[:, :, others], expected_dx[:, :, others], rtol=2e-6, atol=1e-45)
    assert np.all(np.abs(dx - expected_dx)[:, :, 3] <= 2 * EPSILON)


@pytest.mark.parametrize("name", SHARES)
def test_clipping_passes_no_gradient(loss, name):
    problem = Problem(name, (2, 2, 4))
    problem.x[0, 0] = [0, 0, 3, 0]
    problem.x[0, 1] = [0.5, 1e-9, 0.25, 0.25]
    problem.target[0] = 2 if name in LABELLED else [0.25, 0.5, 0.25, 0]
    if name in LABELLED:
        problem.target[0, 1] = 1
    problem.check(loss)
    _, dx = problem.run(loss)[0]
    assert np.all(dx[0, 0] == 0)
    assert dx[0, 1, 1] == dx[0, 1, 3] or name not in LABELLED


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_binary_crossentropy_at_the_ends(loss, smoothing):
    problem = Problem("binary_crossentropy", (2, 1, 8), smoothing)
    problem.x[...] = [0, 1, 1e-9, 1 - 6e-8, 1e-7, 1 - 1.2e-7, -0.5, 1.5]
    problem.target[0], problem.target[1] = 1, 0
    problem.check(loss)
    _, dx = problem.run(loss)[0]
    assert np.array_equal(dx[0, 0] != 0, [False, False, False, False, True, True, False, False])


def test_binary_crossentropy_of_large_logits(loss):
    problem = Problem("binary_crossentropy_logits", (2, 1, 4))
    problem.x[...] = [-200, 200, -30, 30]
    problem.target[0], problem.target[1] = [0, 1, 0, 1], [1, 0, 1, 0]
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-6)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-6, atol=EPSILON)


@pytest.mark.parametrize("name", LABELLED)
def test_a_label_that_is_no_class_makes_its_row_nan(loss, name):
    problem = Problem(name, (2, 3, 7))
    problem.target[0, 1], problem.target[1, 2] = 7, -1
    written, expected = problem.run(loss)
    lost = np.zeros((2, 3), bool)
    lost[0, 1] = lost[1, 2] = True
    for value in (written[-2], expected[-2]):
        assert np.array_equal(np.isnan(value), lost)
    for dx in (written[-1], expected[-1]):
        assert np.array_equal(np.isnan(dx), np.repeat(lost[:, :, None], 7, axis=2))


@pytest.mark.parametrize("name", LOSSES)
def test_nan_stays_in_its_row(loss, name):
    problem = Problem(name, (3, 2, 5))
    problem.x[1, 0, 2] = np.nan
    *_, value, dx = problem.run(loss)[0]
    assert np.array_equal(np.isnan(value), [[False, False], [True, False], [False, False]])
    assert np.isnan(dx[1, 0, 2])
    assert not np.isnan(np.delete(dx.reshape(6, 5), 2, axis=0)).any()


@pytest.mark.parametrize("name", LOSSES)
def test_a_sample_of_no_weight_has_no_gradient(loss, name):
    problem = Problem(name, (3, 2, 5))
    problem.weight[1] = 0
    *_, value, dx = problem.run(loss)[0]
    assert np.all(dx[1] == 0)
    assert np.all(value[1] != 0)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_nothing_behind_an_operand_is_touched(loss, name, shape):
    """A breach ends the process."""
    problem = Problem(name, shape)
    getattr(loss, name)(*(fenced(operand.array) for operand in problem.operands()), *problem.scalars, 1)
