"""The reference's pooling: independent definitions and finite differences judge it."""

from math import fsum

import numpy as np
import pytest

from cycnn.kernels.reference import pool

from .differences import central_differences


def problem(seed):
    """x and dy of random small sizes, and a window that may overlap, leave gaps and pass any edge of the map."""
    rng = np.random.default_rng(seed)
    while True:
        (kh, kw, sh, sw), (n, h, w, c) = rng.integers(1, 5, 4), rng.integers(1, 7, 4)
        top, bottom, left, right = (int(rng.integers(k)) for k in (kh, kh, kw, kw))
        rows, columns = (h + top + bottom - kh) // sh + 1, (w + left + right - kw) // sw + 1
        # Every window sees a pixel.
        if min(rows, columns) > 0 and (rows - 1) * sh - top < h and (columns - 1) * sw - left < w:
            break
    # All values differ by more than a finite difference's step: no maximum changes hands.
    x = rng.permutation(n * h * w * c).reshape(n, h, w, c).astype(float)
    return x, rng.standard_normal((n, rows, columns, c)), (int(kh), int(kw), int(sh), int(sw), top, left)


def windows(x, y_shape, kh, kw, sh, sw, top, left):
    """(place in y, the pixels of the window as {place in the window: value}) by plain Python."""
    for n, oh, ow, c in np.ndindex(y_shape):
        seen = {}
        for i in range(kh):
            for j in range(kw):
                h, w = oh * sh + i - top, ow * sw + j - left
                if h in range(x.shape[1]) and w in range(x.shape[2]):
                    seen[i * kw + j] = x[n, h, w, c]
        yield (n, oh, ow, c), seen


@pytest.mark.parametrize("seed", range(40))
def test_forward_is_the_definition(seed):
    x, dy, window = problem(seed)
    largest, mean, argmax = np.full(dy.shape, np.nan), np.full(dy.shape, np.nan), np.full(dy.shape, -1)
    pool.max_forward(x, largest, argmax, *window, False)
    pool.average_forward(x, mean, *window)
    for at, seen in windows(x, dy.shape, *window):
        assert largest[at] == max(seen.values())
        assert argmax[at] == max(seen, key=seen.get)
        assert mean[at] == pytest.approx(fsum(seen.values()) / len(seen), rel=1e-14)


@pytest.mark.parametrize("seed", range(40, 70))
def test_gradients_are_finite_differences(seed):
    x, dy, window = problem(seed)
    y, argmax, dx = np.empty(dy.shape), np.empty(dy.shape, int), np.full(x.shape, np.nan)

    def largest(x):
        pool.max_forward(x, y, argmax, *window, False)
        return np.sum(y * dy)

    def mean(x):
        pool.average_forward(x, y, *window)
        return np.sum(y * dy)

    expected = central_differences(largest, x, 0.25)
    largest(x)
    pool.max_backward(dy, argmax, dx, *window)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-10)

    pool.average_backward(dy, dx, *window)
    np.testing.assert_allclose(dx, central_differences(mean, x, 0.5), rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", range(70, 80))
def test_sums_and_norms(seed):
    """By their definitions, and their gradients by finite differences."""
    x, dy, window = problem(seed)
    x /= x.size
    y, dx = np.empty(dy.shape), np.full(x.shape, np.nan)
    pool.sum_forward(x, y, *window)
    for at, seen in windows(x, dy.shape, *window):
        assert y[at] == pytest.approx(fsum(seen.values()), rel=1e-13, abs=1e-13)
    pool.sum_backward(dy, dx, *window)
    np.testing.assert_allclose(dx, gradient_of(pool.sum_forward, x, dy, window, 0.5), rtol=0, atol=1e-10)

    pool.norm_forward(x, y, *window)
    for at, seen in windows(x, dy.shape, *window):
        assert y[at] == pytest.approx(np.sqrt(fsum(v * v for v in seen.values())), rel=1e-13)
    pool.norm_backward(x, y, dy, dx, *window)
    inside = np.abs(x) > 1e-3  # near 0, the norm of one pixel has a bend
    expected = gradient_of(pool.norm_forward, x, dy, window, 1e-5)
    np.testing.assert_allclose(dx[inside], expected[inside], rtol=0, atol=1e-4)


def gradient_of(forward, x, dy, window, step):
    """Central differences of sum(y dy)."""
    y = np.empty(dy.shape)

    def value(x):
        forward(x, y, *window)
        return np.sum(y * dy)

    return central_differences(value, x, step)


@pytest.mark.parametrize(("length", "count"), [(7, 3), (6, 3), (3, 5), (5, 1), (11, 4)])
def test_adaptive_windows_are_their_definition(length, count):
    x = np.random.default_rng(length).standard_normal((2, length, 1, 3))
    y, argmax, found = np.empty((2, count, 1, 3)), np.empty((2, count, 1, 3), int), np.empty((2, count, 1, 3))
    pool.average_forward(x, y, 9, 1, 0, 0, 0, 0)
    pool.max_forward(x, found, argmax, 9, 1, 0, 0, 0, 0, False)
    for k in range(count):
        part = x[:, int(np.floor(k * length / count)) : int(np.ceil((k + 1) * length / count))]
        np.testing.assert_allclose(y[:, k], part.mean(axis=1), rtol=1e-14)
        np.testing.assert_array_equal(found[:, k], part.max(axis=1))
    gathered = np.full(found.shape, np.nan)
    pool.max_gather(x, argmax, gathered, 9, 1, 0, 0, 0, 0)
    np.testing.assert_array_equal(gathered, found)


@pytest.mark.parametrize("seed", range(70, 80))
def test_a_global_pool_is_a_window_as_large_as_the_map(seed):
    x, dy, _ = problem(seed)
    (n, h, w, c), dy = x.shape, dy[:, :1, :1]
    rows, window = x.reshape(n, h * w, c), (h, w, 1, 1, 0, 0)
    y, argmax, dx = np.empty(dy.shape), np.empty(dy.shape, int), np.empty(x.shape)
    flat = np.empty((n, c)), np.empty((n, c), int), np.empty(rows.shape)

    pool.max_forward(x, y, argmax, *window, False)
    pool.max_backward(dy, argmax, dx, *window)
    pool.global_max_forward(rows, flat[0], flat[1])
    pool.global_max_backward(dy.reshape(n, c), flat[1], flat[2])
    for found, expected in zip(flat, (y, argmax, dx)):
        np.testing.assert_array_equal(found.ravel(), expected.ravel())

    pool.average_forward(x, y, *window)
    pool.average_backward(dy, dx, *window)
    pool.global_average_forward(rows, flat[0])
    pool.global_average_backward(dy.reshape(n, c), flat[2])
    for found, expected in zip(flat[::2], (y, dx)):
        np.testing.assert_allclose(found.ravel(), expected.ravel(), rtol=1e-14)


def test_the_first_maximum_and_the_first_nan_win():
    x = np.array([[3, 5, 5, 5], [np.nan, 9, 1, np.nan], [-np.inf] * 4])
    y, argmax = np.empty((3, 1, 1, 1)), np.empty((3, 1, 1, 1), int)
    pool.max_forward(x.reshape(3, 2, 2, 1), y, argmax, 2, 2, 2, 2, 0, 0, False)
    np.testing.assert_array_equal(y.ravel(), [5, np.nan, -np.inf])
    np.testing.assert_array_equal(argmax.ravel(), [1, 0, 0])
