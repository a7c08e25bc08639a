"""Gradients from the winners of a max-pooling, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import winners as reference

from .cases import ISAS, agree, fixed, group, judge, load, sample, scratch
from .fences import fenced
from .sums import Call

FILTERS = (1, 7, 8, 9, 17)
CHANNELS = (1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 48, 64, 65, 130)


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


class Problem:
    """Shapes of a call: `size` is y's; x has what the windows see, and `spare` rows and columns that nobody reads."""

    def __init__(self, n, size, c, f, window, pool=(2, 2), strides=(1, 1), dilation=(1, 1), spare=0, before=(0, 0)):
        self.window, self.pool, self.strides, self.dilation, self.before = window, pool, strides, dilation, before
        spans = [
            (o * p - 1) * s + (k - 1) * d + 1 + spare
            for o, p, s, k, d in zip(size, pool, strides, window, dilation, strict=True)
        ]
        self.padded, self.kernel, self.y = (n, *spans, c), (*window, c, f), (n, *size, f)
        self.x = (n, *(span - b for span, b in zip(spans, before, strict=True)), c)
        self.steps = (*strides, *dilation)

    def draw(self, seed, exact=True):
        """x, kernel, dy with zeros as relu leaves them, and argmax."""
        rng = np.random.default_rng(seed)

        def numbers(shape):
            found = rng.integers(-3, 4, shape) if exact else rng.standard_normal(shape)
            return found.astype(np.float32)

        dy = numbers(self.y) * (rng.random(self.y) < 0.7)
        argmax = rng.integers(0, self.pool[0] * self.pool[1], self.y).astype(np.int32)
        return numbers(self.padded), numbers(self.kernel), dy.astype(np.float32), argmax

    def kernel_call(self, isa, x, dy, argmax):
        winners, (kh, kw, c, f), (_, oh, ow, _) = load(isa, "winners"), self.kernel, self.y
        (sh, _, dh, _), (ph, _) = self.steps, self.pool
        room = winners.kernel_workspace_size(x.shape[2], c, oh, ow, kh, sh, dh, ph)
        dkernel = np.empty((f, kh, kw, winners.pixel(c)), np.float32)
        operands = [sample(x), sample(dy), sample(argmax), group(dkernel), scratch(room)]
        return winners.backward_kernel, operands, (*self.steps, *self.pool)

    def input_call(self, isa, kernel, dy, argmax):
        winners, (kh, kw, c, f), (_, oh, ow, _) = load(isa, "winners"), self.kernel, self.y
        packed = np.empty(winners.packed_size(kh, kw, c, f), np.float32)
        winners.pack(kernel, packed)
        room = winners.workspace_size(oh, ow, c, kh, kw, *self.steps, *self.pool)
        operands = [sample(dy), sample(argmax), fixed(packed), sample(np.empty(self.x, np.float32)), scratch(room)]
        return winners.backward_input, operands, (kh, kw, *self.steps, *self.pool, *self.before)

    def check(self, isa, seed=0):
        x, kernel, dy, argmax = self.draw(seed)
        call, operands, scalars = self.kernel_call(isa, x, dy, argmax)
        expected = judge(reference, call, operands, scalars)[3]
        found = Call(call, operands, scalars, self.kernel[3], len(x), per_sample=False).results()
        for dkernel in found:
            np.testing.assert_array_equal(dkernel, expected)
        call, operands, scalars = self.input_call(isa, kernel, dy, argmax)
        dx = agree(call, operands, scalars, units=1, samples=len(x))
        np.testing.assert_array_equal(dx, judge(reference, call, operands, scalars)[3])


@pytest.mark.parametrize("c", CHANNELS)
def test_channels(isa, c):
    Problem(2, (2, 3), c, 5, (3, 3)).check(isa)


@pytest.mark.parametrize("f", FILTERS)
def test_filters(isa, f):
    Problem(3, (2, 5), 3, f, (3, 2)).check(isa)


@pytest.mark.parametrize("size", [(1, 1), (1, 191), (1, 192), (2, 193), (1, 400), (3, 100), (70, 3)])
def test_bands_and_pieces(isa, size):
    """Lists hold 192 windows: of several rows, of one, or of a part of one."""
    Problem(2, size, 2, 3, (2, 2)).check(isa)


@pytest.mark.parametrize("rows", range(1, 9))
@pytest.mark.parametrize("columns", [1, 4, 9])
def test_kernels(isa, rows, columns):
    """Every number of rows, and pieces of several numbers of vectors."""
    Problem(2, (2, 2), 16, 2, (rows, columns)).check(isa)


@pytest.mark.parametrize("seed", range(40))
def test_random_geometry(isa, seed):
    rng = np.random.default_rng(seed)
    size, window, pool = (rng.integers(1, above, 2).tolist() for above in (6, 6, 5))
    strides, dilation = ([int(v) for v in rng.integers(1, 4, 2)] for _ in range(2))
    before = [int(rng.integers(0, k)) for k in window]
    c, f, spare = int(rng.choice(CHANNELS)), int(rng.choice(FILTERS)), int(rng.integers(0, 3))
    Problem(int(rng.integers(1, 5)), size, c, f, window, pool, strides, dilation, spare, before).check(isa, seed)


def test_a_nan_stays_where_it_won(isa):
    problem = Problem(2, (2, 3), 16, 2, (1, 1))
    x, kernel, dy, argmax = problem.draw(0)
    x[1, 2, 3] = np.nan
    dy[1, 1, 1], argmax[1, 1, 1] = 1, (3, 2)  # the pixels (3, 3) and (3, 2) of the map
    dy[0, 0, 0, 0] = np.nan
    call, operands, scalars = problem.kernel_call(isa, x, dy, argmax)
    (found, *_) = Call(call, operands, scalars, 2, 2, per_sample=False).results()
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    argmax[1, 1, 1, 1] = 1  # (2, 3)
    call, operands, scalars = problem.kernel_call(isa, x, dy, argmax)
    assert np.isnan(Call(call, operands, scalars, 2, 2, per_sample=False).results()[0][1]).all()
    call, operands, scalars = problem.input_call(isa, kernel, dy, argmax)
    dx = agree(call, operands, scalars, units=1, samples=2)
    assert np.isnan(dx).any(axis=3).sum() == 1


def test_gradients_are_not_written_twice(isa):
    """What a call finds in its results does not matter, and a second call gives the same."""
    problem = Problem(2, (2, 3), 5, 3, (2, 2))
    call, operands, scalars = problem.kernel_call(isa, *(problem.draw(1)[k] for k in (0, 2, 3)))
    arrays = [operand.array for operand in operands]
    arrays[3][...] = np.nan
    call(*arrays, *scalars)
    first = arrays[3].copy()
    call(*arrays, *scalars)
    np.testing.assert_array_equal(arrays[3], first)
    assert np.isfinite(first).all()


@pytest.mark.parametrize("c", [1, 5, 16, 17, 33])
def test_packing_and_reducing(isa, c):
    winners, rng, (kh, kw, f) = load(isa, "winners"), np.random.default_rng(c), (3, 2, 5)
    kernel = rng.standard_normal((kh, kw, c, f)).astype(np.float32)
    operands = [fixed(kernel), fixed(np.empty(winners.packed_size(kh, kw, c, f), np.float32))]
    packed = agree(winners.pack, operands, units=f, per_sample=False)
    np.testing.assert_array_equal(packed, judge(reference, winners.pack, operands)[1])
    partial = rng.integers(-9, 9, (3, f, kh * kw, winners.pixel(c))).astype(np.float32)
    operands = [group(partial), fixed(np.empty((kh * kw, c, f), np.float32))]
    found = agree(winners.reduce, operands, units=f, per_sample=False, samples=3, groups=3)
    np.testing.assert_array_equal(found, judge(reference, winners.reduce, operands)[1])


@pytest.mark.parametrize("c", [1, 3, 16, 31])
def test_nothing_behind_an_operand_is_touched(isa, c):
    """Not even read and thrown away. A breach ends the process."""
    problem = Problem(2, (2, 3), c, 3, (3, 3))
    x, kernel, dy, argmax = problem.draw(0)
    for call, operands, scalars in (
        problem.kernel_call(isa, x, dy, argmax), problem.input_call(isa, kernel, dy, argmax),
    ):  # fmt: skip
        call(*(fenced(operand.array) for operand in operands), *scalars, 2)
