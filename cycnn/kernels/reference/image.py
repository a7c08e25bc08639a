"""Pictures resampled through affine maps, in other light and colours, and with rectangles erased."""

import colorsys
import itertools

import numpy as np

from cycnn.kernels.reference.elementwise import clip, gaussian_noise

FLIP, ROTATE, SCALE, SHIFT, SHEAR, CROP = range(6)
CONSTANT, NEAREST, REFLECT, MIRROR, WRAP = range(5)
PAD = {NEAREST: "edge", REFLECT: "symmetric", MIRROR: "reflect", WRAP: "wrap"}


def between(lower, upper, u):
    """A number between two for each u."""
    return lower + (upper - lower) * np.asarray(u, np.float64)


def matrix(a=1.0, b=0.0, c=0.0, d=0.0, e=1.0, f=0.0):
    """(x, y) -> (a x + b y + c, d x + e y + f)."""
    return np.array([[a, b, c], [d, e, f], [0, 0, 1]], np.float64)


def around(h, w, inner):
    """A map around the middle of a picture instead of its first pixel."""
    x, y = (w - 1) / 2, (h - 1) / 2
    return matrix(c=x, f=y) @ inner @ matrix(c=-x, f=-y)


def one_map(u, kind, h, w, a, b, c, d):
    """The map of one picture as a matrix."""
    if kind == FLIP:
        return around(h, w, matrix(a=-1 if u[0] < a else 1, e=-1 if u[1] < b else 1))
    if kind == ROTATE:
        angle = 2 * np.pi * between(a, b, u[0])
        return around(h, w, matrix(np.cos(angle), -np.sin(angle), 0, np.sin(angle), np.cos(angle), 0))
    if kind == SCALE:
        down = between(a, b, u[0])
        return around(h, w, matrix(a=between(c, d, u[1]) if np.isfinite(c) else down, e=down))
    if kind == SHIFT:
        return matrix(c=-w * between(c, d, u[1]), f=-h * between(a, b, u[0]))
    if kind == SHEAR:
        sign = 1 if u[2] < 0.5 else -1
        return matrix(b=sign * between(a, b, u[0]), d=sign * between(c, d, u[1]))
    return matrix(c=np.floor(u[1] * (w - b + 1)), f=np.floor(u[0] * (h - a + 1)))


def draw_map(u, affine, kind, column, h, w, a, b, c, d, threads=1):
    """affine[n] = the first two rows of the matrix that a picture's numbers give."""
    for numbers, row in zip(u[:, column:], affine):
        row[...] = one_map(numbers, kind, h, w, a, b, c, d)[:2].ravel()


def weights(place, length, mode, bilinear):
    """What each pixel of a line gives to each place (places, length), and what is missing from 1 (places,)."""
    low = np.floor(place) if bilinear else np.round(place)
    taps = [(low, 1 - (place - low)), (low + 1, place - low)] if bilinear else [(low, np.ones_like(place))]
    found, missing = np.zeros((len(place), length)), np.zeros(len(place))
    for index, share in taps:
        reach = int(max(1, -index.min(), index.max() - length + 1))
        line = np.arange(length)
        line = np.pad(line, reach, constant_values=-1) if mode == CONSTANT else np.pad(line, reach, PAD[mode])
        pixel = line[(index + reach).astype(int)]
        np.add.at(found, (np.arange(len(place)), pixel), np.where(pixel < 0, 0, share))
        missing += np.where(pixel < 0, share, 0)
    return found, missing


def spread(affine, shape, h, w, mode, bilinear):
    """For each picture, what each pixel of its input gives to each of its output (oh ow, h w), and what is missing."""
    i, j = (axis.ravel() for axis in np.indices(shape, np.float64))
    for a, b, c, d, e, f in np.asarray(affine, np.float64):
        rows, outside = weights(d * j + e * i + f, h, mode, bilinear)
        columns, beside = weights(a * j + b * i + c, w, mode, bilinear)
        yield np.einsum("ph,pw->phw", rows, columns).reshape(len(i), h * w), 1 - (1 - outside) * (1 - beside)


def warp(x, affine, y, mode, bilinear, fill, threads=1):
    """y = the places of x that the map names; `fill` for what is missing."""
    _, h, w, c = x.shape
    for picture, result, (share, missing) in zip(x, y, spread(affine, y.shape[1:3], h, w, mode, bilinear), strict=True):
        mixed = share @ picture.reshape(-1, c).astype(np.float64) + fill * missing[:, None]
        result[...] = mixed.reshape(result.shape)


def warp_backward(dy, affine, dx, mode, bilinear, threads=1):
    """dx = the transpose of the matrix of shares, times dy."""
    _, h, w, c = dx.shape
    for slope, result, (share, _) in zip(dy, dx, spread(affine, dy.shape[1:3], h, w, mode, bilinear), strict=True):
        result[...] = (share.T @ slope.reshape(-1, c).astype(np.float64)).reshape(result.shape)


def column_of(u, column, x):
    """A number of each picture, beside its pixels."""
    return u[:, column].astype(np.float64).reshape(-1, *(1,) * (x.ndim - 1))


def brightness(x, u, y, column, lower, upper, low, high, threads=1):
    """y = x + a number between `lower` and `upper`, within [low, high]."""
    y[...] = clip(x + between(lower, upper, column_of(u, column, x)), low, high)


def contrast(x, u, y, column, lower, upper, low, high, threads=1):
    """y = (x - mean) * factor + mean, within [low, high]."""
    mean = x.astype(np.float64).mean(1, keepdims=True)
    y[...] = clip((x - mean) * between(lower, upper, column_of(u, column, x)) + mean, low, high)


def grayscale(x, u, y, column, chance, threads=1):
    """y = x, or its luma."""
    gray = x.astype(np.float64) @ np.array([0.2989, 0.587, 0.114])
    y[...] = np.where(column_of(u, column, x) < chance, gray[..., None], x)


def recoloured(x, y, low, high, change):
    """Pixel by pixel through hue, saturation and value: `change(n, hue, saturation, value)`."""
    for n, i in itertools.product(*map(range, x.shape[:2])):
        hsv = colorsys.rgb_to_hsv(*(x[n, i].astype(np.float64) - low) / (high - low))
        y[n, i] = low + (high - low) * np.array(colorsys.hsv_to_rgb(*change(n, *hsv)))


def saturation(x, u, y, column, lower, upper, low, threads=1):
    """Saturation times f / (1 - f), at most 1."""
    f = between(lower, upper, u[:, column])
    times = f / (1 - f + 1e-7)
    recoloured(x, y, low, low + 1, lambda n, h, s, v: (h, min(s * times[n], 1), v))


def hue(x, u, y, column, lower, upper, low, high, threads=1):
    """Hue turned by up to half a circle."""
    turn = np.where(u[:, column] > 0.5, -0.5, 0.5) * between(lower, upper, u[:, column + 1])
    recoloured(x, y, low, high, lambda n, h, s, v: ((h + turn[n]) % 1, s, v))


def erase(x, u, y, noise, chance_low, chance_high, scale_low, scale_high, a, b, d, threads=1):
    """y = x with a rectangle filled. Each of its rows takes as many stretches of 64 random numbers as it needs."""
    _, h, w, c = x.shape
    y[...] = x
    for picture, (across, down, left, top, chance, threshold, *words) in zip(y, u.astype(np.float64)):
        if threshold >= between(chance_low, chance_high, chance):
            continue
        rows = side(h, between(scale_low, scale_high, down), top)
        columns = side(w, between(scale_low, scale_high, across), left)
        box = picture[rows, columns]
        if noise and box.size:
            low, high = (int(word * 2**24) for word in words)
            size = box[0].size
            z = np.zeros((1, len(box) * -(-size // 64) * 64))
            gaussian_noise(np.zeros_like(z), z, (low | high << 32, 0), 0, False, 1.0)
            box[...] = clip(z.reshape(len(box), -1)[:, :size].reshape(box.shape) * b, a, b)
        elif not noise:
            box[...] = np.array([a, b, d])[np.arange(c) % 3]


def side(length, share, place):
    """The pixels of an axis whose centres lie in a part of it, which is the root of a share long."""
    size = np.sqrt(share) * length
    begin = place * (length - size)
    inside = [k for k in range(length) if begin <= k < begin + size]
    return slice(inside[0], inside[-1] + 1) if inside else slice(0, 0)
