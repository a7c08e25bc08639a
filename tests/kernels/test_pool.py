"""The pooling kernels, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import pool as reference

from .cases import CHANNELS, EPSILON, ISAS, agree, judge, load, sample

# height, width, window, strides, padding (top, bottom, left, right)
GEOMETRIES = {
    "touching": (6, 8, (2, 2), (2, 2), (0, 0, 0, 0)),
    "touching, a row and a column left over": (7, 9, (2, 2), (2, 2), (0, 0, 0, 0)),
    "touching, the last ones partly outside": (7, 9, (2, 2), (2, 2), (0, 1, 0, 1)),
    "touching, the first ones partly outside": (7, 9, (2, 2), (2, 2), (1, 0, 1, 0)),
    "touching, three wide": (9, 7, (3, 3), (3, 3), (0, 0, 0, 0)),
    "overlapping": (7, 9, (3, 3), (2, 2), (0, 0, 0, 0)),
    "overlapping, partly outside on two sides": (8, 6, (3, 3), (2, 2), (0, 1, 0, 1)),
    "overlapping, partly outside on all sides": (5, 6, (3, 3), (1, 1), (1, 1, 1, 1)),
    "overlapping, far outside": (6, 5, (5, 4), (2, 3), (3, 4, 2, 3)),
    "overlapping rows only": (7, 8, (3, 2), (1, 2), (1, 1, 0, 0)),
    "overlapping columns only": (8, 7, (2, 3), (2, 1), (0, 0, 1, 1)),
    "gaps": (8, 9, (2, 2), (3, 4), (0, 0, 0, 0)),
    "gaps between columns, partly outside": (7, 10, (2, 3), (2, 5), (1, 0, 2, 0)),
    "gaps between rows": (11, 4, (1, 2), (3, 2), (0, 0, 0, 0)),
    "single pixels": (5, 5, (1, 1), (2, 2), (0, 0, 0, 0)),
    "the whole map": (4, 5, (4, 5), (1, 1), (0, 0, 0, 0)),
    "larger than the map": (2, 3, (5, 5), (2, 2), (2, 3, 2, 2)),
    "one pixel": (1, 1, (2, 2), (2, 2), (0, 1, 0, 1)),
}
# height, width, windows: adaptive ones, whose sizes differ by one and which overlap where they do not divide evenly
ADAPTIVE = [(7, 9, 3, 4), (6, 8, 3, 2), (5, 5, 5, 5), (3, 4, 5, 7), (8, 1, 1, 1), (11, 6, 4, 6)]
DIVISIBLE = 3600.0  # by the pixels of every window of at most 6 x 6, 60 = lcm(1 ... 6)


class Problem:
    """Shapes and window of a pooling call: `x`, `y` and `window` as the kernels take them."""

    @classmethod
    def adaptive(cls, height, width, rows, columns, c):
        problem = cls(height, width, (1, 1), (1, 1), (0, 0, 0, 0), c=c)
        problem.y, problem.rows = (problem.n, rows, columns, c), rows
        widest = [
            max(-(-(k + 1) * m // n) - k * m // n for k in range(n)) for m, n in ((height, rows), (width, columns))
        ]
        problem.window, problem.longest, problem.overlap = (*widest, 0, 0, 0, 0), sum(widest), 4 * max(rows, columns)
        return problem

    def __init__(self, height, width, size, strides, padding, n=4, c=5):
        top, bottom, left, right = padding
        rows = (height + top + bottom - size[0]) // strides[0] + 1
        columns = (width + left + right - size[1]) // strides[1] + 1
        self.x, self.y = (n, height, width, c), (n, rows, columns, c)
        self.window = (*size, *strides, top, left)
        self.n, self.rows, self.longest = n, rows, sum(size)
        # Windows that may hold one pixel
        self.overlap = -(-size[0] // strides[0]) * -(-size[1] // strides[1])

    def run(self, kernel, arrays, units=1, *more):
        """What a kernel wrote, and all operands as the reference leaves them."""
        operands, geometry = [None if array is None else sample(array) for array in arrays], (*self.window, *more)
        expected = judge(reference, kernel, operands, geometry)
        return agree(kernel, operands, geometry, units=units, samples=self.n), expected


def problems(**sizes):
    return pytest.mark.parametrize("problem", [Problem(*g, **sizes) for g in GEOMETRIES.values()], ids=GEOMETRIES)


def channels(*names):
    cases = {f"{name}, {c} channels": Problem(*GEOMETRIES[name], n=2, c=c) for name in names for c in CHANNELS}
    return pytest.mark.parametrize("problem", cases.values(), ids=cases)


@pytest.fixture(params=ISAS)
def pool(request):
    return load(request.param, "pool")


def normal(shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def integers(shape):
    """Few values, so that most windows hold ties."""
    return np.random.default_rng(sum(shape)).integers(-3, 4, shape).astype(np.float32)


def odd(shape):
    """Ties, with NaN and infinities among them; a sample of -inf and one of NaN."""
    rng = np.random.default_rng(sum(shape))
    x = rng.choice(np.array([-1, 0, 1, np.nan, np.inf, -np.inf], np.float32), shape, p=(0.2, 0.2, 0.2, 0.1, 0.1, 0.2))
    x[0] = -np.inf
    if shape[0] > 1:
        x[1] = np.nan
    return x


def check_max(pool, problem, x, dy):
    y, argmax = np.empty(problem.y, np.float32), np.empty(problem.y, np.int32)
    for relu in (True, False):
        (y, argmax), expected = problem.run(pool.max_forward, [x, y, argmax], problem.rows, relu)
        np.testing.assert_array_equal(y, expected[1])
        np.testing.assert_array_equal(argmax, expected[2])
    alone, _ = problem.run(pool.max_forward, [x, y, None], problem.rows, False)
    assert alone.tobytes() == y.tobytes()

    dx, expected = problem.run(pool.max_backward, [dy, argmax, np.empty_like(x)])
    return dx, expected[2]


# --------------------------------------------------------------------------------------------------------- max


@problems()
@pytest.mark.parametrize("draw", [normal, integers, odd])
def test_max(pool, problem, draw):
    dx, expected = check_max(pool, problem, draw(problem.x), integers(problem.y))
    np.testing.assert_array_equal(dx, expected)


@channels("touching, a row and a column left over", "overlapping, partly outside on two sides")
def test_max_channels(pool, problem):
    dx, expected = check_max(pool, problem, integers(problem.x), integers(problem.y))
    np.testing.assert_array_equal(dx, expected)


@problems()
def test_max_gradients_add_up_to_rounding(pool, problem):
    x, dy = normal(problem.x), normal(problem.y)
    dx, expected = check_max(pool, problem, x, dy)
    bound, _ = check_max(pool, problem, x, np.abs(dy))
    assert np.all(np.abs(dx - expected) <= problem.overlap * EPSILON * bound)


def test_first_maximum_and_first_nan_win(pool):
    x = np.array([[3, 5, 5, 5], [np.nan, 9, 1, np.nan], [-np.inf, -np.inf, -np.inf, -np.inf]], np.float32)
    y, argmax = np.empty((3, 1, 1, 1), np.float32), np.empty((3, 1, 1, 1), np.int32)
    pool.max_forward(x.reshape(3, 2, 2, 1), y, argmax, 2, 2, 2, 2, 0, 0, False, 1)
    np.testing.assert_array_equal(y.ravel(), [5, np.nan, -np.inf])
    np.testing.assert_array_equal(argmax.ravel(), [1, 0, 0])


def test_nan_in_dy_stays_with_its_winner(pool):
    problem = Problem(*GEOMETRIES["overlapping"], c=17)
    dy = integers(problem.y)
    dy[1, 1, 2] = np.nan
    dx, expected = check_max(pool, problem, normal(problem.x), dy)
    assert np.isnan(expected).sum() == 17
    np.testing.assert_array_equal(dx, expected)


# ----------------------------------------------------------------------------------------------------- average


@problems()
@pytest.mark.parametrize("draw", [integers, odd])
def test_average_is_exact(pool, problem, draw):
    x = draw(problem.x)
    y, expected = problem.run(pool.average_forward, [x, np.empty(problem.y, np.float32)], problem.rows)
    np.testing.assert_array_equal(y, expected[1].astype(np.float32))

    dy = draw(problem.y) * np.float32(DIVISIBLE)
    dx, expected = problem.run(pool.average_backward, [dy, np.empty_like(x)])
    np.testing.assert_array_equal(dx, expected[1])


@channels("touching, a row and a column left over", "overlapping, partly outside on two sides")
def test_average_channels(pool, problem):
    x, dy = integers(problem.x), integers(problem.y) * np.float32(DIVISIBLE)
    y, expected = problem.run(pool.average_forward, [x, np.empty_like(dy)], problem.rows)
    np.testing.assert_array_equal(y, expected[1].astype(np.float32))
    dx, expected = problem.run(pool.average_backward, [dy, np.empty_like(x)])
    np.testing.assert_array_equal(dx, expected[1])


@problems()
def test_average_to_rounding(pool, problem):
    x, dy = normal(problem.x), normal(problem.y)
    y, expected = problem.run(pool.average_forward, [x, np.empty_like(dy)], problem.rows)
    bound, _ = problem.run(pool.average_forward, [np.abs(x), np.empty_like(dy)], problem.rows)
    assert np.all(np.abs(y - expected[1]) <= problem.longest * EPSILON * bound)

    dx, expected = problem.run(pool.average_backward, [dy, np.empty_like(x)])
    bound, _ = problem.run(pool.average_backward, [np.abs(dy), np.empty_like(x)])
    assert np.all(np.abs(dx - expected[1]) <= (problem.overlap + 1) * EPSILON * bound)


@problems()
def test_sums_and_norms(pool, problem):
    check_sums(pool, problem)


@channels("touching, a row and a column left over", "overlapping, partly outside on two sides")
def test_sums_and_norms_channels(pool, problem):
    check_sums(pool, problem)


def check_sums(pool, problem):
    x, dy, y = normal(problem.x), normal(problem.y), np.empty(problem.y, np.float32)
    for kernels, places in (((pool.sum_forward, pool.sum_backward), 0), ((pool.norm_forward, pool.norm_backward), 1)):
        y, expected = problem.run(kernels[0], [x, np.empty_like(dy)], problem.rows)
        bound, _ = problem.run(kernels[0], [np.abs(x), np.empty_like(dy)], problem.rows)
        assert np.all(np.abs(y - expected[1]) <= problem.longest * EPSILON * bound)
        more = [x, y] if places else []
        dx, expected = problem.run(kernels[1], [*more, dy, np.empty_like(x)])
        bound, _ = problem.run(kernels[1], [*map(np.abs, more), np.abs(dy), np.empty_like(x)])
        assert np.all(np.abs(dx - expected[-1]) <= (problem.overlap + 3) * EPSILON * bound)


def test_a_norm_of_zero_has_no_gradient(pool):
    x, y, dx = (
        np.zeros((2, 4, 4, 3), np.float32),
        np.zeros((2, 2, 2, 3), np.float32),
        np.empty((2, 4, 4, 3), np.float32),
    )
    pool.norm_backward(x, y, np.ones_like(y), dx, 2, 2, 2, 2, 0, 0, 1)
    assert not dx.any()


@problems()
def test_gather(pool, problem):
    """What `max_backward` spreads, `max_gather` collects; a NaN that did not win stays where it is."""
    x, other = integers(problem.x), odd(problem.x)
    argmax = check_argmax(pool, problem, x)
    found, expected = problem.run(pool.max_gather, [other, argmax, np.empty(problem.y, np.float32)])
    np.testing.assert_array_equal(found, expected[2])
    if problem.overlap == 1:
        spread, _ = problem.run(pool.max_backward, [found, argmax, np.empty_like(x)])
        again, _ = problem.run(pool.max_gather, [spread, argmax, np.empty_like(found)])
        np.testing.assert_array_equal(again, found)


def check_argmax(pool, problem, x):
    y, argmax = np.empty(problem.y, np.float32), np.empty(problem.y, np.int32)
    return problem.run(pool.max_forward, [x, y, argmax], problem.rows, False)[0][1]


@pytest.mark.parametrize("c", [3, 17, 33])
@pytest.mark.parametrize("sizes", ADAPTIVE, ids=str)
def test_adaptive_windows(pool, sizes, c):
    problem = Problem.adaptive(*sizes, c)
    dx, expected = check_max(pool, problem, integers(problem.x), integers(problem.y))
    np.testing.assert_array_equal(dx, expected)
    x, dy = integers(problem.x), integers(problem.y) * np.float32(DIVISIBLE)
    y, expected = problem.run(pool.average_forward, [x, np.empty_like(dy)], problem.rows)
    np.testing.assert_array_equal(y, expected[1].astype(np.float32))
    dx, expected = problem.run(pool.average_backward, [dy, np.empty_like(x)])
    np.testing.assert_array_equal(dx, expected[1])
    check_sums(pool, problem)
    argmax = check_argmax(pool, problem, x)
    found, expected = problem.run(pool.max_gather, [x, argmax, np.empty_like(dy)])
    np.testing.assert_array_equal(found, expected[2])


def test_padding_never_counts(pool):
    x, y = np.ones((1, 3, 3, 2), np.float32), np.empty((1, 4, 4, 2), np.float32)
    pool.average_forward(x, y, 2, 2, 1, 1, 1, 1, 1)
    assert np.all(y == 1)
    pool.max_forward(-x, y, None, 2, 2, 1, 1, 1, 1, False, 1)
    assert np.all(y == -1)


# ------------------------------------------------------------------------------------------------------ global


def run_global(kernel, arrays, flat=None):
    """`flat` says which operands a plan may hold in another shape: a map as (h, w, c), a summary as (1, 1, c)."""
    shapes = [None if array is None or flat is None else flat[array.ndim] for array in arrays]
    operands = [None if array is None else sample(array, shape) for array, shape in zip(arrays, shapes)]
    expected = judge(reference, kernel, operands)
    return agree(kernel, operands, units=1, samples=len(arrays[0])), expected


@pytest.mark.parametrize("c", CHANNELS)
@pytest.mark.parametrize("rows", [1, 2, 49, 63, 64, 65, 130])
def test_global(pool, rows, c):
    x, dy = integers((3, rows, c)), integers((3, c)) * np.float32(rows)
    y, argmax = np.empty((3, c), np.float32), np.empty((3, c), np.int32)

    (y, argmax), expected = run_global(pool.global_max_forward, [x, y, argmax])
    np.testing.assert_array_equal(y, expected[1])
    np.testing.assert_array_equal(argmax, expected[2])
    alone, _ = run_global(pool.global_max_forward, [x, y, None])
    assert alone.tobytes() == y.tobytes()
    dx, expected = run_global(pool.global_max_backward, [dy, argmax, np.empty_like(x)])
    np.testing.assert_array_equal(dx, expected[2])

    y, expected = run_global(pool.global_average_forward, [x, y])
    np.testing.assert_array_equal(y, expected[1].astype(np.float32))
    dx, expected = run_global(pool.global_average_backward, [dy, np.empty_like(x)])
    np.testing.assert_array_equal(dx, expected[1])


@pytest.mark.parametrize("c", [5, 33])
def test_global_with_nan_and_infinities(pool, c):
    x = odd((4, 21, c))
    y, argmax = np.empty((4, c), np.float32), np.empty((4, c), np.int32)
    (y, argmax), expected = run_global(pool.global_max_forward, [x, y, argmax])
    np.testing.assert_array_equal(y, expected[1])
    np.testing.assert_array_equal(argmax, expected[2])
    with np.errstate(invalid="ignore"):
        y, expected = run_global(pool.global_average_forward, [x, y])
    np.testing.assert_array_equal(y, expected[1])


def test_global_average_of_a_large_map_rounds_little(pool):
    """Lines of 64 pixels, then 157 lines: not the 10,000 roundings of a running sum."""
    x = np.abs(normal((2, 10_000, 17)))
    y, expected = run_global(pool.global_average_forward, [x, np.empty((2, 17), np.float32)])
    assert np.all(np.abs(y - expected[1]) <= (64 + 157) / 2 * EPSILON * expected[1])


def test_global_takes_maps_as_a_plan_shapes_them(pool):
    x, dy = integers((3, 6, 5)), integers((3, 5))
    y, argmax = np.empty((3, 5), np.float32), np.empty((3, 5), np.int32)
    shapes = {3: (2, 3, 5), 2: (1, 1, 5)}
    (y, argmax), expected = run_global(pool.global_max_forward, [x, y, argmax], shapes)
    np.testing.assert_array_equal(y, expected[1])
    for kernel, arrays in (
        (pool.global_average_forward, [x, y]),
        (pool.global_max_backward, [dy, argmax, np.empty_like(x)]),
        (pool.global_average_backward, [dy * 6, np.empty_like(x)]),
    ):
        result, expected = run_global(kernel, arrays, shapes)
        np.testing.assert_array_equal(result, expected[-1].astype(np.float32))
