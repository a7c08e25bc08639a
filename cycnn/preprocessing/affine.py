"""Rotating, shifting, shearing and zooming a picture, in NumPy.

A transformation says for each pixel of the result where in the source it comes from:

    source = centre + R S H Z (place - centre)        R rotation, S shift, H shear, Z zoom; places are (column, row)

What lies between pixels is interpolated as `scipy.ndimage.affine_transform` does, and so is what lies outside.
"""

import numpy as np

from cycnn.core import checks

FILL_MODES = ("constant", "nearest", "reflect", "wrap")


def apply_affine_transform(
    x,
    theta=0,
    tx=0,
    ty=0,
    shear=0,
    zx=1,
    zy=1,
    row_axis=1,
    col_axis=2,
    channel_axis=0,
    fill_mode="nearest",
    cval=0.0,
    order=1,
):
    """A picture, transformed about its centre.

    Args:
        x: Array of three axes.
        theta: Degrees to rotate by.
        tx, ty: Pixels to shift by, to the left and upwards.
        shear: Degrees to shear by.
        zx, zy: Factors of what is seen, of its width and height: below 1, things become larger.
        row_axis, col_axis, channel_axis: Where x has them; channels come first or last.
        fill_mode: What lies outside: `"nearest"`: the pixel at the edge; `"constant"`: `cval`; `"reflect"`: the picture in a
            mirror; `"wrap"`: its other side.
        cval: Number, for `"constant"`.
        order: 1: pixels mix their neighbours; 0: the nearest one.

    Returns:
        Array of the shape and type of `x`; `x` itself where there is nothing to do.

    Raises:
        ValueError: If an argument is wrong.
    """
    if x.ndim != 3 or sorted((row_axis, col_axis, channel_axis)) != [0, 1, 2] or channel_axis == 1:
        raise ValueError(
            "`x` must be one picture with its rows, columns and channels on axes 0 to 2, the channels first or last. Received: "
            f"shape {x.shape}, row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}."
        )
    fill_mode = checks.one_of("fill_mode", fill_mode, FILL_MODES)
    if order not in (0, 1):
        raise checks.refuse("order", "0 (the nearest pixel) or 1 (a mixture of neighbours)", order)
    if theta == tx == ty == shear == 0 and zx == zy == 1:
        return x
    pixels = np.transpose(x, (row_axis, col_axis, channel_axis))
    rows, columns = _sources(_matrix(theta, tx, ty, shear, zx, zy), *pixels.shape[:2])
    result = _interpolated(pixels, rows, columns, fill_mode, cval, order).astype(x.dtype)
    return np.transpose(result, np.argsort((row_axis, col_axis, channel_axis)))


def _matrix(theta, tx, ty, shear, zx, zy):
    """The transformation of (column, row, 1)."""
    theta, shear = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    shearing = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    return rotation @ shift @ shearing @ np.diag([zx, zy, 1])


def _sources(matrix, h, w):
    """Where each pixel (h, w) comes from: its row and its column."""
    y, x = np.arange(h)[:, None] - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    columns, rows = (row[0] * x + row[1] * y + row[2] for row in matrix[:2])
    return rows + (h - 1) / 2, columns + (w - 1) / 2


def _interpolated(pixels, rows, columns, fill_mode, cval, order):
    """The picture (h, w, c) at places between its pixels."""
    h, w, c = pixels.shape
    outside = None
    if fill_mode == "constant":
        outside = (rows < 0) | (rows > h - 1) | (columns < 0) | (columns > w - 1)
    rows, columns = _inside(rows, h, fill_mode), _inside(columns, w, fill_mode)
    flat = pixels.reshape(-1, c)
    if order == 0:
        nearest = _pixel(np.floor(rows + 0.5), h, fill_mode) * w + _pixel(np.floor(columns + 0.5), w, fill_mode)
        result = np.take(flat, nearest, 0)
    else:
        top, left = np.floor(rows), np.floor(columns)
        down, right = (part[..., None].astype(np.float32) for part in (rows - top, columns - left))
        upper, lower = (_pixel(top + k, h, fill_mode) * w for k in (0, 1))
        near, far = (_pixel(left + k, w, fill_mode) for k in (0, 1))
        result = (1 - down) * (np.take(flat, upper + near, 0) * (1 - right) + np.take(flat, upper + far, 0) * right)
        result += down * (np.take(flat, lower + near, 0) * (1 - right) + np.take(flat, lower + far, 0) * right)
    if outside is not None:
        result[outside] = cval
    return result


def _inside(places, length, fill_mode):
    """Places along an axis, moved to where the picture is."""
    if fill_mode in ("nearest", "constant"):
        return np.clip(places, 0, length - 1)
    if fill_mode == "wrap" and length > 1:  # as SciPy's: the last pixel lies on the first one
        period = length - 1
        turns = np.where(
            places < 0, np.floor(-places / period) + 1, np.where(places > period, -np.floor(places / period), 0)
        )
        return places + turns * period
    if fill_mode == "reflect":
        places = places % (2 * length)
        return np.where(places < length, places, 2 * length - 1 - places)
    return places


def _pixel(places, length, fill_mode):
    """Numbers of pixels along an axis."""
    places = places.astype(np.intp)
    if fill_mode == "reflect":
        places %= 2 * length
        return np.minimum(places, 2 * length - 1 - places)
    return np.clip(places, 0, length - 1)
