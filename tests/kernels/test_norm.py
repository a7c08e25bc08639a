"""Batch normalization, on every instruction set of this processor, beside the reference."""

import itertools

import numpy as np
import pytest

from cycnn.kernels.reference import norm as reference

from .cases import EPSILON, ISAS, THREADS, agree, fixed, group, judge, load, run_door, sample
from .fences import fenced

CHANNELS = (1, 3, 7, 8, 16, 17, 32, 33, 65)
ELEMENTWISE = load(ISAS[0], "elementwise")
NONE = (0, 1e-3, 0.0, 0.0, 0.0)  # no activation, and epsilon
# Activations with parameters that mean something; those that are not named take none.
PARAMETERS = {
    "leaky_relu": (0.3, 0.0, 0.0), "elu": (0.7, 0.0, 0.0), "celu": (1.3, 0.0, 0.0), "soft_shrink": (0.4, 0.0, 0.0),
    "hard_shrink": (0.4, 0.0, 0.0), "squareplus": (4.0, 0.0, 0.0), "relu_general": (0.2, 1.1, -0.3),
    "threshold": (0.2, -0.7, 0.0),
}  # fmt: skip
SHAPES = [(3, 5, c) for c in CHANNELS] + [(4, 1, 10), (2, 70, 3), (2, 200, 40), (3, 2, 513), (2, 3, 1100)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


@pytest.fixture(params=ISAS)
def norm(request):
    return load(request.param, "norm")


class Problem:
    """A map, a gradient and the channels' numbers."""

    def __init__(self, shape, gamma=True, beta=True):
        rng, c = np.random.default_rng(shape), shape[2]
        self.n, self.rows, self.c = shape
        self.epsilon = 1e-3
        self.x = (rng.standard_normal(shape) * 2 + rng.standard_normal(c) * 3).astype(np.float32)
        self.dy = rng.standard_normal(shape).astype(np.float32)
        self.mean, self.variance = (rng.uniform(0.5, 2, c).astype(np.float32) for _ in range(2))
        self.gamma = rng.standard_normal(c).astype(np.float32) if gamma else None
        self.beta = rng.standard_normal(c).astype(np.float32) if beta else None
        self.sums = np.concatenate([[self.n * self.rows], rng.standard_normal(2 * c)]).astype(np.float32)

    def partials(self, kernel, operands, reals=()):
        """The partial results of an accumulating kernel, by groups and chunks: the same for any number of threads."""
        operands, n, width = list(operands), self.n, 2 * self.c + 1
        cases = [(1, 1), (2, 1), (n, 2), (n, n), (n, None)]
        first = dict.fromkeys(cases)
        for threads, units, case in itertools.product(THREADS, (1, 3), cases):
            partial = np.full((-(-n // case[0]), width), np.nan, np.float32)
            operands[-1] = group(partial)
            run_door(kernel, operands, [], reals, units, case[1] is not None and units == 1, n, threads, *case)
            first[case] = partial if first[case] is None else first[case]
            assert partial.tobytes() == first[case].tobytes()
        return first.values()


def place(values):
    return None if values is None else fixed(values)


# ----------------------------------------------------------------------------------------------- the reference itself


def test_gradients_of_the_reference_are_finite_differences():
    problem = Problem((3, 2, 4))
    c, step, epsilon = problem.c, 1e-5, problem.epsilon
    x, dy, gamma, beta = (a.astype(np.float64) for a in (problem.x, problem.dy, problem.gamma, problem.beta))

    def total(x, gamma, beta):
        partial, y, mean, variance = np.empty((1, 2 * c + 1)), np.empty(x.shape), *np.empty((2, c))
        reference.moments(x, partial[0])
        reference.merge_moments(partial, mean, variance, None, None, 0.9)
        reference.normalize(x, mean, variance, gamma, beta, y, *NONE)
        return np.sum(y * dy)

    mean, variance, partial, sums = x.mean((0, 1)), x.var((0, 1)), np.empty((1, 2 * c + 1)), np.empty(2 * c + 1)
    dx, dgamma, dbeta = np.empty(x.shape), *np.empty((2, c))
    reference.backward_sums(x, dy, mean, variance, partial[0], epsilon)
    reference.merge_sums(partial, sums, dgamma, dbeta)
    reference.backward_input(dy, x, mean, variance, gamma, sums, dx, epsilon)
    for array, gradient in ((x, dx), (gamma, dgamma), (beta, dbeta)):
        for where in np.ndindex(array.shape):
            value = array[where]
            array[where] = value + step
            above = total(x, gamma, beta)
            array[where] = value - step
            below = total(x, gamma, beta)
            array[where] = value
            assert abs(gradient[where] - (above - below) / (2 * step)) < 1e-7

    fixed_dx = np.empty(x.shape)
    reference.backward_fixed(dy, variance, gamma, fixed_dx, epsilon)
    np.testing.assert_allclose(fixed_dx, dy * gamma / np.sqrt(variance + epsilon), rtol=1e-14)


def test_groups_of_the_reference_merge_to_the_whole():
    x, c = np.random.default_rng(0).standard_normal((7, 3, 5)), 5
    partial, mean, variance = np.empty((3, 2 * c + 1)), *np.empty((2, c))
    for line, part in zip(partial, (x[:2], x[2:3], x[3:])):
        reference.moments(part, line)
    reference.merge_moments(partial, mean, variance, None, None, 0.9)
    np.testing.assert_allclose(mean, x.mean((0, 1)), atol=1e-15)
    np.testing.assert_allclose(variance, x.var((0, 1)), rtol=1e-14)


# ------------------------------------------------------------------------------------------------------- statistics


def check_moments(norm, problem, partial):
    """The statistics that partial results give are those of the whole batch, to the rounding of blocks of 64 rows."""
    x = problem.x.astype(np.float64)
    mean, variance = np.empty((2, problem.c), np.float32)
    norm.merge_moments(partial, mean, variance, None, None, 0.9, 1)
    length = 64 + 2 * (problem.n * problem.rows // 64 + problem.n)  # of the longest chain of additions
    size = np.mean(np.abs(x), axis=(0, 1))
    assert np.all(np.abs(mean - x.mean((0, 1))) <= length * EPSILON * size)
    bound = length * EPSILON * (x.var((0, 1)) + 4 * size * x.std((0, 1)) * length * EPSILON)
    assert np.all(np.abs(variance - x.var((0, 1))) <= bound)


@shapes
def test_moments(norm, shape):
    problem = Problem(shape)
    first = None
    for threads in THREADS:
        partial = np.full(2 * problem.c + 1, np.nan, np.float32)
        norm.moments(problem.x, partial, threads)
        first = partial if first is None else first
        assert partial.tobytes() == first.tobytes()
    check_moments(norm, problem, first[None])
    partials = problem.partials(norm.moments, [sample(problem.x), None])
    for partial in partials:
        assert partial[:, 0].sum() == problem.n * problem.rows
        check_moments(norm, problem, partial)
    # A single task does what the Python door does.
    assert first.tobytes() in {partial.tobytes() for partial in partials}


def test_variance_of_a_small_signal_on_a_large_offset(norm):
    rng = np.random.default_rng(1)
    problem = Problem((16, 100, 33))
    problem.x = (rng.standard_normal(problem.x.shape) + 1000).astype(np.float32)
    for partial in problem.partials(norm.moments, [sample(problem.x), None]):
        mean, variance = np.empty((2, 33), np.float32)
        norm.merge_moments(partial, mean, variance, None, None, 0.9, 1)
        np.testing.assert_allclose(mean, problem.x.mean((0, 1), np.float64), rtol=64 * EPSILON)
        np.testing.assert_allclose(variance, problem.x.var((0, 1), np.float64), rtol=1e-3)


@pytest.mark.parametrize("groups", [1, 2, 5])
@pytest.mark.parametrize("moving", [(True, True), (True, False), (False, False)])
def test_merge_moments(norm, groups, moving):
    rng, c = np.random.default_rng(groups), 19
    partial = rng.uniform(0.5, 3, (groups, 2 * c + 1)).astype(np.float32)
    partial[:, 0] = rng.integers(1, 50, groups)
    mean, variance, moving_mean, moving_variance = rng.uniform(0.5, 1, (4, c)).astype(np.float32)
    operands = [group(partial), fixed(mean), fixed(variance), *(
        fixed(array) if given else None for array, given in zip((moving_mean, moving_variance), moving)
    )]  # fmt: skip
    expected = judge(reference, norm.merge_moments, operands, (0.99,))
    written = agree(norm.merge_moments, operands, (0.99,), units=1, per_sample=False, samples=groups, groups=groups)
    for array, other in zip(written, [array for array in expected[1:] if array is not None]):
        np.testing.assert_allclose(array, other, rtol=4 * EPSILON)


# --------------------------------------------------------------------------------------------------- forward and back


@pytest.mark.parametrize(
    ("shape", "gamma", "beta"),
    [(shape, True, True) for shape in SHAPES]
    + [((2, 9, 7), *given) for given in ((True, False), (False, True), (False, False))],
    ids=str,
)
def test_normalize(norm, shape, gamma, beta):
    p = Problem(shape, gamma, beta)
    y = np.empty_like(p.x)
    operands = [sample(p.x), fixed(p.mean), fixed(p.variance), place(p.gamma), place(p.beta), sample(y)]
    *_, expected = judge(reference, norm.normalize, operands, NONE)
    y = agree(norm.normalize, operands, NONE, units=1, samples=p.n)
    offset = 0 if p.beta is None else np.abs(p.beta)
    assert np.all(np.abs(y - expected) <= 4 * EPSILON * (np.abs(expected) + 2 * offset))

    over = p.x.copy()
    norm.normalize(over, p.mean, p.variance, p.gamma, p.beta, over, *NONE, 1)
    assert over.tobytes() == y.tobytes()


def through(norm, p, kind, parameters):
    """A normalized map, its activation, and dy through it: each by the kernel that does nothing else."""
    elementwise, flat = load(norm.isa, "elementwise"), (p.n, p.rows * p.c)
    z, y, dx = (np.empty_like(p.x) for _ in range(3))
    norm.normalize(p.x, p.mean, p.variance, p.gamma, p.beta, z, *NONE, 1)
    elementwise.activate(z.reshape(flat), y.reshape(flat), kind, *parameters, 1)
    before = z.reshape(flat), y.reshape(flat), p.dy.reshape(flat)
    elementwise.activate_backward(*before, dx.reshape(flat), kind, *parameters, 1)
    return y, dx


@pytest.mark.parametrize("name", ELEMENTWISE.KINDS)
@pytest.mark.parametrize("shape", [(3, 9, 7), (2, 150, 40), (2, 3, 1100)], ids=str)
def test_an_activation_in_the_same_pass(norm, name, shape):
    """Bit for bit what two kernels do one after the other, forward and back."""
    p, kind, parameters = Problem(shape), ELEMENTWISE.KINDS[name], PARAMETERS.get(name, (0.0, 0.0, 0.0))
    y, dx = through(norm, p, kind, parameters)
    scalars = (kind, p.epsilon, *parameters)
    statistics = p.mean, p.variance, p.gamma, p.beta
    operands = [sample(p.x), *map(fixed, statistics), sample(np.empty_like(y))]
    assert agree(norm.normalize, operands, scalars, units=1, samples=p.n).tobytes() == y.tobytes()

    needs_y = name not in ELEMENTWISE.FROM_INPUT
    expected, partial, dy = *np.empty((2, 2 * p.c + 1), np.float32), p.dy.copy()
    norm.backward_sums(p.x, dx, p.mean, p.variance, expected, p.epsilon, 1)
    norm.activated_sums(p.x, dy, *statistics, y if needs_y else None, partial, *scalars, 1)
    assert dy.tobytes() == dx.tobytes()
    assert partial.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["relu", "tanh", "silu", "gelu"])
@shapes
def test_activated_sums(norm, name, shape):
    """Over tasks of a group, beside the reference."""
    p, kind = Problem(shape), ELEMENTWISE.KINDS[name]
    y, _ = through(norm, p, kind, (0.0, 0.0, 0.0))
    y = None if name in ELEMENTWISE.FROM_INPUT else y
    statistics, scalars = (p.mean, p.variance, p.gamma, p.beta), (kind, p.epsilon, 0.0, 0.0, 0.0)
    expected, wide = np.empty(2 * p.c + 1), p.dy.astype(np.float64)
    reference.activated_sums(p.x, wide, *statistics, y, expected, *scalars)
    bound, below = np.empty(2 * p.c + 1), np.minimum(p.x, 2 * p.mean - p.x)
    reference.backward_sums(below, -np.abs(p.dy), p.mean, p.variance, bound, p.epsilon)
    bound = np.abs(bound) * EPSILON * (80 + p.n * p.rows // 64 + p.n)
    for threads, (size, chunk) in itertools.product(THREADS, [(1, 1), (2, 1), (p.n, 2), (p.n, p.n)]):
        dy, partial = p.dy.copy(), np.full((-(-p.n // size), 2 * p.c + 1), np.nan, np.float32)
        operands = [sample(p.x), sample(dy), *map(fixed, statistics), y if y is None else sample(y), group(partial)]
        run_door(norm.activated_sums, operands, [kind], scalars[1:], 1, False, p.n, threads, size, chunk)
        np.testing.assert_allclose(dy, wide, rtol=2e-5, atol=2e-6)
        total = partial.sum(0, dtype=np.float64)
        assert total[0] == p.n * p.rows
        assert np.all(np.abs(total - expected) <= bound + 1e-6 * np.sum(np.abs(wide), axis=(0, 1)).max())


@pytest.mark.parametrize("given", [(True, True, True), (False, True, False), (True, False, True)])
@pytest.mark.parametrize("shape", [(9, 7, 1), (1, 33, 1), (6, 5, 4)], ids=str)
def test_fold(norm, shape, given):
    rng, f = np.random.default_rng(shape), shape[1]
    kernel, (bias, mean, gamma, beta) = rng.standard_normal(shape).astype(np.float32), rng.standard_normal((4, f))
    bias, gamma, beta = (a.astype(np.float32) if one else None for a, one in zip((bias, gamma, beta), given))
    statistics = fixed(mean.astype(np.float32)), fixed(rng.uniform(0.1, 2, f).astype(np.float32))
    operands = [fixed(kernel), place(bias), *statistics, place(gamma), place(beta)]
    operands += [fixed(np.empty_like(kernel)), fixed(np.empty(f, np.float32))]
    *_, folded, offset = judge(reference, norm.fold, operands, (1e-3,))
    found = agree(norm.fold, operands, (1e-3,), units=shape[0], per_sample=False)
    np.testing.assert_allclose(found[0], folded, rtol=4 * EPSILON)
    np.testing.assert_allclose(found[1], offset, rtol=8 * EPSILON, atol=8 * EPSILON)


@shapes
def test_backward_sums(norm, shape):
    p = Problem(shape)
    expected = np.empty(2 * p.c + 1)
    reference.backward_sums(p.x, p.dy, p.mean, p.variance, expected, p.epsilon)
    bound = np.empty(2 * p.c + 1)
    below = np.minimum(p.x, 2 * p.mean - p.x)  # |x - mean| = mean - below
    reference.backward_sums(below, -np.abs(p.dy), p.mean, p.variance, bound, p.epsilon)
    bound = np.abs(bound) * EPSILON * (72 + p.n * p.rows // 64 + p.n)
    operands = [sample(p.x), sample(p.dy), fixed(p.mean), fixed(p.variance), None]
    first = None
    for threads in THREADS:
        partial = np.full(2 * p.c + 1, np.nan, np.float32)
        norm.backward_sums(p.x, p.dy, p.mean, p.variance, partial, p.epsilon, threads)
        first = partial if first is None else first
        assert partial.tobytes() == first.tobytes()
    assert np.all(np.abs(first - expected) <= bound)
    for partial in p.partials(norm.backward_sums, operands, [p.epsilon]):
        assert np.all(np.abs(partial.sum(0, dtype=np.float64) - expected) <= bound)


@pytest.mark.parametrize(
    ("groups", "gamma", "beta"), [(1, True, True), (2, True, False), (5, False, True), (3, False, False)]
)
def test_merge_sums(norm, groups, gamma, beta):
    c = 19
    partial = np.random.default_rng(groups).standard_normal((groups, 2 * c + 1)).astype(np.float32)
    outputs = np.empty(2 * c + 1, np.float32), np.empty(c, np.float32), np.empty(c, np.float32)
    wanted = zip(outputs, (True, gamma, beta))
    operands = [group(partial), *(fixed(array) if given else None for array, given in wanted)]
    expected = [array for array in judge(reference, norm.merge_sums, operands)[1:] if array is not None]
    written = agree(norm.merge_sums, operands, units=1, per_sample=False, samples=groups, groups=groups)
    for array, other in zip(written if isinstance(written, list) else [written], expected):
        assert np.all(np.abs(array - other) <= EPSILON * np.abs(other))


@pytest.mark.parametrize(("shape", "gamma"), [(shape, True) for shape in SHAPES] + [((2, 9, 7), False)], ids=str)
def test_backward_input(norm, shape, gamma):
    p = Problem(shape, gamma)
    statistics = fixed(p.mean), fixed(p.variance), place(p.gamma), fixed(p.sums)
    operands = [sample(p.dy), sample(p.x), *statistics, sample(np.empty_like(p.x))]
    *_, expected = judge(reference, norm.backward_input, operands, (p.epsilon,))
    dx = agree(norm.backward_input, operands, (p.epsilon,), units=1, samples=p.n)
    deviation = np.sqrt(p.variance + p.epsilon)
    each = np.abs(p.sums[1:]).reshape(2, p.c) / p.sums[0]
    terms = np.abs(p.dy) + each[0] + np.abs(p.x - p.mean) / deviation * each[1]
    factor = (1 if p.gamma is None else np.abs(p.gamma)) / deviation
    assert np.all(np.abs(dx - expected) <= 6 * EPSILON * terms * factor)

    over = p.dy.copy()
    norm.backward_input(over, p.x, p.mean, p.variance, p.gamma, p.sums, over, p.epsilon, 1)
    assert over.tobytes() == dx.tobytes()


@pytest.mark.parametrize(("shape", "gamma"), [(shape, True) for shape in SHAPES] + [((2, 9, 7), False)], ids=str)
def test_backward_fixed(norm, shape, gamma):
    p = Problem(shape, gamma)
    operands = [sample(p.dy), fixed(p.variance), place(p.gamma), sample(np.empty_like(p.x))]
    *_, expected = judge(reference, norm.backward_fixed, operands, (p.epsilon,))
    dx = agree(norm.backward_fixed, operands, (p.epsilon,), units=1, samples=p.n)
    np.testing.assert_allclose(dx, expected, rtol=4 * EPSILON)


def test_nan_stays_in_its_channel(norm):
    p = Problem((4, 70, 37))
    p.x[2, 3, 11], p.x[1, 69, 36] = np.nan, np.inf
    lost = np.isin(np.arange(37), (11, 36))
    partial, mean, variance = np.empty((1, 75), np.float32), *np.empty((2, 37), np.float32)
    norm.moments(p.x, partial[0], 1)
    norm.merge_moments(partial, mean, variance, None, None, 0.9, 1)
    assert np.array_equal(np.isfinite(mean), ~lost)
    assert np.array_equal(np.isnan(variance), lost)
    norm.backward_sums(p.x, p.dy, p.mean, p.variance, partial[0], p.epsilon, 1)
    assert np.array_equal(~np.isfinite(partial[0, 38:]), lost)


@shapes
def test_nothing_behind_an_operand_is_touched(norm, shape):
    """A breach ends the process."""
    p = Problem(shape)
    x, dy, mean, variance, gamma, beta, sums = map(fenced, (p.x, p.dy, p.mean, p.variance, p.gamma, p.beta, p.sums))
    out, line = fenced(p.x), fenced(p.sums[None])
    norm.moments(x, line[0], 2)
    norm.merge_moments(line, mean, variance, gamma, beta, 0.9, 1)
    norm.normalize(x, mean, variance, gamma, beta, out, *NONE, 2)
    norm.activated_sums(x, fenced(p.dy), mean, variance, gamma, beta, None, line[0], 1, p.epsilon, 0.0, 0.0, 0.0, 1)
    norm.fold(x.reshape(p.n * p.rows, p.c, 1), beta, mean, variance, gamma, beta, out.reshape(p.n * p.rows, p.c, 1),
              fenced(p.mean), p.epsilon, 2)  # fmt: skip
    norm.backward_sums(x, dy, mean, variance, line[0], p.epsilon, 2)
    norm.merge_sums(line, sums, gamma, beta, 1)
    norm.backward_input(dy, x, mean, variance, gamma, sums, out, p.epsilon, 2)
    norm.backward_fixed(dy, variance, gamma, out, p.epsilon, 2)
