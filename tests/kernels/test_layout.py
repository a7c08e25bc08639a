"""Padding, cropping, transposing and copying, on every instruction set of this processor, beside the reference."""

from itertools import permutations

import numpy as np
import pytest

from cycnn.kernels.reference import layout as reference

from .cases import CHANNELS, EPSILON, ISAS, agree, judge, load, sample

# top, bottom, left, right
BORDERS = [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 0, 1), (2, 0, 0, 0), (0, 0, 2, 0), (0, 0, 0, 5), (3, 2, 1, 4)]


@pytest.fixture(params=ISAS)
def layout(request):
    return load(request.param, "layout")


def draw(shape):
    """Values that are all different, and NaN and an infinity."""
    x = np.random.default_rng(sum(shape)).permutation(int(np.prod(shape))).astype(np.float32)
    x[:1], x[-1:] = np.nan, -np.inf
    return x.reshape(shape)


def check(kernel, x, y_shape, scalars=()):
    operands = [sample(x), sample(np.empty(y_shape, np.float32))]
    y = agree(kernel, operands, scalars, units=1, samples=len(x))
    np.testing.assert_array_equal(y, judge(reference, kernel, operands, scalars)[1])
    return y


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(4, 3, 5, 2), (1, 1, 1, 1), (3, 2, 7, 17)])
def test_pad_and_crop(layout, shape, border):
    n, h, w, c = shape
    top, bottom, left, right = border
    larger = n, top + h + bottom, left + w + right, c
    x = draw(shape)
    y = check(layout.pad, x, larger, (top, left))
    np.testing.assert_array_equal(check(layout.crop, y, shape, (top, left)), x)
    check(layout.crop, draw(larger), shape, (top, left))


def transposed(shape, order):
    return (shape[0], *(shape[1 + p] for p in order))


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_every_order_of_five_axes(layout, order):
    shape = 2, 2, 3, 4, 5, 6
    check(layout.transpose, draw(shape), transposed(shape, order), order)


@pytest.mark.parametrize(
    "axes",
    [(5,), (4, 6), (3, 4, 5), (2, 3, 4, 5), (2, 2, 2, 2), (6, 3, 6), (1, 1, 1), (1, 7, 1), (3, 1, 4), (6, 1, 1, 2)],
)
def test_every_order_of_fewer_axes(layout, axes):
    shape = 3, *axes, *(5 - len(axes)) * (1,)
    for order in permutations(range(len(axes))):
        order = (*order, *range(len(axes), 5))
        check(layout.transpose, draw(shape), transposed(shape, order), order)


@pytest.mark.parametrize("c", [*CHANNELS, 2, 48])
def test_channels_first_and_back(layout, c):
    """Sizes around a transposed block, as h * w and as c."""
    for h, w in ((1, 1), (3, 5), (4, 4), (1, 17), (7, 7)):
        x = draw((2, h, w, c, 1, 1))
        y = check(layout.transpose, x, (2, c, h, w, 1, 1), (2, 0, 1, 3, 4))
        back = check(layout.transpose, y, x.shape, (1, 2, 0, 3, 4))
        np.testing.assert_array_equal(back, x)


@pytest.mark.parametrize("size", [1, 5, 64, 1000])
def test_copy(layout, size):
    check(layout.copy, draw((5, size)), (5, size))


@pytest.mark.parametrize("size", [1, 5, 64, 1000])
def test_zero(layout, size):
    assert not agree(layout.zero, [sample(np.empty((5, size), np.float32))], units=1, samples=5).any()


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("c", [1, 3, 17])
@pytest.mark.parametrize(
    ("length", "out"), [(1, 1), (1, 5), (5, 1), (7, 14), (14, 7), (5, 8), (9, 4), (50, 131), (131, 50)]
)
def test_resize(layout, length, out, c, linear):
    rng = np.random.default_rng(length)
    x, dy = (rng.standard_normal((3, 4, size, c)).astype(np.float32) for size in (length, out))
    for kernel, a, b, units, terms in (
        (layout.resize_forward, x, dy, 4, 2),
        (layout.resize_backward, dy, x, 1, 2 + 2 * out // length),
    ):
        operands = [sample(a), sample(np.empty_like(b))]
        found = agree(kernel, operands, (linear,), units=units, samples=3)
        expected = judge(reference, kernel, operands, (linear,))[1]
        # Places are rounded, too: a line's length more.
        limit = (terms + linear * length) * EPSILON * terms * np.abs(a).max()
        assert np.abs(found - expected).max() <= limit
        if not linear and kernel is layout.resize_forward:
            np.testing.assert_array_equal(found, expected)


def test_resize_to_the_same_size_is_a_copy(layout):
    x = draw((2, 3, 11, 5))[:, :, 1:-1].copy()
    for linear in (True, False):
        y = agree(layout.resize_forward, [sample(x), sample(np.empty_like(x))], (linear,), units=3, samples=2)
        np.testing.assert_array_equal(y, x)
