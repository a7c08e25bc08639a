"""Functions of images: (height, width, channels), or a batch of them, or channels_first.

resize scale_and_translate                  by matrices of weights, one for each axis
affine_transform perspective_transform      where each pixel comes from, and map_coordinates
elastic_transform
gaussian_blur sobel_edges ssim              windows
extract_patches pad_images crop_images      parts
rgb_to_grayscale rgb_to_hsv hsv_to_rgb      colours
"""

import itertools
import math
import sys

import numpy as np

from cycnn import config
from cycnn.core import checks, random
from cycnn.ops import linalg, maths, products, reductions, shaping, sliding
from cycnn.ops.dtypes import FLOAT, floating
from cycnn.ops.primitive import composite, constant, primitive
from cycnn.ops.shaping import expand_dims, get_item, moveaxis, ndim, shape, squeeze, stack
from cycnn.ops.uses import note_all

__all__ = [
    "affine_transform", "crop_images", "elastic_transform", "extract_patches", "extract_patches_3d", "gaussian_blur",
    "hsv_to_rgb", "map_coordinates", "pad_images", "perspective_transform", "resize", "rgb_to_grayscale", "rgb_to_hsv",
    "scale_and_translate", "sobel_edges", "ssim",
]  # fmt: skip


def _first(data_format):
    """Whether an argument means channels_first."""
    found = config.image_data_format() if data_format is None else checks.data_format(data_format)
    return found == "channels_first"


def _check(images, name, rank=3):
    if ndim(images) not in (rank, rank + 1):
        raise ValueError(f"`{name}` takes images of {rank} axes, or a batch of them. Received: shape {shape(images)}.")


def _in_batches(function, images, data_format, name, rank=3):
    """A function of a channels_last batch, of images in any form."""
    _check(images, name, rank)
    one, first = ndim(images) == rank, _first(data_format)
    x = expand_dims(images, 0) if one else images
    y = function(moveaxis(x, 1, -1) if first else x)
    y = moveaxis(y, -1, 1) if first else y
    return squeeze(y, 0) if one else y


def _as_before(y, images):
    """Results in the type of the images: rounded for integers, and held within their type."""
    dtype = np.dtype(images.dtype)
    if dtype.kind == "f":
        return shaping.cast(y, dtype)
    return shaping.cast(maths.clip(maths.round(y), np.iinfo(dtype).min, np.iinfo(dtype).max), dtype)


# ---------------------------------------------------------------------------------------------------- other sizes


def _triangle(x):
    return np.maximum(0, 1 - x)


def _cubic(x):
    """Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -1/2."""
    near, far = ((1.5 * x - 2.5) * x) * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius):
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


_SHAPES = {
    **dict.fromkeys(("linear", "bilinear", "trilinear"), _triangle),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), _cubic),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def _weights(size, count, scale, translation, kernel, antialias):
    """How much each of `size` elements counts for each of `count`: a matrix, whose rows' sums are 1.

    Pixel k has its middle at k + 1/2. What comes from outside of the image is 0.
    """
    places = (np.arange(count) + 0.5 - translation) / scale - 0.5
    width = max(1 / scale, 1.0) if antialias else 1.0
    weights = kernel(np.abs(places[:, None] - np.arange(size)) / width)
    total = weights.sum(1, keepdims=True)
    weights = np.where(np.abs(total) > 1e-4, weights / np.where(total == 0, 1, total), 0)
    return np.where((places >= -0.5) & (places <= size - 0.5), weights.T, 0).T


def _along(x, axis, weights):
    """Sums of x's elements along an axis, by the rows of a matrix."""
    return moveaxis(products.tensordot(x, weights.astype(FLOAT), ([axis % ndim(x)], [1])), -1, axis)


@composite
def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    """Images stretched and moved along some of their axes.

    Args:
        images: array.
        output_shape: shape of the result.
        scale, translation: vectors with a number for each of these axes: how far pixels are apart in the result for
            neighbours in the images, and how far the images' edge is moved.
        spatial_dims: the axes.
        method: `"linear"`, `"cubic"`, `"lanczos3"` or `"lanczos5"`, also `"bilinear"`, `"trilinear"` ...
        antialias: whether, where images become smaller, all their pixels count.
    """
    kernel = _SHAPES[checks.one_of("method", method, tuple(_SHAPES))]
    y = reductions.floats(images)
    for axis, stretch, move in zip(
        spatial_dims, np.ravel(constant(scale, "scale")), np.ravel(constant(translation, "translation")), strict=True
    ):
        sizes = shape(y)[axis], output_shape[axis]
        y = _along(y, axis, _weights(*sizes, float(stretch), float(move), kernel, antialias))
    return _within(y, images)


def _within(y, images):
    """`_as_before`, integers held within those of the images, too."""
    if np.dtype(images.dtype).kind == "f":
        return shaping.cast(y, images.dtype)
    return shaping.cast(maths.clip(maths.round(y), reductions.min(images), reductions.max(images)), images.dtype)


@composite
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images of another size.

    Args:
        images: array.
        size: `(height, width)`.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        antialias: whether, where images become smaller, all their pixels count.
        crop_to_aspect_ratio: whether images are first cut, around the middle, to the proportions of `size`.
        pad_to_aspect_ratio: whether they are first padded, evenly, to these.
        fill_mode: `"constant"`.
        fill_value: what they are padded with.
        data_format: `"channels_last"`, `"channels_first"`, or None: as `config.image_data_format()` says.
    """
    methods = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    checks.one_of("interpolation", interpolation, methods)
    checks.one_of("fill_mode", fill_mode, ("constant",))
    target = checks.positive_ints("size", size, 2)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Images are cropped or padded. Received: crop_to_aspect_ratio=True, pad_to_aspect_ratio=True.")

    def change(x):
        if crop_to_aspect_ratio:
            lengths = _proportions(shape(x)[1:3], target, min)
            inside = (slice((n - k) // 2, (n - k) // 2 + k) for n, k in zip(shape(x)[1:3], lengths))
            x = get_item(x, (slice(None), *inside))
        elif pad_to_aspect_ratio:
            lengths = _proportions(shape(x)[1:3], target, max)
            around = [((k - n) // 2, (k - n) // 2) for n, k in zip(shape(x)[1:3], lengths)]
            x = shaping.pad(x, ((0, 0), *around, (0, 0)), constant_values=fill_value)
        sizes = shape(x)[1:3]
        if interpolation == "nearest":
            for axis, (n, count) in enumerate(zip(sizes, target), 1):
                x = shaping.take(x, ((np.arange(count) + 0.5) * n / count).astype(np.int64), axis)
            return x
        scale = [count / n for n, count in zip(sizes, target)]
        wanted = (shape(x)[0], *target, shape(x)[-1])
        return scale_and_translate(x, wanted, scale, [0.0, 0.0], (1, 2), interpolation, antialias)

    return _in_batches(change, images, data_format, "resize")


def _proportions(sizes, target, choose):
    """(height, width) of the proportions of `target` that lie within the sizes, or around them."""
    (height, width), (rows, columns) = sizes, target
    return max(choose(height, width * rows // columns), 1), max(choose(width, height * columns // rows), 1)


# ---------------------------------------------------------------------------------------------------- other places

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
_ORDERS = {"nearest": 0, "bilinear": 1}


def _fitted(index, size, mode):
    """Places outside of an axis as those within that they stand for."""
    if mode == "wrap":
        return index % size
    if mode == "mirror":  # the edge is not repeated
        period = max(2 * (size - 1), 1)
        index = index % period
        return np.where(index >= size, period - index, index)
    if mode == "reflect":
        index = index % (2 * size)
        return np.where(index >= size, 2 * size - 1 - index, index)
    return np.clip(index, 0, size - 1)


def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0.0):
    """An array's values at any places, between its elements too.

    Args:
        inputs: array.
        coordinates: array (axes of inputs, ...): the places.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what stands outside: `"constant"`, `"nearest"` (the edge), `"wrap"`, `"mirror"` or `"reflect"` (mirrored,
            where the edge is repeated).
        fill_value: for the mode `"constant"`.

    Returns:
        An array of the places' shape.
    """
    checks.one_of("fill_mode", fill_mode, FILL_MODES)
    if order not in (0, 1):
        raise ValueError(f"`order` must be 0 or 1. Received: order={order!r}.")
    coordinates = stack(coordinates) if isinstance(coordinates, (list, tuple)) else coordinates
    if ndim(coordinates) < 2 or shape(coordinates)[0] != ndim(inputs):
        raise ValueError(
            f"`coordinates` must be (axes of the inputs, ...). Received: shape {shape(coordinates)} for inputs of shape "
            f"{shape(inputs)}."
        )
    return _map_coordinates(inputs, coordinates, order, fill_mode, fill_value, range(ndim(inputs)))


@primitive(2)
def _map_coordinates(inputs, coordinates, order, mode, fill_value, between):
    """`between`: the axes along which places may lie between elements."""
    x, (places,) = np.asarray(inputs), floating(coordinates)
    low = np.floor(places) if order else np.round(places)
    share = (places - low).astype(FLOAT)
    corners = []  # (weights along each axis, index, whether it is within)
    for corner in itertools.product(*((0, 1) if order and k in between else (0,) for k in range(x.ndim))):
        index = (low + np.reshape(corner, (-1, *(1,) * (low.ndim - 1)))).astype(np.int64)
        weights = [share[k] if up else 1 - share[k] for k, up in enumerate(corner)] if order else [1]
        within = np.logical_and.reduce([(i >= 0) & (i < n) for i, n in zip(index, x.shape)])
        corners.append((corner, weights, tuple(_fitted(i, n, mode) for i, n in zip(index, x.shape)), within))
    constant = mode == "constant"

    def value(index, within):
        return np.where(within, x[index], np.asarray(fill_value, x.dtype)) if constant else x[index]

    y = sum(math.prod(weights) * value(index, within) for _, weights, index, within in corners)
    whole = x.dtype.kind != "f"
    y = (np.round(y) if whole else y).astype(x.dtype)

    def slope(d):
        dx = np.zeros(x.shape, d.dtype)
        for _, weights, index, within in corners:
            np.add.at(dx, index, d * math.prod(weights) * (within if constant else 1))
        return dx

    def slope_of_places(d):
        found = np.zeros(places.shape, d.dtype)
        for corner, weights, index, within in corners:
            for k, up in enumerate(corner if order else ()):
                if k not in between:
                    continue
                others = math.prod(w for j, w in enumerate(weights) if j != k)
                found[k] += d * others * value(index, within) * (1 if up else -1)
        return found

    return y, slope, slope_of_places


def _moved(x, rows, columns, interpolation, fill_mode, fill_value):
    """Pixels of a channels_last batch from places (n, height, width) of their own images: all channels from one place."""
    n, _, _, channels = shape(x)
    order = _ORDERS[checks.one_of("interpolation", interpolation, tuple(_ORDERS))]
    whole = shaping.broadcast_to(shaping.expand_dims(stack([rows, columns]), -1), (2, n, *shape(rows)[1:], channels))
    sample = np.broadcast_to(np.arange(n, dtype=FLOAT)[:, None, None, None], shape(whole)[1:])
    channel = np.broadcast_to(np.arange(channels, dtype=FLOAT), shape(whole)[1:])
    places = shaping.concatenate([sample[None], whole, channel[None]])
    checks.one_of("fill_mode", fill_mode, FILL_MODES)
    return _map_coordinates(x, places, order, fill_mode, fill_value, (1, 2))


def _grid(x):
    """Row and column of each pixel: (height, width) arrays."""
    return np.meshgrid(*(np.arange(n, dtype=FLOAT) for n in shape(x)[1:3]), indexing="ij")


@composite
def affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0, data_format=None):
    """Images turned, stretched, sheared and moved.

    Args:
        images: array.
        transform: numbers (a0, a1, a2, b0, b1, b2, c0, c1), or an array (n, 8) with those of each image: the pixel (x, y)
            of the result comes from (a0 x + a1 y + a2, b0 x + b1 y + b2). c0 and c1 do not count.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: as in `map_coordinates`.
        data_format: as in `resize`.
    """
    transform = shaping.convert_to_tensor(transform, "float32")
    if ndim(transform) not in (1, 2) or shape(transform)[-1] != 8:
        raise ValueError(f"`transform` must be (8,) or (n, 8). Received: shape {shape(transform)}.")

    def change(x):
        rows, columns = _grid(x)
        a0, a1, a2, b0, b1, b2 = (shaping.reshape(get_item(transform, (..., k)), (-1, 1, 1)) for k in range(6))
        above = shaping.broadcast_to(b0 * columns + b1 * rows + b2, shape(x)[:3])
        before = shaping.broadcast_to(a0 * columns + a1 * rows + a2, shape(x)[:3])
        return _as_before(_moved(reductions.floats(x), above, before, interpolation, fill_mode, fill_value), x)

    return _in_batches(change, images, data_format, "affine_transform")


@composite
def perspective_transform(images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None):
    """Images seen from elsewhere: four points of theirs come to lie at four others.

    Args:
        images: array.
        start_points: (4, 2) or (n, 4, 2): points (x, y) of the images.
        end_points: where they lie in the result.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_value: what stands outside.
        data_format: as in `resize`.
    """
    points = [shaping.convert_to_tensor(p, "float32") for p in (start_points, end_points)]
    if (
        {shape(p) for p in points} != {shape(points[0])}
        or ndim(points[0]) not in (2, 3)
        or shape(points[0])[-2:] != (4, 2)
    ):
        raise ValueError(
            "`start_points` and `end_points` must both be (4, 2) or (n, 4, 2). "
            f"Received: shapes {shape(points[0])} and {shape(points[1])}."
        )
    h = _homography(*(shaping.reshape(p, (-1, 4, 2)) for p in points))

    def change(x):
        rows, columns = _grid(x)
        a0, a1, a2, b0, b1, b2, c0, c1 = (shaping.reshape(h[:, k], (-1, 1, 1)) for k in range(8))
        depth = c0 * columns + c1 * rows + 1.0
        above = shaping.broadcast_to((b0 * columns + b1 * rows + b2) / depth, shape(x)[:3])
        before = shaping.broadcast_to((a0 * columns + a1 * rows + a2) / depth, shape(x)[:3])
        return _as_before(_moved(reductions.floats(x), above, before, interpolation, "constant", fill_value), x)

    return _in_batches(change, images, data_format, "perspective_transform")


def _homography(start, end):
    """The 8 numbers by which a point of the result tells where it comes from: two equations for each of four points."""
    x, y = end[:, :, 0], end[:, :, 1]
    u, v = start[:, :, 0], start[:, :, 1]
    one, zero = shaping.ones_like(x), shaping.zeros_like(x)
    first = stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    second = stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    return linalg.solve(shaping.concatenate([first, second], 1), shaping.concatenate([u, v], 1))


@composite
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images bent by a random smooth field (Simard et al., "Best practices for convolutional neural networks", 2003).

    Args:
        images: array.
        alpha: how far, in pixels: a factor of the field.
        sigma: how smooth: standard deviation of the Gaussian that blurs it, and factor of the noise that is blurred.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: as in `map_coordinates`.
        seed: integer, `SeedGenerator` or None.
        data_format: as in `resize`.
    """
    draw, width = random.generator(seed), int(6 * sigma) | 1

    def change(x):
        noise = draw.normal(0, sigma, (2, *shape(x)[:3], 1)).astype(FLOAT)
        field = [gaussian_blur(part, (width, width), (sigma, sigma), "channels_last")[..., 0] for part in noise]
        rows, columns = _grid(x)
        above, before = rows + alpha * field[0], columns + alpha * field[1]
        moved = _moved(
            reductions.floats(x), above.astype(FLOAT), before.astype(FLOAT), interpolation, fill_mode, fill_value
        )
        return _as_before(moved, x)

    return _in_batches(change, images, data_format, "elastic_transform")


# --------------------------------------------------------------------------------------------------------- windows


def _gaussian(size, sigma):
    """A window of `size` numbers, whose sum is 1."""
    away = np.arange(size) - (size - 1) / 2
    weights = np.exp(-0.5 * (away / sigma) ** 2)
    return weights / weights.sum()


def _slid(x, axis, weights):
    """Sums of windows of one axis, as many as it has elements, outside of which is 0."""
    size, length = len(weights), shape(x)[axis]
    before = (size - 1) // 2
    matrix = sum(w * np.eye(length, k=k - before) for k, w in enumerate(weights))
    return _along(x, axis, matrix)


@composite
def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images blurred by a Gaussian window; outside of them is 0.

    Args:
        images: array.
        kernel_size: size of the window: two integers, along the width and along the height.
        sigma: standard deviations along these.
        data_format: as in `resize`.
    """
    sizes = checks.positive_ints("kernel_size", tuple(np.ravel(kernel_size).tolist()), 2)
    spreads = [float(value) for value in np.broadcast_to(constant(sigma, "sigma"), 2)]

    def change(x):
        y = _slid(reductions.floats(x), 2, _gaussian(sizes[0], spreads[0]))
        return _as_before(_slid(y, 1, _gaussian(sizes[1], spreads[1])), x)

    return _in_batches(change, images, data_format, "gaussian_blur")


@composite
def sobel_edges(images, data_format=None):
    """How steep images are along height and width, by Sobel's windows; outside, they are mirrored.

    Args:
        images: batch of images.
        data_format: as in `resize`.

    Returns:
        An array of the images' shape with a last axis (along height, along width).
    """
    if ndim(images) != 4:
        raise ValueError(f"`sobel_edges` takes a batch of images. Received: shape {shape(images)}.")

    def steep(x, axis):
        y = reductions.floats(x)
        for a in (1, 2):
            around = [(0, 0)] * 4
            around[a] = (1, 1)
            padded = shaping.pad(y, around, mode="reflect")
            weights = np.array([-1.0, 0, 1]) if a == axis else np.array([1.0, 2, 1])
            matrix = sum(w * np.eye(shape(y)[a], shape(y)[a] + 2, k) for k, w in enumerate(weights))
            y = _along(padded, a, matrix)
        return y

    return stack([_in_batches(lambda x, a=a: steep(x, a), images, data_format, "sobel_edges") for a in (1, 2)], -1)


@composite
def ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format=None):
    """The structural similarity of images, 1 for equal ones (Wang et al., "Image quality assessment: from error visibility
    to structural similarity", 2004).

    Args:
        image1, image2: arrays of one shape.
        max_val: the largest value that a pixel may have.
        filter_size, filter_sigma: of the Gaussian windows that are compared.
        k1, k2: small numbers that keep denominators from 0.
        data_format: as in `resize`.

    Returns:
        A number for each pair of images.
    """
    _check(image1, "ssim")
    if shape(image1) != shape(image2):
        raise ValueError(f"The images must have one shape. Received: shapes {shape(image1)} and {shape(image2)}.")
    pair = [reductions.floats(x) for x in (image1, image2)]
    pair = [expand_dims(x, 0) if ndim(x) == 3 else x for x in pair]
    a, b = (moveaxis(x, 1, -1) if _first(data_format) else x for x in pair)
    if min(shape(a)[1:3]) < filter_size:
        raise ValueError(f"The images must be as large as the windows, {filter_size}. Received: shape {shape(image1)}.")
    window = _gaussian(filter_size, filter_sigma)

    def local(x):
        for axis in (1, 2):
            count = shape(x)[axis] - filter_size + 1
            x = _along(x, axis, sum(w * np.eye(count, shape(x)[axis], k) for k, w in enumerate(window)))
        return x

    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a * mean_a, local(b * b) - mean_b * mean_b
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    light = (2.0 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1)
    found = reductions.mean(light * (2.0 * covariance + c2) / (var_a + var_b + c2), (1, 2, 3))
    return found if ndim(image1) == 4 else found[0]


# ----------------------------------------------------------------------------------------------------------- parts


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """Windows of images, the pixels of each side by side as channels.

    Args:
        images: array; volumes, if `size` has three numbers.
        size: of the windows: integer, or (rows, columns), or (planes, rows, columns).
        strides: how far windows are apart; as far as they are large where it is None.
        dilation_rate: how far the pixels of a window are apart.
        padding: `"valid"` or `"same"`.
        data_format: as in `resize`.
    """
    rank = 3 if np.ndim(size) and len(size) == 3 else 2
    return _extracted(images, size, strides, dilation_rate, padding, data_format, rank)


def extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """Windows of volumes, the pixels of each side by side as channels. Arguments as in `extract_patches`."""
    return _extracted(volumes, size, strides, dilation_rate, padding, data_format, 3)


def _extracted(images, size, strides, dilation_rate, padding, data_format, rank):
    sizes = checks.positive_ints("size", size, rank)
    steps = sizes if not strides else checks.positive_ints("strides", strides, rank)
    dilation = checks.positive_ints("dilation_rate", dilation_rate, rank)
    checks.one_of("padding", padding, ("valid", "same"))
    window = lambda x: sliding.patches(x, sizes, steps, dilation, padding)  # noqa: E731
    return _in_batches(window, images, data_format, "extract_patches", rank + 1)


def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with zeros around them. Of top, bottom and height, and of left, right and width, two are given.

    Args:
        images: array.
        top_padding, left_padding, bottom_padding, right_padding: how many pixels on each side.
        target_height, target_width: size of the result.
        data_format: as in `resize`.
    """
    _check(images, "pad_images")
    axes = (-2, -1) if _first(data_format) else (-3, -2)
    height, width = (shape(images)[a] for a in axes)
    rows = _amounts("padding", ("top", "bottom", "height"), top_padding, bottom_padding, target_height, height, 1)
    columns = _amounts("padding", ("left", "right", "width"), left_padding, right_padding, target_width, width, 1)
    around = [(0, 0)] * ndim(images)
    around[axes[0]], around[axes[1]] = rows, columns
    return shaping.pad(images, around)


def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Parts of images. Of top, bottom and height, and of left, right and width, two are given.

    Args:
        images: array.
        top_cropping, left_cropping, bottom_cropping, right_cropping: how many pixels are cut off on each side.
        target_height, target_width: size of the result.
        data_format: as in `resize`.
    """
    _check(images, "crop_images")
    axes = (-2, -1) if _first(data_format) else (-3, -2)
    height, width = (shape(images)[a] for a in axes)
    rows = _amounts("cropping", ("top", "bottom", "height"), top_cropping, bottom_cropping, target_height, height, -1)
    columns = _amounts("cropping", ("left", "right", "width"), left_cropping, right_cropping, target_width, width, -1)
    key = [slice(None)] * ndim(images)
    key[axes[0]], key[axes[1]] = slice(rows[0], height - rows[1]), slice(columns[0], width - columns[1])
    return get_item(images, tuple(key))


def _amounts(what, names, before, after, target, size, sign):
    """(before, after) from two of these and the target size."""
    given = {f"{names[0]}_{what}": before, f"{names[1]}_{what}": after, f"target_{names[2]}": target}
    if [value is None for value in given.values()].count(True) != 1:
        raise ValueError(f"Exactly two of {tuple(given)} must be given. Received: {given}.")
    if before is None:
        before = sign * (target - size) - after
    if after is None:
        after = sign * (target - size) - before
    if min(before, after) < 0 or (sign < 0 and before + after >= size):
        raise ValueError(
            f"`{names[0]}_{what}` and `{names[1]}_{what}` must not be negative, and leave something. "
            f"Received: {given}, images of {names[2]} {size}."
        )
    return before, after


# --------------------------------------------------------------------------------------------------------- colours


def _channels(images, data_format, name, counts=(3,)):
    """The axis of channels."""
    _check(images, name)
    axis = -3 if _first(data_format) else -1
    if shape(images)[axis] not in counts:
        raise ValueError(
            f"`{name}` takes images with {' or '.join(map(str, counts))} channels. Received: shape {shape(images)}."
        )
    return axis


@composite
def rgb_to_grayscale(images, data_format=None):
    """0.2989 red + 0.587 green + 0.114 blue; images with one channel stay what they are.

    Args:
        images: array.
        data_format: as in `resize`.
    """
    axis = _channels(images, data_format, "rgb_to_grayscale", (1, 3))
    if shape(images)[axis] == 1:
        return shaping.copy(images)
    found = products.tensordot(
        reductions.floats(images), np.array([0.2989, 0.587, 0.114], FLOAT), ([axis % ndim(images)], [0])
    )
    return shaping.cast(expand_dims(found, axis), images.dtype)


def _planes(images, axis):
    return (squeeze(part, axis) for part in shaping.split(images, 3, axis))


def _floats_only(images, name):
    if np.dtype(images.dtype).kind != "f":
        raise ValueError(
            f"`{name}` takes images of floating point numbers from 0 to 1. Received: dtype {images.dtype}."
        )


@composite
def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value of colours; all numbers from 0 to 1 (Smith, "Color gamut transform pairs", 1978).

    Args:
        images: array of floating point numbers.
        data_format: as in `resize`.
    """
    axis = _channels(images, data_format, "rgb_to_hsv")
    _floats_only(images, "rgb_to_hsv")
    r, g, b = _planes(images, axis)
    value, least = maths.maximum(maths.maximum(r, g), b), maths.minimum(maths.minimum(r, g), b)
    spread = value - least
    some = maths.greater(spread, 0)
    scale = 1.0 / (6.0 * maths.where(some, spread, 1.0))
    hue = maths.where(maths.equal(value, g), scale * (b - r) + 1 / 3, scale * (r - g) + 2 / 3)
    hue = maths.where(some, maths.where(maths.equal(value, r), scale * (g - b), hue), 0.0)
    hue = hue + maths.where(maths.less(hue, 0), 1.0, 0.0)
    bright = maths.greater(value, 0)
    saturation = maths.where(bright, spread / maths.where(bright, value, 1.0), 0.0)
    return stack([hue, saturation, value], axis)


@composite
def hsv_to_rgb(images, data_format=None):
    """Colours from their hue, saturation and value: the inverse of `rgb_to_hsv`. Arguments as there."""
    axis = _channels(images, data_format, "hsv_to_rgb")
    _floats_only(images, "hsv_to_rgb")
    hue, saturation, value = _planes(images, axis)
    place = maths.mod(hue, 1.0) * 6.0
    red = maths.clip(maths.abs(place - 3.0) - 1.0, 0.0, 1.0)
    green = maths.clip(2.0 - maths.abs(place - 2.0), 0.0, 1.0)
    blue = maths.clip(2.0 - maths.abs(place - 4.0), 0.0, 1.0)
    return stack([value * (1.0 - saturation + saturation * pure) for pure in (red, green, blue)], axis)


note_all(sys.modules[__name__])
