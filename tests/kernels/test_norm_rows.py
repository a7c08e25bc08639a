"""Normalization of rows, of groups of channels and of neighbours, on every instruction set, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import norm as reference

from .cases import EPSILON, ISAS, agree, fixed, group, judge, load, run_door, sample

SHAPES = [(3, 5, 1), (3, 4, 3), (2, 3, 8), (4, 2, 17), (3, 1, 32), (2, 5, 33), (2, 70, 65), (2, 2, 600)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
weights = pytest.mark.parametrize("weighted", [(True, True), (False, True), (True, False), (False, False)])
KINDS = ("layer", "rms", "unit")


@pytest.fixture(params=ISAS)
def norm(request):
    return load(request.param, "norm")


def draw(shape, seed, offset=0.0):
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) + offset).astype(np.float32)


def vector(c, seed, wanted):
    return draw((c,), seed) if wanted else None


def place(values):
    return None if values is None else fixed(values)


def close(found, expected, terms, size):
    """To the rounding of sums of `terms`, relative to the sizes of what was added."""
    assert np.all(np.abs(found - expected) <= (8 + 2 * np.sqrt(terms)) * EPSILON * size), np.abs(found - expected).max()


# --------------------------------------------------------------------------------------------- the reference itself


def slopes(value, array, step=1e-6):
    """Central differences of a function of arrays that are changed in place."""
    found = np.empty(array.shape)
    for at in np.ndindex(array.shape):
        kept, ends = array[at], []
        for sign in (1, -1):
            array[at] = kept + sign * step
            ends.append(value())
        array[at] = kept
        found[at] = (ends[0] - ends[1]) / (2 * step)
    return found


@pytest.mark.parametrize("kind", range(3))
def test_gradients_of_rows_are_finite_differences(kind):
    rng = np.random.default_rng(1)
    x, dy, y, dx = rng.standard_normal((2, 2, 3, 5)).repeat(2, axis=0)
    x, dy, y, dx = x.copy(), dy + rng.standard_normal(dy.shape), np.empty(x.shape), np.empty(x.shape)
    gamma, beta, mean, inverse = *rng.standard_normal((2, 5)), *np.empty((2, 2, 3))

    def value():
        reference.rows_forward(x, gamma, beta, y, mean, inverse, kind, 1e-3)
        return np.sum(y * dy)

    expected = [slopes(value, array) for array in (x, gamma, beta)]
    value()
    dgamma, dbeta = np.empty((2, 5))
    reference.rows_backward(dy, x, gamma, mean, inverse, dx, kind, 1e-3)
    reference.rows_sums(x, dy, mean, inverse, dgamma, dbeta)
    for found, right in zip((dx, dgamma, dbeta), expected):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-8)


def test_gradients_of_groups_are_finite_differences():
    rng = np.random.default_rng(2)
    x, dy, y, dx = rng.standard_normal((4, 2, 3, 6))
    gamma, beta, moments, sums = *rng.standard_normal((2, 6)), *np.empty((2, 2, 13))

    def value():
        reference.group_forward(x, gamma, beta, y, moments, 3, 1e-3)
        return np.sum(y * dy)

    expected = [slopes(value, array) for array in (x, gamma, beta)]
    value()
    reference.group_sums(x, dy, moments, sums, 1e-3)
    reference.group_backward(dy, x, gamma, moments, sums, dx, 3, 1e-3)
    for found, right in zip((dx, sums[:, 7:].sum(axis=0), sums[:, 1:7].sum(axis=0)), expected):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-8)


def test_gradients_of_responses_are_finite_differences():
    x, dy, y, scale, dx = np.random.default_rng(3).standard_normal((5, 2, 2, 7))

    def value():
        reference.response_forward(x, y, scale, 2, 0.3, 0.75, 1.5)
        return np.sum(y * dy)

    expected = slopes(value, x)
    value()
    reference.response_backward(dy, x, scale, dx, 2, 0.3, 0.75)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-8)


# ------------------------------------------------------------------------------------------------------------- rows


@shapes
@weights
@pytest.mark.parametrize("kind", KINDS)
def test_rows(norm, shape, weighted, kind):
    n, rows, c = shape
    x, dy = draw(shape, 1, 0.5), draw(shape, 2)
    gamma, beta = vector(c, 3, weighted[0]), vector(c, 4, weighted[1])
    numbers = (norm.ROWS[kind], 1e-3)
    operands = [sample(x), place(gamma), place(beta), sample(np.empty_like(x))]
    operands += [sample(np.empty((n, rows), np.float32)) for _ in range(2)]
    y, mean, inverse = agree(norm.rows_forward, operands, numbers, units=rows, samples=n)
    _, _, _, right, right_mean, right_inverse = judge(reference, norm.rows_forward, operands, numbers)
    close(mean, right_mean, c, 3)
    close(inverse, right_inverse, c, right_inverse)
    size = 4 * right_inverse[:, :, None] * (1 if gamma is None else np.abs(gamma)) + 4
    close(y, right, c, size * 2)

    operands = [sample(dy), sample(x), place(gamma), sample(mean), sample(inverse), sample(np.empty_like(x))]
    dx = agree(norm.rows_backward, operands, numbers, units=rows, samples=n)
    right = judge(reference, norm.rows_backward, operands, numbers)[5]
    heaviest, steep = 1 if gamma is None else np.abs(gamma).max(), inverse[:, :, None]
    close(dx, right, c, 16 * steep * heaviest * (1 + 3 * steep))
    onto = dy.copy()
    norm.rows_backward(onto, x, gamma, mean, inverse, onto, *numbers, 1)
    assert onto.tobytes() == dx.tobytes()

    parts = [np.full((n, c), np.nan, np.float32) if wanted else None for wanted in weighted]
    totals = [None if part is None else np.empty(c, np.float32) for part in parts]
    exact = [None if part is None else np.empty(c) for part in parts]
    norm.rows_sums(x, dy, mean, inverse, *totals, 1)
    reference.rows_sums(x, dy, mean, inverse, *exact)
    bound = np.sum(np.abs(dy), axis=(0, 1)) * (1 + np.abs((x - mean[:, :, None]) * inverse[:, :, None]).max())
    operands = [sample(x), sample(dy), sample(mean), sample(inverse)]
    for threads, size, chunk in ((1, n, n), (2, 2, 1), (3, 1, 1)):
        run_door(
            norm.rows_sums, [*operands, *(None if part is None else group(part[: -(-n // size)]) for part in parts)], [], [],
            1, False, n, threads, size, chunk,
        )  # fmt: skip
        for part, total, right in zip(parts, totals, exact):
            if part is not None:
                close(part[: -(-n // size)].sum(axis=0), right, n * rows, bound)
                close(total, right, n * rows, bound)


def test_a_row_of_zeros_has_no_direction(norm):
    x, dy = np.zeros((2, 1, 5), np.float32), np.ones((2, 1, 5), np.float32)
    y, dx, mean, inverse = np.empty_like(x), np.empty_like(x), *np.empty((2, 2, 1), np.float32)
    norm.rows_forward(x, None, None, y, mean, inverse, norm.ROWS["unit"], 1e-3, 1)
    norm.rows_backward(dy, x, None, mean, inverse, dx, norm.ROWS["unit"], 1e-3, 1)
    assert not y.any()
    np.testing.assert_allclose(dx, 1000)


# ----------------------------------------------------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("shape", "groups"),
    [
        ((3, 5, 4), 2),
        ((2, 70, 6), 3),
        ((3, 4, 8), 8),
        ((2, 9, 33), 11),
        ((2, 3, 66), 1),
        ((2, 2, 1040), 4),
        ((3, 1, 64), 32),
    ],
)
@weights
def test_groups(norm, shape, groups, weighted):
    n, rows, c = shape
    x, dy = draw(shape, 1, 0.5), draw(shape, 2)
    gamma, beta = vector(c, 3, weighted[0]), vector(c, 4, weighted[1])
    terms = rows * c // groups
    numbers = (groups, 1e-3)
    operands = [
        sample(x),
        place(gamma),
        place(beta),
        sample(np.empty_like(x)),
        sample(np.empty((n, 2 * c + 1), np.float32)),
    ]
    y, moments = agree(norm.group_forward, operands, numbers, units=1, samples=n)
    right, right_moments = judge(reference, norm.group_forward, operands, numbers)[3:]
    close(moments, right_moments, terms, 4)
    scale = 1 / np.sqrt(right_moments[:, 1 + c :].min() + 1e-3)
    heaviest = 1 if gamma is None else np.abs(gamma).max()
    close(y, right, terms, 16 * scale * heaviest + 4)

    operands = [sample(x), sample(dy), sample(moments), sample(np.empty_like(moments))]
    sums = agree(norm.group_sums, operands, (1e-3,), units=1, samples=n)
    right = judge(reference, norm.group_sums, operands, (1e-3,))[3]
    close(sums, right, rows, 4 * rows * scale)

    operands = [sample(dy), sample(x), place(gamma), sample(moments), sample(sums), sample(np.empty_like(x))]
    dx = agree(norm.group_backward, operands, numbers, units=1, samples=n)
    right = judge(reference, norm.group_backward, operands, numbers)[5]
    close(dx, right, terms, 16 * scale * heaviest * (1 + 3 * scale))


# ----------------------------------------------------------------------------------------------- known statistics


@shapes
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("with_mean", [False, True])
def test_standardize(norm, shape, invert, with_mean):
    x, mean = draw(shape, 1), vector(shape[2], 2, with_mean)
    variance = np.abs(draw(shape[2:], 3))
    variance[0] = 0
    operands = [sample(x), place(mean), fixed(variance), sample(np.empty_like(x))]
    y = agree(norm.standardize, operands, (invert, 1e-3), units=1, samples=shape[0])
    right = judge(reference, norm.standardize, operands, (invert, 1e-3))[3]
    np.testing.assert_allclose(
        y, right, rtol=4 * EPSILON, atol=8 * EPSILON * max(1, np.abs(right).max() * (not invert))
    )


# ------------------------------------------------------------------------------------------------------- neighbours


@shapes
@pytest.mark.parametrize("reach", [0, 2, 31])
def test_responses(norm, shape, reach):
    n, rows, _ = shape
    x, dy = draw(shape, 1), draw(shape, 2)
    numbers = (reach, 0.02, 0.75, 2.0)
    operands = [sample(x), sample(np.empty_like(x)), sample(np.empty_like(x))]
    y, scale = agree(norm.response_forward, operands, numbers, units=rows, samples=n)
    _, right, right_scale = judge(reference, norm.response_forward, operands, numbers)
    close(scale, right_scale, 2 * reach + 1, right_scale)
    close(y, right, 2 * reach + 1, np.abs(x))
    operands = [sample(dy), sample(x), sample(scale), sample(np.empty_like(x))]
    dx = agree(norm.response_backward, operands, numbers[:3], units=rows, samples=n)
    right = judge(reference, norm.response_backward, operands, numbers[:3])[3]
    close(dx, right, 2 * reach + 1, 4 + np.abs(x) * 4)
