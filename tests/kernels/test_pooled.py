"""Convolution and pooling in bands, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import pooled as reference

from .cases import ISAS, agree, fixed, group, judge, load, sample
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
