"""Pixels: arrays of pictures as they are shown, and in another size."""

import numpy as np

from cycnn.core import checks
from cycnn.layers.reshaping.resizing import Resizing

CHANNELS = (1, 3, 4)  # gray, colours, colours with opacity


def list_of(images, name="images"):
    """Pictures as a list of arrays (h, w) or (h, w, 3 or 4).

    Args:
        images: batch (n, h, w, c) or (n, h, w), one picture (h, w, c) or (h, w), or a list of pictures of any sizes.
        name: the argument's name, for the error.

    Raises:
        ValueError: something else.
    """
    if isinstance(images, (list, tuple)):
        found = [np.asarray(image) for image in images]
    else:
        images = np.asarray(images)
        single = images.ndim == 2 or (images.ndim == 3 and images.shape[-1] in CHANNELS)
        found = [images] if single else list(images) if images.ndim in (3, 4) else []
    if not found or not all(map(_is_picture, found)):
        shapes = [image.shape for image in found[:3]] if isinstance(images, (list, tuple)) else images.shape
        raise ValueError(
            f"`{name}` must be pictures: (n, h, w, c) with 1, 3 or 4 channels, (n, h, w), or a list of (h, w, c) or (h, w). "
            f"Received: shape {shapes}."
        )
    return [image[..., 0] if image.shape[2:] == (1,) else image for image in found]


def _is_picture(image):
    fits = image.ndim == 2 or (image.ndim == 3 and image.shape[2] in CHANNELS)
    return fits and image.size > 0 and image.dtype.kind in "fiub"


def shown(image):
    """A picture's values from 0 to 1, as a float32 array.

    Bytes and floats up to 255 are divided by 255; floats within [0, 1] stay; others (standardized pictures) are stretched.
    """
    image, bytes_ = np.asarray(image, np.float32), np.asarray(image).dtype.kind in "iu"
    low, high = float(image.min()), float(image.max())
    if low < 0 or high > 255 or not np.isfinite([low, high]).all():
        return stretched(image)
    return image / 255 if bytes_ or high > 1 else image


def stretched(image):
    """Values moved and scaled so that they reach from 0 to 1; not-a-number becomes 0."""
    image = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
    low, high = image.min(), image.max()
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def resized(images, height, width):
    """A batch (n, h, w, c) in another size, bilinear."""
    images = np.ascontiguousarray(images, np.float32)
    if images.shape[1:3] == (height, width):
        return images
    return np.asarray(Resizing(height, width, name="resized", data_format="channels_last")(images))


def colours(values, name):
    """Colours (..., 3), from 0 to 1, of numbers from 0 to 1, by one of matplotlib's maps.

    Raises:
        ValueError: there is no such map.
    """
    from cycnn.visualization.figures import matplotlib

    maps = matplotlib("colours").colormaps
    if name not in maps:
        raise ValueError(checks.unknown("map of colours", name, list(maps)))
    return maps[name](values)[..., :3].astype(np.float32)
