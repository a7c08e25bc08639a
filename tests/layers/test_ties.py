"""Which of several maxima takes the gradient: the first in the order of memory, however many passes a layer pools in."""

import numpy as np
import pytest

from cycnn import layers, ops

SIZES = (6, 7, 8)


def first_maxima(x, dy, pool, strides, before):
    """The gradient by a search through each window of the maps (n, ..., c)."""
    dx = np.zeros_like(x)
    for place in np.ndindex(*dy.shape):
        n, *window, c = place
        seen = []
        for offset in np.ndindex(*pool):
            pixel = [w * s + o - b for w, s, o, b in zip(window, strides, offset, before, strict=True)]
            if all(0 <= p < size for p, size in zip(pixel, x.shape[1:-1], strict=True)):
                seen.append((n, *pixel, c))
        dx[max(seen, key=lambda at: x[at])] += dy[place]  # of equal ones `max` gives the first
    return dx


@pytest.mark.parametrize(
    ("pool", "strides", "padding"),
    [
        ((2, 2, 2), None, "valid"),
        ((1, 2, 3), None, "valid"),
        ((2, 1, 1), None, "valid"),
        ((3, 3, 3), (2, 2, 2), "same"),
        ((2, 3, 2), (1, 1, 2), "valid"),
        ((3, 2), (2, 2), "same"),
        ((2, 2), None, "valid"),
        ((3,), (2,), "same"),
    ],
)
@pytest.mark.parametrize("c", [3, 16])
def test_the_first_maximum_takes_the_gradient(pool, strides, padding, c):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (2, *SIZES[: len(pool)], c)).astype("float32")
    layer = getattr(layers, f"MaxPooling{len(pool)}D")(pool, strides=strides, padding=padding)
    dy = rng.integers(1, 9, layer(x).shape).astype("float32")  # so that sums are exact
    _, (dx,), _ = ops.value_and_gradient(lambda x: ops.sum(layer(x) * dy), [x])
    strides = strides or pool
    counts = dy.shape[1:-1]
    needed = [
        (count - 1) * s + p - size for count, s, p, size in zip(counts, strides, pool, x.shape[1:-1], strict=True)
    ]
    before = [max(0, more) // 2 if padding == "same" else 0 for more in needed]
    np.testing.assert_array_equal(dx, first_maxima(x, dy, pool, strides, before))
