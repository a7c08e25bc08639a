"""Pictures in another size, by the rules of TensorFlow's `tf.image.resize(antialias=False)`, which Keras's loaders use.

Each pixel of the result is a weighted sum of neighbours of its place in the source, first along rows, then along columns.
Pixels are squares, so that corners come to lie on corners. Nothing is smoothed before a picture is made smaller, but by
`"area"`.
"""

from functools import lru_cache

import numpy as np


def _cubic(d, b, c):
    """Mitchell and Netravali, "Reconstruction filters in computer graphics", SIGGRAPH 1988, equation 8."""
    near = ((12 - 9 * b - 6 * c) * d + 12 * b + 6 * c - 18) * d * d + 6 - 2 * b
    far = ((-(b + 6 * c) * d + 6 * b + 30 * c) * d - 12 * b - 48 * c) * d + 8 * b + 24 * c
    return np.where(d < 1, near, np.where(d < 2, far, 0)) / 6


_KERNELS = {  # name → (radius in pixels, weight at a distance of so many pixels)
    "bilinear": (1, lambda d: np.maximum(0, 1 - d)),
    "bicubic": (2, lambda d: _cubic(d, 0, 0.5)),
    "mitchellcubic": (2, lambda d: _cubic(d, 1 / 3, 1 / 3)),
    "lanczos3": (3, lambda d: np.where(d < 3, np.sinc(d) * np.sinc(d / 3), 0)),
    "lanczos5": (5, lambda d: np.where(d < 5, np.sinc(d) * np.sinc(d / 5), 0)),
    "gaussian": (1.5, lambda d: np.where(d < 1.5, np.exp(-2 * d * d), 0)),
}
INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def resize(image, size, interpolation="bilinear"):
    """A picture in another size.

    Args:
        image: array (..., h, w, c) of numbers.
        size: (height, width) of the result.
        interpolation: one of `INTERPOLATIONS`.

    Returns:
        float32 array (..., height, width, c); of `image`'s type with `"nearest"`.
    """
    image = np.asarray(image)
    h, w, c = image.shape[-3:]
    before, (height, width) = image.shape[:-3], size
    rows = _mixed(image.reshape(*before, h, w * c), -2, *_taps(h, height, interpolation, 1))
    return _mixed(rows, -1, *_taps(w, width, interpolation, c)).reshape(*before, height, width, c)


def _mixed(image, axis, places, weights):
    """Weighted sums of the pixels at `places` along an axis."""
    if weights is None:
        return np.take(image, places, axis)
    if axis == -2:
        weights = weights[..., None]
    total = np.take(image, places[0], axis) * weights[0]
    for place, weight in zip(places[1:], weights[1:]):
        neighbour = np.take(image, place, axis)
        total += np.multiply(neighbour, weight, out=neighbour if neighbour.dtype == weight.dtype else None)
    return total


@lru_cache(maxsize=256)
def _taps(before, after, interpolation, c):
    """What the pixels of a longer or shorter axis are made of, where each has `c` numbers in a row.

    Returns:
        Places (neighbours, after c) and their float32 weights, or places (after c,) and None where each is one pixel.
    """
    channel = np.arange(c)
    step = before / after
    if interpolation == "nearest":
        places = np.minimum(np.floor((np.arange(after) + 0.5) * step), before - 1)
        return (places.astype(np.intp)[:, None] * c + channel).reshape(-1), None
    if interpolation == "area":
        low = np.arange(after) * step
        places = np.floor(low).astype(np.intp) + np.arange(int(np.ceil(step)) + 1)[:, None]
        weights = np.clip(np.minimum(places + 1, low + step) - np.maximum(places, low), 0, None)
    else:
        radius, kernel = _KERNELS[interpolation]
        centre = (np.arange(after) + 0.5) * step
        places = np.ceil(centre - radius - 0.5).astype(np.intp) + np.arange(int(np.ceil(2 * radius)))[:, None]
        weights = kernel(np.abs(places + 0.5 - centre))
    weights = np.where((places >= 0) & (places < before), weights, 0)
    weights /= weights.sum(axis=0)
    places = np.clip(places, 0, before - 1)[..., None] * c + channel
    return places.reshape(len(places), -1), weights.astype(np.float32).repeat(c, axis=1)
