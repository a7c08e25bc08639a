"""The losses, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn import kernels
from cycnn.kernels.reference import loss as reference

from .cases import EPSILON, ISAS, agree, fixed, judge, load, sample
from .fences import fenced

# Terms are worked out 256 at a time.
SHAPES = [(4, 1, 1), (4, 1, 2), (4, 1, 10), (2, 1, 100), (3, 5, 7), (2, 300, 1), (3, 3, 257)]
SOFTMAX = ("softmax_crossentropy", "sparse_softmax_crossentropy")
SHARES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
LABELLED = ("sparse_softmax_crossentropy", "sparse_categorical_crossentropy", "generalized_crossentropy")
POINTWISE, ROWWISE = tuple(kernels.loss.POINTWISE), tuple(kernels.loss.ROWWISE)
LOSSES = (*SOFTMAX, *SHARES, "generalized_crossentropy", *POINTWISE, *ROWWISE)
FOCAL = ("binary_focal", "binary_focal_logits", "categorical_focal", "categorical_focal_logits")
SMOOTHED = (
    "softmax_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
    "binary_crossentropy_logits",
    *FOCAL,
)
PROBABILITIES = ("binary_crossentropy", "binary_focal", "poisson", "kl_divergence", "generalized_crossentropy")
TINY = 1e-7  # Keras's epsilon
CASES = [(name, 0.0) for name in LOSSES] + [(name, 0.1) for name in SMOOTHED]


@pytest.fixture(params=ISAS)
def loss(request):
    return load(request.param, "loss")


class Problem:
    """Arguments of a loss for predictions of shape (n, rows, c).

    Args:
        weights: of each sample; 0: none at all.
        numbers: the parameters a, b, c of a pointwise loss, a and b of a row's, q of the generalized one.
    """

    def __init__(self, name, shape, smoothing=0.0, weights=1, numbers=None, ignored=kernels.loss.NOTHING, seed=0):
        rng = np.random.default_rng((*shape, seed))
        self.name, self.shape, self.smoothing = name, shape, smoothing
        self.verb = "pointwise" if name in POINTWISE else "rowwise" if name in ROWWISE else name
        if numbers is None:
            numbers = {"huber": (1.5, 0.0, 0.0), "generalized_crossentropy": (0.7,)}.get(name, (0.0, 0.0, 0.0))
            numbers = {"binary_focal": (2.0, 0.75, 0.25), "categorical_focal": (2.0, 0.25)}.get(
                name.removesuffix("_logits"), numbers
            )
        self.numbers = numbers
        self.scalars = {
            "softmax_crossentropy": (smoothing,),
            "sparse_softmax_crossentropy": (ignored,),
            "categorical_crossentropy": (smoothing, TINY),
            "sparse_categorical_crossentropy": (ignored, TINY),
            "generalized_crossentropy": numbers[:1],
            "pointwise": (kernels.loss.POINTWISE.get(name), smoothing, TINY, *numbers[:3]),
            "rowwise": (kernels.loss.ROWWISE.get(name), smoothing, TINY, *numbers[:2]),
        }[self.verb]
        self.scale = np.array([1 / (shape[0] * shape[1])], np.float32)
        self.weight = rng.uniform(0, 2, (shape[0], weights)).astype(np.float32) if weights else None
        if name in SHARES or name == "categorical_focal":
            self.x = rng.dirichlet(np.full(shape[2], 0.5), shape[:2]).astype(np.float32) * np.float32(1.5)
        elif name in PROBABILITIES:
            self.x = rng.uniform(0, 1, shape).astype(np.float32)
        else:
            self.x = (rng.standard_normal(shape) * (2 if name in (*ROWWISE, *FOCAL) else 4)).astype(np.float32)
        if name in LABELLED:
            self.target = rng.integers(0, shape[2], shape[:2]).astype(np.int32)
        elif name in ("squared_hinge", "hinge", "categorical_hinge"):
            self.target = rng.choice([-1.0, 0.25, 1.0], shape).astype(np.float32)
        elif name in POINTWISE:
            self.target = rng.uniform(0, 1, shape).astype(np.float32)
            self.target[rng.uniform(0, 1, shape) < 0.5] = 1
            if name not in SMOOTHED and name not in PROBABILITIES:
                self.target *= rng.choice([-1, 1], shape)
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
        kernel, operands = getattr(loss, self.verb), self.operands(gradient)
        expected = [array for array in judge(reference, kernel, operands, self.scalars)[4:] if array is not None]
        written = agree(kernel, operands, self.scalars, units=1, samples=self.shape[0])
        return written if isinstance(written, list) else [written], expected

    def total(self, x):
        """The number whose gradient the reference works out."""
        value, y = np.empty(self.shape[:2]), [np.empty(self.shape)] if self.name in SOFTMAX else []
        getattr(reference, self.verb)(x, self.target, None, self.scale, *y, value, None, *self.scalars)
        return np.sum(value * (1 if self.weight is None else self.weight)) * np.float64(self.scale[0])

    def bounds(self, y, dx):
        """Errors that rounding may cause in value and gradient, (n, rows) and (n, rows, c)."""
        n, rows, c = self.shape
        x = self.x.astype(np.float64)
        factor = np.float64(self.scale[0]) * (np.ones((n, 1)) if self.weight is None else self.weight)
        factor = np.broadcast_to(factor, (n, rows))[:, :, None]
        t = self.target
        t = np.equal.outer(t, np.arange(c)) if self.name in LABELLED else t
        t = t * (1 - self.smoothing) + self.smoothing / (2 if self.name in POINTWISE else c)
        if self.name in SOFTMAX:  # rounded: x - top, the sum of the powers (its log), t
            spread = np.max(x, -1, keepdims=True) - x
            value = np.sum(t * (spread * 2 + c + 4), axis=-1)
            return value * EPSILON, factor * EPSILON * (y * (spread + c + 6) + 4 * t)
        if self.name in SHARES:  # rounded: the sum, q, log q, t; and t / q / sum
            value = np.sum(t * (c + 20), axis=-1)
            sums = np.sum(x, axis=-1, keepdims=True)
            return value * EPSILON, EPSILON * (2 * c + 8) * (np.abs(dx) + 2 * factor / sums)
        if self.name in POINTWISE:
            by_value, by_slope = self.pointwise_bounds(x, t)
            if self.name == "kl_divergence":
                return np.sum(by_value, -1) * EPSILON, by_slope * factor * EPSILON
            return np.mean(by_value, -1) * EPSILON, by_slope * factor * EPSILON / c
        by_value, by_slope = getattr(self, f"{self.name.removesuffix('_logits')}_bounds")(x, t, c)
        return by_value * EPSILON, by_slope * factor * EPSILON

    def pointwise_bounds(self, x, t):
        """Of terms and their slopes, in units of EPSILON."""
        a, b, c = self.numbers
        e, size = np.abs(x - t), np.maximum(np.abs(t), TINY)
        if self.name == "binary_crossentropy":  # two logs of at most 16.2, their factors, 1 - q
            return np.full(x.shape, 80.0), 16 * self.inner(x)
        if self.name == "binary_crossentropy_logits":
            return 4 * np.abs(x) + 4, np.full(x.shape, 6.0)
        if self.name.startswith("binary_focal"):  # rounded: r, its power, the logs, 1 - q
            q = x if self.name == "binary_focal" else reference.sigmoid(x)
            r = np.maximum(np.abs(t * (1 - q) + (1 - t) * q), 1e-30)
            cross, power = reference.binary(q, t, TINY), (t * c + (1 - t) * b) * r**a
            loose = 8 * a / r + 4 * a * np.abs(np.log(r)) + 12  # of the power
            slope = a / r * cross + self.inner(q)
            both = power * (loose * slope + 80 * a / r + 8 * a / r**2 * cross + 16 * self.inner(q) ** 2)
            both = both * q * (1 - q) + 4 * power * slope if self.name.endswith("logits") else both
            return power * (loose * cross + 80 + 8 * self.inner(q)), both
        if self.name == "logarithmic":
            logs = [np.log(np.maximum(array, TINY) + 1) for array in (x, t)]
            error, difference = 2 + np.abs(logs).sum(0), np.abs(logs[0] - logs[1])
            return (2 * difference + error * EPSILON) * error + 4 * difference**2, 2 * error + 8 * difference
        return {
            "squared": lambda: (4 * e**2, 6 * e),
            "absolute": lambda: (4 * e, 0 * e + 4),
            "percentage": lambda: (800 * e / size, 800 / size),
            "huber": lambda: (8 * np.where(e <= a, e * e, a * e), 6 * np.minimum(e, a)),
            "log_cosh": lambda: (4 * e + 4, 0 * e + 8),
            "poisson": lambda: (4 * x + t * (4 * np.abs(np.log(x + TINY)) + 4), 8 + 8 * t / (x + TINY)),
            "kl_divergence": lambda: (size * (4 * np.abs(np.log(size / np.maximum(x, TINY))) + 4), 8 * size / x),
            "hinge": lambda: (4 + 4 * np.abs(t * x), 6 * np.abs(t)),
            "squared_hinge": lambda: (8 * (1 + np.abs(t * x)) ** 2, 8 * np.abs(t) * (1 + np.abs(t * x))),
        }[self.name]()

    @staticmethod
    def inner(q):
        """What 1 / q + 1 / (1 - q) is within the clipping."""
        return np.minimum(1 / np.maximum(q, TINY), 1e7) + np.minimum(1 / np.maximum(1 - q, TINY), 1e7)

    def categorical_focal_bounds(self, x, t, c):
        a, b = self.numbers[:2]
        sums = np.sum(x, -1, keepdims=True)
        if self.name.endswith("logits"):
            x = np.exp(x - x.max(-1, keepdims=True))
            q, sums = x / np.sum(x, -1, keepdims=True), 1.0
        else:
            q = x / sums
        q = np.clip(q, TINY, 1 - 1.2e-7)
        power, log = b * t * (1 - q) ** a, np.abs(np.log(q))
        loose = 2 * c + 40 + (a + 1) * (c + 8) / (1 - q)
        slope = power * (a * log / (1 - q) + 1 / q)
        if self.name.endswith("logits"):
            return np.sum(power * (log + 1) * loose, -1), q * (
                slope * loose + np.sum(slope * q * loose, -1, keepdims=True)
            )
        return np.sum(power * (log + 1) * loose, -1), (
            slope * loose + np.sum(slope * q * loose, -1, keepdims=True)
        ) / sums

    def categorical_hinge_bounds(self, x, t, c):
        size = 1 + np.sum(np.abs(t * x), -1) + np.max(np.abs((1 - t) * x), -1)
        return (c + 4) * size, 6 * (1 + np.abs(t))

    def cosine_similarity_bounds(self, x, t, c):
        norm, other = (np.maximum(np.linalg.norm(array, axis=-1, keepdims=True), TINY) for array in (x, t))
        cosine = np.sum(np.abs(x * t), -1, keepdims=True) / norm / other
        return (3 * c + 10) * cosine[..., 0], (3 * c + 10) * (cosine * np.abs(x) / norm + np.abs(t) / other) / norm

    def generalized_crossentropy_bounds(self, x, t, c):
        q, p = self.numbers[0], np.sum(t * x, -1)
        return 4 * (1 + p**q) / q, 8 * t * p[..., None] ** (q - 1)

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


def test_the_reference_knows_the_numbers_of_the_losses(loss):
    for table, numbers in ((reference.POINTWISE, loss.POINTWISE), (reference.ROWWISE, loss.ROWWISE)):
        assert dict(zip(table, range(len(table)), strict=True)) == numbers


@pytest.mark.parametrize(("name", "smoothing"), CASES)
def test_gradients_of_the_reference_are_finite_differences(name, smoothing):
    for shape in ((2, 1, 4), (2, 3, 2), (1, 2, 1)):
        problem = Problem(name, shape, smoothing, weights=shape[1])
        x, step = problem.x.astype(np.float64), 1e-6
        if name == "logarithmic":
            x = np.abs(x)
        dx, y = np.empty(shape), [np.empty(shape)] if name in SOFTMAX else []
        out = *y, np.empty(shape[:2]), dx
        getattr(reference, problem.verb)(x, problem.target, problem.weight, problem.scale, *out, *problem.scalars)
        for place in np.ndindex(shape):
            if name in PROBABILITIES or name in SHARES:
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
@pytest.mark.parametrize("weights", [0, 300])
def test_weights_of_rows_and_none_at_all(loss, name, weights):
    Problem(name, (3, 300, 3), weights=weights).check(loss)


@pytest.mark.parametrize("name", FOCAL)
@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 3.0])
def test_exponents_of_focal_losses(loss, name, exponent):
    Problem(name, (3, 5, 7), numbers=(exponent, 0.75, 1.5)).check(loss)


@pytest.mark.parametrize(("exponent", "sign"), [(2.0, 1), (3.0, -1), (0.5, np.nan)])
def test_focal_loss_of_what_is_no_probability(loss, exponent, sign):
    problem = Problem("binary_focal", (1, 1, 1), numbers=(exponent, 1.0, 1.0))
    problem.x[...], problem.target[...] = 1.5, 1
    (value, dx), _ = problem.run(loss)
    np.testing.assert_allclose(value, sign * 0.5**exponent * -np.log1p(-1.2e-7), rtol=0.01)
    assert np.isnan(dx[0, 0, 0]) == np.isnan(sign)


@pytest.mark.parametrize("name", SOFTMAX)
def test_softmax_crossentropy_of_sure_predictions(loss, name):
    """Neither overflows nor loses a gradient that is small beside 1."""
    problem = Problem(name, (3, 1, 10), weights=0)
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


def test_binary_focal_crossentropy_at_the_ends(loss):
    problem = Problem("binary_focal", (2, 1, 4))
    problem.x[...] = [0, 1, 1e-9, 1e-7]
    problem.target[0], problem.target[1] = 1, 0
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-4)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-4, atol=1e-7)  # without the clipping, the first is infinite
    assert dx[0, 0, 3] < -1e5 < dx[0, 0, 2]


def test_kl_divergence_at_the_ends(loss):
    problem = Problem("kl_divergence", (1, 1, 4))
    problem.x[...], problem.target[...] = [0, 1.5, 1, 0.5], [0.5, 0.5, 2, 0]
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-6)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-6)
    assert np.array_equal(dx[0, 0] != 0, [False, False, True, True])


def test_logarithmic_error_below_zero(loss):
    problem = Problem("logarithmic", (1, 1, 4), weights=0)
    problem.x[...], problem.target[...] = [-3, 0, 2, -1], [1, -2, -2, -1]
    problem.check(loss)
    _, dx = problem.run(loss)[0]
    assert np.array_equal(dx[0, 0] != 0, [False, False, True, False])


def test_binary_crossentropy_of_large_logits(loss):
    problem = Problem("binary_crossentropy_logits", (2, 1, 4))
    problem.x[...] = [-200, 200, -30, 30]
    problem.target[0], problem.target[1] = [0, 1, 0, 1], [1, 0, 1, 0]
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-6)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-6, atol=EPSILON)


def test_log_cosh_of_large_errors(loss):
    problem = Problem("log_cosh", (1, 1, 3), weights=0)
    problem.x[...], problem.target[...] = [1e4, -1e4, 1e-3], 0
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-6)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-6)


@pytest.mark.parametrize(("name", "slope"), [("absolute", 0.0), ("percentage", 0.0), ("hinge", -0.5)])
def test_slopes_at_a_kink(loss, name, slope):
    problem = Problem(name, (1, 1, 1), weights=0)
    problem.x[...] = problem.target[...] = 1
    problem.check(loss)
    assert problem.run(loss)[0][1][0, 0, 0] == slope


def test_equal_maxima_of_a_categorical_hinge_share_the_gradient(loss):
    problem = Problem("categorical_hinge", (2, 1, 4), weights=0)
    problem.x[...], problem.target[...] = [3, 3, 0.5, -1], [0, 0, 0, 1]
    problem.target[1] = [0, 0, 1, 0]
    problem.x[1] = [-1, -1, 4, -2]  # right by more than the margin
    problem.check(loss)
    value, dx = problem.run(loss)[0]
    assert np.array_equal(value, [[5], [0]])
    assert np.array_equal(2 * dx[:, 0], [[0.5, 0.5, 0, -1], [0, 0, 0, 0]])


def test_cosine_similarity_of_nothing(loss):
    problem = Problem("cosine_similarity", (3, 1, 2), weights=0)
    problem.x[0], problem.target[1], problem.x[2], problem.target[2] = 0, 0, 1e-9, 1
    (value, dx), (expected_value, expected_dx) = problem.run(loss)
    np.testing.assert_allclose(value, expected_value, rtol=1e-5)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-5)
    assert np.all(np.isfinite(dx))


@pytest.mark.parametrize("values", [[0, 1], [-1, 1], [0, 1, 0.5], [1], [0], [np.nan, 1]])
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 7)], ids=str)
def test_signs(loss, values, shape):
    target = np.random.default_rng(1).choice(np.array(values, np.float32), shape)
    expected = judge(reference, loss.signs, [sample(target)])[0]
    written = agree(loss.signs, [sample(target)], units=1, per_sample=False, samples=shape[0])
    assert np.array_equal(written, expected, equal_nan=True)
    assert np.array_equal(written == target, np.full(shape, bool(set(target.ravel()) - {0, 1})) | (target == 1)) or (
        np.isnan(target).any()
    )


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


@pytest.mark.parametrize("name", LABELLED[:2])
@pytest.mark.parametrize("ignored", [-1, 0, 6, 255])
def test_a_label_that_is_ignored(loss, name, ignored):
    problem = Problem(name, (2, 3, 7), ignored=ignored)
    problem.target[0, 1] = problem.target[1, 2] = ignored
    problem.x[0, 1, 3] = np.nan
    written, expected = problem.run(loss)
    rows = problem.target == ignored
    assert np.all(written[-2][rows] == 0)
    assert np.all(written[-1][rows] == 0)
    np.testing.assert_allclose(written[-2], expected[-2], rtol=1e-5)
    np.testing.assert_allclose(written[-1], expected[-1], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_nan_stays_in_its_row(loss, name):
    problem = Problem(name, (3, 2, 5))
    problem.x[1, 0, 2] = np.nan
    if name == "generalized_crossentropy":  # the prediction of its label is all that it reads
        problem.target[1, 0] = 2
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
    assert np.any(value[1] != 0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_row_of_no_weight_has_no_gradient(loss, name):
    problem = Problem(name, (3, 2, 5), weights=2)
    problem.weight[1, 0] = 0
    *_, dx = problem.run(loss)[0]
    assert np.all(dx[1, 0] == 0)
    assert np.any(dx[1, 1] != 0) or np.any(dx[0] != 0)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_nothing_behind_an_operand_is_touched(loss, name, shape):
    """A breach ends the process."""
    problem = Problem(name, shape)
    operands = [None if operand is None else fenced(operand.array) for operand in problem.operands()]
    getattr(loss, problem.verb)(*operands, *problem.scalars, 1)
