"""Merging of maps, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import merge as reference

from .cases import ISAS, THREADS, agree, judge, load, sample

KINDS = ["add", "subtract", "multiply", "maximum", "minimum"]
SIZES = [1, 7, 17, 255, 256, 257, 600]  # around a vector and around what is done at a time


@pytest.fixture(params=ISAS)
def merge(request):
    return load(request.param, "merge")


def draw(shape, seed):
    """Signed values with ties between two draws, infinities and NaN."""
    x = np.random.default_rng([seed, *shape]).integers(-3, 4, shape).astype(np.float32)
    x.flat[:1], x.flat[-1:] = (np.nan, np.inf) if seed else (1, np.inf)
    return x


def empty(shape):
    return sample(np.empty(shape, np.float32))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_combine(merge, kind, size):
    operands = [sample(draw((4, size), 0)), sample(draw((4, size), 1)), empty((4, size))]
    for activation in (0, 1):  # none, and relu
        y = agree(merge.combine, operands, (merge.KINDS[kind], activation), units=1, samples=4)
        expected = judge(reference, merge.combine, operands, (merge.KINDS[kind], activation))[2]
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("size", SIZES)
def test_an_activation_in_the_same_pass(merge, size):
    """Bit for bit what two kernels do one after the other, for every activation without parameters."""
    elementwise, (a, b) = load(merge.isa, "elementwise"), np.random.default_rng(size).standard_normal((2, 4, size), "f")
    for activation in elementwise.KINDS.values():
        y = agree(merge.combine, [sample(a), sample(b), empty(a.shape)], (0, activation), units=1, samples=4)
        total = a + b
        elementwise.activate(total, total, activation, 0.0, 0.0, 0.0, 1)
        np.testing.assert_array_equal(y, total)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("period", [1, 3, 17, 256, 300])
def test_a_shorter_operand_is_repeated(merge, kind, period):
    operands = [sample(draw((4, 5 * period), 0)), sample(draw((4, period), 1)), empty((4, 5 * period))]
    for activation in (0, 1):
        y = agree(merge.combine, operands, (merge.KINDS[kind], activation), units=1, samples=4)
        expected = judge(reference, merge.combine, operands, (merge.KINDS[kind], activation))[2]
        np.testing.assert_array_equal(y, expected)


def test_kinds_are_those_of_the_reference(merge):
    functions = [np.add, np.subtract, np.multiply, np.maximum, np.minimum]
    assert [reference._FUNCTIONS[merge.KINDS[kind]] for kind in KINDS] == functions


@pytest.mark.parametrize("kind", KINDS)
def test_combine_onto_an_input(merge, kind):
    """As sums of more than two use it."""
    a, b = draw((3, 300), 2), draw((3, 300), 3)
    y = np.empty_like(a)
    merge.combine(a, b, y, merge.KINDS[kind], 1, 1)
    merge.combine(a, b, a, merge.KINDS[kind], 1, 2)
    np.testing.assert_array_equal(a, y)


@pytest.mark.parametrize("wanted", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("size", SIZES)
def test_maximum_backward(merge, size, wanted):
    shape = 4, size
    inputs = [sample(draw(shape, 4)), sample(draw(shape, 5)), sample(draw(shape, 6))]
    operands = [*inputs, *(empty(shape) if want else None for want in wanted)]
    found = agree(merge.maximum_backward, operands, units=1, samples=4)
    expected = judge(reference, merge.maximum_backward, operands)[3:]
    for gradient, right in zip([found] if wanted != (True, True) else found, [e for e in expected if e is not None]):
        np.testing.assert_array_equal(gradient, right)


def test_maximum_backward_onto_dy(merge):
    a, b, dy = draw((3, 300), 7), draw((3, 300), 8), draw((3, 300), 9)
    da, db = np.empty_like(a), np.empty_like(a)
    merge.maximum_backward(a, b, dy, da, db, 1)
    for threads in THREADS:
        inside, other = dy.copy(), np.empty_like(a)
        merge.maximum_backward(a, b, inside, inside, other, threads)
        np.testing.assert_array_equal(inside, da)
        np.testing.assert_array_equal(other, db)


@pytest.mark.parametrize(
    ("before", "count", "behind"),
    [(1, 1, 1), (1, 5, 1), (3, 33, 1), (2, 7, 17), (1, 70, 256), (2, 31, 257), (1, 1, 300)],
)
def test_repeat(merge, before, count, behind):
    small, large = (4, before, behind), (4, before, count, behind)
    operands = [sample(draw(small, 12)), empty(large)]
    y = agree(merge.repeat, operands, units=1, samples=4)
    np.testing.assert_array_equal(y, judge(reference, merge.repeat, operands)[1])
    dy = np.random.default_rng(13).standard_normal(large).astype(np.float32)
    weight = np.random.default_rng(14).standard_normal(large).astype(np.float32)
    for weights in (None, weight):
        operands = [sample(dy), None if weights is None else sample(weights), empty(small)]
        dx = agree(merge.repeat_backward, operands, units=1, samples=4)
        products = np.abs(dy if weights is None else dy * weights)
        limit = 2.0**-24 * products.sum(axis=2) * 34  # blocks of 32 rows are summed in float
        assert (np.abs(dx - judge(reference, merge.repeat_backward, operands)[2]) <= limit).all()


@pytest.mark.parametrize(("rows", "columns", "width", "at"), [(1, 1, 1, 0), (3, 5, 5, 0), (3, 5, 9, 4), (7, 16, 33, 1)])
def test_join_and_split(merge, rows, columns, width, at):
    x, y = draw((4, rows, columns), 10), draw((4, rows, width), 11)
    operands = [sample(x), sample(y)]
    joined = agree(merge.join, operands, (at,), units=1, samples=4)
    np.testing.assert_array_equal(joined, judge(reference, merge.join, operands, (at,))[1])
    back = [sample(joined), empty(x.shape)]
    found = agree(merge.split, back, (at,), units=1, samples=4)
    np.testing.assert_array_equal(found, judge(reference, merge.split, back, (at,))[1])
    np.testing.assert_array_equal(found, x)
