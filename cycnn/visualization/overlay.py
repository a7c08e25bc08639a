"""Overlay: a heat map on its picture."""

import numpy as np

from cycnn.core import checks
from cycnn.visualization.pixels import CHANNELS, colours, list_of, resized, shown


def overlay(images, heat, alpha=0.6, cmap="inferno"):
    """Heat maps on their pictures: the hotter, the less is seen of the picture.

    Args:
        images: pictures (n, h, w, c), or one (h, w, c); bytes, or floats from 0 to 1 or to 255.
        heat: maps (n, h, w), or one (h, w), of any size; below 0 counts as 0. Signed attributions of each channel
            (n, h, w, c): their sums of magnitudes.
        alpha: how opaque the hottest spot of a picture is, from 0 to 1.
        cmap: one of matplotlib's maps of colours.

    Returns:
        uint8 array (n, h, w, 3), or (h, w, 3) for one picture.

    Raises:
        ValueError: maps and pictures that do not belong together.
    """
    alpha = checks.number("alpha", alpha, 0, 1)
    single = np.ndim(images) == 2 or (np.ndim(images) == 3 and np.shape(images)[-1] in CHANNELS)
    pictures, heat = list_of(images), np.asarray(heat, np.float32)
    heat = heat[None] if single else heat
    if heat.ndim == 4:
        heat = np.abs(heat).sum(axis=-1)
    if heat.ndim != 3 or len(heat) != len(pictures):
        raise ValueError(
            f"`heat` must have one map (h, w) for each picture. Received: heat of shape {heat.shape} for {len(pictures)} "
            "pictures."
        )
    found = []
    for picture, warmth in zip(pictures, heat):
        picture = shown(picture)
        picture = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]
        warmth = np.maximum(resized(warmth[None, ..., None], *picture.shape[:2])[0, ..., 0], 0)
        warmth = warmth / (warmth.max() or 1)
        opacity = alpha * warmth[..., None]
        found.append(np.rint(255 * ((1 - opacity) * picture + opacity * colours(warmth, cmap))).astype(np.uint8))
    return found[0] if single else np.stack(found)
