"""The reference's merging: plain Python and finite differences judge it."""

import numpy as np
import pytest

from cycnn.kernels.reference import merge

from .differences import central_differences

STEP = 1e-6


def draw(*shape):
    return np.random.default_rng([*shape]).permutation(int(np.prod(shape))).reshape(shape) - 3.5


def written(function, *arguments, shape, **more):
    y = np.full(shape, np.nan)
    function(*arguments[: more.get("inputs", len(arguments))], y, *arguments[more.get("inputs", len(arguments)) :])
    return y


@pytest.mark.parametrize(
    ("kind", "plain"),
    list(enumerate([lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, max, min])),
)
def test_combine_is_the_definition(kind, plain):
    a, b = draw(3, 5), draw(5, 3).T
    y = written(merge.combine, a, b, kind, shape=a.shape, inputs=2)
    assert y.tolist() == [[plain(p, q) for p, q in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_gradient_of_an_extreme(swapped):
    a, b, dy = draw(3, 5), draw(5, 3).T.copy() + 0.25, np.random.default_rng(1).standard_normal((3, 5))
    kind = 4 if swapped else 3
    da, db = np.full(a.shape, np.nan), np.full(a.shape, np.nan)
    merge.maximum_backward(*((b, a) if swapped else (a, b)), dy, da, db)
    for found, x in ((da, a), (db, b)):
        expected = central_differences(
            lambda _: (written(merge.combine, a, b, kind, shape=a.shape, inputs=2) * dy).sum(), x, STEP
        )
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_equal_numbers_share_the_gradient():
    da, db = np.empty((1, 1)), np.empty((1, 1))
    merge.maximum_backward(np.ones((1, 1)), np.ones((1, 1)), np.full((1, 1), 3.0), da, db)
    assert da.item() == db.item() == 1.5


@pytest.mark.parametrize(("before", "count", "behind"), [(1, 1, 1), (2, 3, 1), (1, 4, 3), (2, 3, 4)])
def test_repetition_and_its_gradient(before, count, behind):
    x, dy = draw(2, before, behind), np.random.default_rng(2).standard_normal((2, before, count, behind))
    y = written(merge.repeat, x, shape=dy.shape)
    assert all(y[n, i, k, j] == x[n, i, j] for n, i, k, j in np.ndindex(y.shape))
    expected = central_differences(lambda x: (written(merge.repeat, x, shape=dy.shape) * dy).sum(), x, 1.0)
    np.testing.assert_allclose(written(merge.repeat_backward, dy, None, shape=x.shape), expected, atol=1e-12)


@pytest.mark.parametrize(("count", "period"), [(1, 3), (4, 1), (3, 5)])
def test_a_repeated_factor_and_its_gradient(count, period):
    x, s = draw(2, count * period), draw(2, period)
    dy = np.random.default_rng(3).standard_normal(x.shape)

    def product(s):
        return written(merge.combine, x, s, 2, shape=x.shape, inputs=2)

    rows = x.reshape(2, count, period)
    assert (product(s).reshape(rows.shape) == rows * s[:, None]).all()
    expected = central_differences(lambda s: (product(s) * dy).sum(), s, 1.0)
    dx = written(merge.repeat_backward, dy.reshape(2, 1, count, period), rows[:, None], shape=(2, 1, period))
    np.testing.assert_allclose(dx[:, 0], expected, atol=1e-10)


def test_joining_is_undone_by_splitting_and_leaves_the_rest():
    x, y = draw(2, 3, 4), draw(2, 3, 9)
    joined = y.copy()
    merge.join(x, joined, 2)
    assert (joined[:, :, :2] == y[:, :, :2]).all()
    assert (joined[:, :, 6:] == y[:, :, 6:]).all()
    assert (written(merge.split, joined, 2, shape=x.shape, inputs=1) == x).all()
