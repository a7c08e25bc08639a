"""Activations, dropout, sums and scaling, each element alone; softmax over the last axis.

`FORMULAS` says what an activation is, in the words of Keras: y from x, and its slope from x and y. Where the slope
needs y alone, x may be None, as in the kernels. At a kink the slope is the one on the side of zero.
"""

import math

import numpy as np

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
GELU = math.sqrt(2 / math.pi)


def sigmoid(x):
    """1 / (1 + e^-x)."""
    return np.exp(-np.logaddexp(0, -x))


def normal(x):
    """Share of the normal distribution below x."""
    return np.vectorize(lambda v: math.erfc(-v / math.sqrt(2)) / 2, otypes=[float])(x)


def density(x):
    """Density of the normal distribution."""
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gate(x):
    """What gelu's approximation multiplies x by."""
    return (1 + np.tanh(GELU * (x + 0.044715 * x**3))) / 2


def squareplus(x, b):
    """(x + sqrt(x^2 + b)) / 2, in the form that takes nothing away."""
    root = np.hypot(x, math.sqrt(b))
    return np.where(x < 0, b / 2 / (root - x), (root + x) / 2)


def clip(x, low, high):
    """x within [low, high]; NaN stays."""
    return np.minimum(np.maximum(x, low), high)


def general_relu(x, slope, top, threshold):
    """x above the threshold, clipped to [0, top] where there is a top; slope * (x - threshold) below it."""
    y = np.where(x <= threshold, 0, x)
    y = clip(y, 0, top) if top < np.inf else y
    return np.where(x < threshold, y + slope * (x - threshold), y)


def general_relu_slope(x, y, slope, top, threshold):
    """1 above the threshold where nothing was clipped, `slope` below it."""
    clipped = (x > top) | ((x < 0) & (top < np.inf))
    return np.where(x < threshold, slope, np.where((x <= threshold) | clipped, 0, 1))


# Name -> (y, dy/dx), in the order of the kernels' numbers; a, b, c are the parameters of Keras's function, where it has
# any. `relu_general` has a slope below, a largest value (infinity: none) and a threshold. `gelu_tanh` is the
# approximate gelu; gelu of minus infinity is its limit.
FORMULAS = {
    "linear": (lambda x, a, b, c: x, lambda x, y, a, b, c: np.ones_like(y)),
    "relu": (lambda x, a, b, c: np.maximum(x, 0), lambda x, y, a, b, c: np.where(y <= 0, 0, 1)),
    "sigmoid": (lambda x, a, b, c: sigmoid(x), lambda x, y, a, b, c: y * (1 - y)),
    "tanh": (lambda x, a, b, c: np.tanh(x), lambda x, y, a, b, c: 1 - y * y),
    "relu6": (lambda x, a, b, c: clip(x, 0, 6), lambda x, y, a, b, c: np.where((y <= 0) | (y >= 6), 0, 1)),
    "leaky_relu": (lambda x, a, b, c: np.where(x < 0, a * x, x), lambda x, y, a, b, c: np.where(y <= 0, a, 1)),
    "elu": (
        lambda x, a, b, c: np.where(x > 0, x, a * np.expm1(np.where(x > 0, 0, x))),
        lambda x, y, a, b, c: np.where(y <= 0, y + a, 1),
    ),
    "selu": (
        lambda x, a, b, c: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.where(x > 0, 0, x))),
        lambda x, y, a, b, c: np.where(y <= 0, y + SELU_SCALE * SELU_ALPHA, SELU_SCALE),
    ),
    "celu": (
        lambda x, a, b, c: np.where(x > 0, x, a * np.expm1(np.where(x > 0, 0, x) / a)),
        lambda x, y, a, b, c: np.where(y <= 0, 1 + y / a, 1),
    ),
    "softplus": (lambda x, a, b, c: np.logaddexp(0, x), lambda x, y, a, b, c: -np.expm1(-y)),
    "softsign": (lambda x, a, b, c: x / (1 + np.abs(x)), lambda x, y, a, b, c: (1 - np.abs(y)) ** 2),
    "exponential": (lambda x, a, b, c: np.exp(x), lambda x, y, a, b, c: y),
    "hard_sigmoid": (
        lambda x, a, b, c: clip(x + 3, 0, 6) / 6,
        lambda x, y, a, b, c: np.where((y <= 0) | (y >= 1), 0, 1 / 6),
    ),
    "hard_tanh": (lambda x, a, b, c: clip(x, -1, 1), lambda x, y, a, b, c: np.where(np.abs(y) >= 1, 0, 1)),
    "log_sigmoid": (lambda x, a, b, c: -np.logaddexp(0, -x), lambda x, y, a, b, c: -np.expm1(y)),
    "soft_shrink": (
        lambda x, a, b, c: np.where(np.abs(x) <= a, 0, x - a * np.sign(x)),
        lambda x, y, a, b, c: np.where(y == 0, 0, 1),
    ),
    "hard_shrink": (
        lambda x, a, b, c: np.where(np.abs(x) <= a, 0, x),
        lambda x, y, a, b, c: np.where(y == 0, 0, 1),
    ),
    "squareplus": (
        lambda x, a, b, c: squareplus(x, a),
        lambda x, y, a, b, c: np.where(y <= 0, 0, 1 / (1 + a / (4 * y * y))),
    ),
    "sparse_plus": (
        lambda x, a, b, c: np.where(x >= 1, x, np.maximum((x + 1) / 2, 0) ** 2),
        lambda x, y, a, b, c: np.minimum(np.sqrt(y), 1),
    ),
    "sparse_sigmoid": (
        lambda x, a, b, c: clip((x + 1) / 2, 0, 1),
        lambda x, y, a, b, c: np.where((y <= 0) | (y >= 1), 0, 1 / 2),
    ),
    "relu_general": (general_relu, general_relu_slope),
    "gelu": (
        lambda x, a, b, c: np.where(np.isneginf(x), 0, x * normal(x)),
        lambda x, y, a, b, c: normal(x) + x * density(x),
    ),
    "gelu_tanh": (
        lambda x, a, b, c: x * gate(x),
        lambda x, y, a, b, c: gate(x) + x * 2 * gate(x) * (1 - gate(x)) * GELU * (1 + 3 * 0.044715 * x * x),
    ),
    "silu": (
        lambda x, a, b, c: x * sigmoid(x),
        lambda x, y, a, b, c: sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
    ),
    "mish": (
        lambda x, a, b, c: x * np.tanh(np.logaddexp(0, x)),
        lambda x, y, a, b, c: np.tanh(np.logaddexp(0, x)) + x * sigmoid(x) / np.cosh(np.logaddexp(0, x)) ** 2,
    ),
    "hard_silu": (
        lambda x, a, b, c: np.where(x <= -3, 0, np.where(x >= 3, x, x * (x + 3) / 6)),
        lambda x, y, a, b, c: np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6)),
    ),
    "tanh_shrink": (lambda x, a, b, c: x - np.tanh(x), lambda x, y, a, b, c: np.tanh(x) ** 2),
    "threshold": (lambda x, a, b, c: np.where(x <= a, b, x), lambda x, y, a, b, c: np.where(x <= a, 0, 1)),
}
KINDS = {name: kind for kind, name in enumerate(FORMULAS)}


def activate(x, y, kind, a, b, c, threads=1):
    """y = activation(x)."""
    value, _ = list(FORMULAS.values())[kind]
    with np.errstate(all="ignore"):
        y[...] = value(np.asarray(x, np.float64), a, b, c)


def activate_backward(x, y, dy, dx, kind, a, b, c, threads=1):
    """dx = dy * slope. The slope is the formula's, but 0 wins over an infinite dy."""
    _, slope = list(FORMULAS.values())[kind]
    with np.errstate(all="ignore"):
        factor = slope(None if x is None else np.asarray(x, np.float64), np.asarray(y, np.float64), a, b, c)
        dx[...] = np.where(factor == 0, 0, factor * np.asarray(dy, np.float64))


# ---------------------------------------------------------------------------------------------------------- dropout


def philox(counter, key):
    """Philox4x32-10 of counters (4, m) under a key (2,): the words (4, m)."""
    low = np.uint64(0xFFFFFFFF)
    counter, key = [np.asarray(word, np.uint64) for word in counter], [int(word) for word in key]
    for step in range(10):
        k0, k1 = (np.uint64((k + step * bump) & 0xFFFFFFFF) for k, bump in zip(key, (0x9E3779B9, 0xBB67AE85)))
        first, third = np.uint64(0xD2511F53) * counter[0], np.uint64(0xCD9E8D57) * counter[2]
        counter = [(third >> np.uint64(32)) ^ counter[1] ^ k0, third & low,
                   (first >> np.uint64(32)) ^ counter[3] ^ k1, first & low]  # fmt: skip
    return np.stack(np.broadcast_arrays(*counter))


def stretches(size, samples, state, node):
    """Words (samples, stretches, 64) of (block of the element, sample, step) under (seed, node): 64 in a row are the first
    words of 16 counters, then their second words, and so on."""
    seed, step = (int(word) for word in state)
    key = seed & 0xFFFFFFFF, ((seed >> 32) + node) & 0xFFFFFFFF
    blocks = np.arange(-(-size // 64) * 16)
    words = [philox((blocks, sample, step & 0xFFFFFFFF, step >> 32), key) for sample in range(samples)]
    return np.stack(words).reshape(samples, 4, -1, 16).swapaxes(1, 2).reshape(samples, -1, 64)


def random_uniform(y, state, node, threads=1):
    """The words' upper 24 bits as a fraction."""
    y[...] = (stretches(y.shape[1], len(y), state, node).reshape(len(y), -1)[:, : y.shape[1]] >> np.uint64(8)) / 2.0**24


def dropped_places(samples, size, rate, state, node):
    """Booleans (samples, size): true with a probability of `rate`, rounded to 16 bits. A stretch is good for 128 places:
    the lower halves of its words, then the upper ones."""
    words = stretches(-(-size // 2), samples, state, node)
    halves = np.concatenate([words & np.uint64(0xFFFF), words >> np.uint64(16)], axis=2)
    return halves.reshape(samples, -1)[:, :size] < np.floor(float(np.float32(rate)) * 2**16 + 0.5)


def dropout_forward(x, y, state, rate, node, threads=1):
    """y = x / (1 - rate), or 0 with a probability of `rate`."""
    rate = np.float64(np.float32(rate))  # the number that the kernel knows
    y[...] = np.where(dropped_places(*x.shape, rate, state, node), 0, x / (1 - rate) if rate < 1 else 0)


def dropout_backward(dy, dx, state, rate, node, threads=1):
    """dx = dy / (1 - rate) where x was kept, else 0."""
    dropout_forward(dy, dx, state, rate, node)


def dropout_rows(x, y, state, node, shared, rate, scale, offset, dropped, threads=1):
    """y = x scale + offset, or `dropped` with a probability of `rate`."""
    places = dropped_places(len(x), x.shape[2], rate, state, node)
    places = np.broadcast_to(places[:1], places.shape) if shared else places
    y[...] = np.where(places[:, None], dropped, x * scale + offset)


def gaussian_noise(x, y, state, node, relative, deviation, threads=1):
    """y = x + deviation z or x (1 + deviation z); z = sqrt(-2 log(1 - u)) cos(2 pi v), then with sin, of 32 u and 32 v."""
    drawn = np.empty((len(x), -(-x.shape[1] // 64) * 64))
    random_uniform(drawn, state, node)
    u, v = np.moveaxis(drawn.reshape(len(x), -1, 2, 32), 2, 0)
    radius, angle = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2).reshape(len(x), -1)[:, : x.shape[1]]
    y[...] = x * (1 + deviation * z) if relative else x + deviation * z


def prelu_forward(x, alpha, y, threads=1):
    """y = x, or alpha x below zero."""
    y[...] = np.where(x < 0, alpha * x, x)


def prelu_backward(x, alpha, dy, dx, threads=1):
    """dx = dy times 1, alpha or 0, where x is above, below or at zero."""
    dx[...] = np.where(x == 0, 0, dy * np.where(x < 0, alpha, 1))


def prelu_sums(x, dy, partial, threads=1):
    """The sum of dy x where x < 0."""
    partial[...] = np.sum(np.where(x < 0, dy * x, 0), axis=(0, 1), dtype=np.float64)


# ------------------------------------------------------------------------------------------------- sums and softmax


def add(x, y, threads=1):
    """y += x."""
    y[...] = np.asarray(x, np.float64) + y


def scale(x, y, factor, offset, threads=1):
    """y = x * factor + offset."""
    y[...] = np.asarray(x, np.float64) * factor + offset


def softmax_forward(x, y, threads=1):
    """Shares of e^x along the last axis."""
    with np.errstate(invalid="ignore"):
        powers = np.exp(x - np.max(x, axis=-1, keepdims=True), dtype=np.float64)
        y[...] = powers / np.sum(powers, axis=-1, keepdims=True)


def softmax_backward(y, dy, dx, threads=1):
    """dx = y * (dy - sum of y dy), along the last axis."""
    y, dy = np.asarray(y, np.float64), np.asarray(dy, np.float64)
    dx[...] = y * (dy - np.sum(y * dy, axis=-1, keepdims=True))


def log_softmax_forward(x, y, threads=1):
    """Logarithms of the shares of e^x along the last axis."""
    x = np.asarray(x, np.float64)
    with np.errstate(invalid="ignore"):
        shifted = x - np.max(x, axis=-1, keepdims=True)
        y[...] = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def log_softmax_backward(y, dy, dx, threads=1):
    """dx = dy - e^y * sum of dy, along the last axis."""
    y, dy = np.asarray(y, np.float64), np.asarray(dy, np.float64)
    dx[...] = dy - np.exp(y) * np.sum(dy, axis=-1, keepdims=True)
