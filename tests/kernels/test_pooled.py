"""Convolution and pooling in bands, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import conv as reference_conv
from cycnn.kernels.reference import pooled as reference

from .cases import EPSILON, ISAS, agree, fixed, group, judge, load, sample
from .fences import fenced
from .sums import Call

FILTERS = (1, 2, 8, 10, 15, 16, 17, 31, 32, 33, 40, 64, 65)


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


class Problem:
    """Shapes of a call: `size` is y's, x is as small as may be, plus `spare` rows and columns that nobody reads."""

    def __init__(self, n, size, c, f, window, pool=(2, 2), strides=(1, 1), dilation=(1, 1), spare=0):
        self.n, self.window, self.strides, self.dilation, self.pool = n, window, strides, dilation, pool
        spans = [
            (o * p - 1) * s + (k - 1) * d + 1 + spare
            for o, p, s, k, d in zip(size, pool, strides, window, dilation, strict=True)
        ]
        self.x, self.kernel, self.y = (n, *spans, c), (*window, c, f), (n, *size, f)

    def draw(self, seed, exact):
        rng = np.random.default_rng(seed)

        def numbers(shape):
            found = rng.integers(-3, 4, shape) if exact else rng.standard_normal(shape)
            return found.astype(np.float32)

        return numbers(self.x), numbers(self.kernel), numbers(self.kernel[-1:]), numbers(self.y)

    def forward(self, isa, x, kernel, bias, relu, argmax=True):
        """(y, argmax) of the kernel and of the reference."""
        conv, pooled = load(isa, "conv"), load(isa, "pooled")
        kh, kw, c, f = kernel.shape
        packed = np.zeros(conv.packed_size(kh, kw, c, f, 1), np.float32)
        conv.pack(kernel, packed, 1)
        geometry = (*self.window, *self.strides, *self.dilation, *self.pool, relu)
        y, index = np.empty(self.y, np.float32), np.empty(self.y, np.int32) if argmax else None

        def operands(weights):
            return [
                sample(x),
                fixed(weights),
                None if bias is None else fixed(bias),
                sample(y),
                index if index is None else sample(index),
            ]

        found = agree(pooled.forward, operands(packed), geometry, units=self.y[1], samples=self.n)
        return found, judge(reference, pooled.forward, operands(kernel), geometry)[3:]

    def backward(self, isa, x, dy, argmax):
        pooled = load(isa, "pooled")
        operands = [sample(x), sample(dy), sample(argmax), group(np.empty(self.kernel, np.float32))]
        geometry = (*self.strides, *self.dilation, *self.pool)
        units = pooled.kernel_units(*self.window, self.x[3], self.y[3], self.dilation[1])
        found = Call(pooled.backward_kernel, operands, geometry, units, self.n, per_sample=False).results()
        return found, judge(reference, pooled.backward_kernel, operands, geometry)[3]

    def check(self, isa, seed=0):
        x, kernel, bias, dy = self.draw(seed, exact=True)
        for relu, b in ((True, bias), (False, None)):
            (y, argmax), expected = self.forward(isa, x, kernel, b, relu)
            np.testing.assert_array_equal(y, expected[0])
            np.testing.assert_array_equal(argmax, expected[1])
        found, expected = self.backward(isa, x, dy, argmax)
        for dkernel in found:
            np.testing.assert_array_equal(dkernel, expected)


@pytest.mark.parametrize("f", FILTERS)
def test_filters(isa, f):
    Problem(3, (2, 5), 3, f, (3, 2)).check(isa)


@pytest.mark.parametrize("width", [1, 2, 3, 6, 7, 8, 13, 14, 29, 300])
def test_widths(isa, width):
    Problem(2, (2, width), 1, 33, (3, 3)).check(isa)


@pytest.mark.parametrize("f", [1, 5, 7, 10])
@pytest.mark.parametrize("pool", [(2, 2), (1, 3), (3, 1), (1, 9)])
def test_windows_along_the_lanes(isa, f, pool):
    """Few filters; several tiles, pieces of the planes, rows that are kept and rows that no window sees."""
    for width, strides, dilation in (
        (31, (1, 1), (1, 1)),
        (70, (1, 1), (1, 2)),
        (64, (3, 1), (2, 1)),
        (9, (1, 1), (1, 5)),
    ):
        Problem(2, (3, width), 3, f, (3, 2), pool, strides, dilation).check(isa)


@pytest.mark.parametrize("seed", range(40))
def test_random_geometry(isa, seed):
    rng = np.random.default_rng(seed)
    size, window, pool = (rng.integers(1, above, 2).tolist() for above in (6, 6, 5))
    strides, dilation = ([int(v) for v in rng.integers(1, 4, 2)] for _ in range(2))
    c, f, spare = int(rng.integers(1, 5)), int(rng.choice(FILTERS)), int(rng.integers(0, 3))
    Problem(int(rng.integers(1, 5)), size, c, f, window, pool, strides, dilation, spare).check(isa, seed)


# ------------------------------------------------------------------------- fewer products along rows: Winograd's


class Winograd(Problem):
    """A call of `forward_winograd`."""

    def __init__(self, n, size, c, f, rows=5, step=1, dilation=1, spare=0):
        super().__init__(n, size, c, f, (rows, 5), (2, 2), (step, 1), (dilation, 1), spare)
        self.geometry = rows, step, dilation

    def call(self, isa, x, kernel, bias, relu, argmax=True):
        """(y, argmax) of the kernel."""
        pooled, packed = load(isa, "pooled"), self.pack(isa, kernel)
        y, index = np.empty(self.y, np.float32), np.empty(self.y, np.int32) if argmax else None
        operands = [
            sample(x), fixed(packed), None if bias is None else fixed(bias), sample(y), index if index is None else sample(index)
        ]  # fmt: skip
        return agree(pooled.forward_winograd, operands, (*self.geometry, relu), units=self.y[1], samples=self.n)

    def pack(self, isa, kernel):
        pooled, (kh, _, c, f) = load(isa, "pooled"), kernel.shape
        packed = np.empty(pooled.winograd_size(kh, c, f), np.float32)
        return agree(pooled.pack_winograd, [fixed(kernel), fixed(packed)], units=kh * c, per_sample=False)

    def map(self, x, kernel, bias):
        """What is pooled, in float64, as (n, oh, ow, f, pixels of a window)."""
        n, oh, ow, f = self.y
        between = np.empty((n, 2 * oh, 2 * ow, f))
        reference_conv.forward(x, kernel, bias, between, *self.window, *self.strides, *self.dilation, 1, 0)
        return between.reshape(n, oh, 2, ow, 2, f).transpose(0, 1, 3, 5, 2, 4).reshape(n, oh, ow, f, 4)

    def check_winograd(self, isa, seed=0):
        x, kernel, bias, _ = self.draw(seed, exact=False)
        # Each product of the sum of magnitudes is rounded once for every addition on its way, and the constants are.
        most = (kernel.shape[0] * kernel.shape[2] + 24) * EPSILON * magnitudes(x, kernel, self).max()
        for relu, b in ((True, bias), (False, None)):
            y, argmax = self.call(isa, x, kernel, b, relu)
            pixels = self.map(x, kernel, b)
            largest = pixels.max(-1)
            np.testing.assert_allclose(y, np.maximum(largest, 0) if relu else largest, rtol=0, atol=most)
            winner = np.take_along_axis(pixels, argmax[..., None].astype(int), -1)[..., 0]
            np.testing.assert_allclose(winner, largest, rtol=0, atol=2 * most)


def magnitudes(x, kernel, problem):
    """What the sums at the points add up to, all terms positive: of four pixels in a row, for each filter."""
    points = np.array([0, 1, -1, 2, -2, 0.5, -0.5])
    n = np.array([np.prod([p - q for q in points if q != p]) for p in points])
    a = np.abs(np.column_stack([np.vander(points, 4, increasing=True).T, [0, 0, 0, 1]]))
    g = np.abs(np.vstack([np.vander(points, 5, increasing=True) / n[:, None], [0, 0, 0, 0, 1]]))
    roots = [np.poly([q for q in points if q != p])[::-1] for p in points]
    b = np.abs(np.array([np.append(r, 0) for r in roots] + [np.poly(points)[::-1]]))
    u = np.einsum("pk,hkcf->phcf", g, np.abs(kernel))
    return np.einsum("ip,phcf,p->if", a, u, b.sum(1) * np.abs(x).max())


@pytest.mark.parametrize("f", FILTERS)
def test_winograd_filters(isa, f):
    Winograd(2, (2, 5), 3, f).check_winograd(isa)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 148, 300])
def test_winograd_widths(isa, width):
    Winograd(2, (3, width), 3, 5, rows=3).check_winograd(isa)


@pytest.mark.parametrize("seed", range(20))
def test_winograd_random_geometry(isa, seed):
    """Rows that stay in the ring, and rows that no window sees."""
    rng = np.random.default_rng(seed)
    n, oh, ow, c, f, rows, step, dilation = (int(rng.integers(1, above)) for above in (5, 6, 40, 6, 20, 6, 5, 4))
    Winograd(n, (oh, ow), c, f, rows, step, dilation, spare=int(rng.integers(0, 3))).check_winograd(isa, seed)


def test_winograd_fits_what_the_ring_holds(isa):
    """Kernels for which the gain is given are small enough; the largest of them is computed."""
    gain = load(isa, "pooled").winograd_gain
    fitting = [(rows, c) for rows in range(1, 20) for c in range(1, 40) if gain(20, c, 3, rows, 5, 1, 1, 1, 1, 2, 2)]
    for rows in {rows for rows, _ in fitting}:
        Winograd(1, (2, 20), max(c for r, c in fitting if r == rows), 3, rows).check_winograd(isa)
    for other in ((3, 1, 1, 1, 1, 2, 2), (5, 1, 2, 1, 1, 2, 2), (5, 1, 1, 1, 2, 2, 2), (5, 1, 1, 1, 1, 3, 2)):
        assert gain(20, 3, 3, 5, *other) == 0


def test_winograd_error_beside_the_largest_output(isa):
    """What the choice rests on: errors of random data, relative to the largest output."""
    problem = Winograd(1, (20, 60), 3, 10)
    x, kernel, bias, _ = problem.draw(0, exact=False)
    y, _ = problem.call(isa, x, kernel, bias, relu=False)
    expected = problem.map(x, kernel, bias).max(-1)
    assert np.abs(y - expected).max() <= 2e-6 * np.abs(expected).max()


def test_winograd_without_argmax_the_same(isa):
    problem = Winograd(2, (3, 20), 2, 19)
    x, kernel, bias, _ = problem.draw(1, exact=False)
    y, _ = problem.call(isa, x, kernel, bias, relu=True)
    np.testing.assert_array_equal(problem.call(isa, x, kernel, bias, relu=True, argmax=False), y)


def test_winograd_nan_stays_in_its_tiles(isa):
    problem = Winograd(2, (4, 13), 2, 5)
    x, kernel, bias, _ = problem.draw(2, exact=False)
    clean, _ = problem.call(isa, x, kernel, bias, relu=True)
    x[1, 6, 9, 1] = np.nan  # rows 1 to 3 of windows see it, and the tiles of columns 1 and 2, two windows each
    y, _ = problem.call(isa, x, kernel, bias, relu=True)
    spoiled = np.zeros(y.shape, bool)
    spoiled[1, 1:4, 2:6] = True
    assert np.isnan(y[spoiled]).all()
    np.testing.assert_array_equal(y[~spoiled], clean[~spoiled])


def test_winograd_touches_nothing_behind_an_operand(isa):
    for width, c in ((1, 1), (5, 3), (32, 3), (33, 2)):
        problem = Winograd(2, (2, width), c, 11)
        x, kernel, bias, dy = problem.draw(0, exact=False)
        packed, argmax = problem.pack(isa, kernel), np.empty(dy.shape, np.int32)
        arrays = [fenced(array) for array in (x, packed, bias, np.empty_like(dy), argmax)]
        load(isa, "pooled").forward_winograd(*arrays, *problem.geometry, True, 2)


def test_without_argmax_the_same(isa):
    problem = Problem(2, (3, 4), 2, 19, (3, 3))
    x, kernel, bias, _ = problem.draw(1, exact=False)
    (y, _), _ = problem.forward(isa, x, kernel, bias, True)
    alone, _ = problem.forward(isa, x, kernel, bias, True, argmax=False)
    np.testing.assert_array_equal(y, alone)


def test_nan_wins_and_stays_in_its_window(isa):
    problem = Problem(2, (3, 4), 1, 17, (1, 1))
    x, kernel, bias, _ = problem.draw(2, exact=True)
    x[1, 2, 3, 0] = np.nan
    (y, argmax), expected = problem.forward(isa, x, kernel, bias, True)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(argmax, expected[1])
    assert np.isnan(y[1, 1, 1]).all()
    assert np.isfinite(y).sum() == y.size - 17
