"""Convolution (cross-correlation) over (n, h, w, c) maps with (kh, kw, c / groups, f) kernels, and over volumes.

With i, j places in the window and c counted inside its group,

    y[n, oh, ow, f] = bias[f] + sum over i, j, c of x[n, oh*sh + i*dh, ow*sw + j*dw, c] * kernel[i, j, c, f]

Each function below walks the places of the window: one (i, j) is a matrix product between what the window's place
sees of x and one slice of the kernel. Volumes (`..._3d`) have one more axis in front; a packed kernel of theirs has the
shape (kd * kh, kw, c / groups, f).
"""

import numpy as np

from cycnn.kernels.reference import elementwise


def pack(kernel, packed, groups, threads=1):
    """The judge's packed layout is the kernel's own: a copy."""
    packed[...] = kernel


def pack_transposed(kernel, packed, groups, threads=1):
    """A copy, too: `backward_input` reads the kernel as the user sees it."""
    packed[...] = kernel


def forward(x, packed, bias, y, kh, kw, sh, sw, dh, dw, groups, activation, threads=1):
    """y = activation(x * kernel + bias); x is already padded, `packed` is the plain kernel, bias may be None."""
    _forward(x, packed, bias, y, (sh, sw), (dh, dw), groups, activation)


def forward_3d(x, packed, bias, y, kd, kh, kw, sd, sh, sw, dd, dh, dw, groups, activation, threads=1):
    """`forward` of volumes."""
    kernel = packed.reshape(kd, kh, *packed.shape[1:])
    _forward(x, kernel, bias, y, (sd, sh, sw), (dd, dh, dw), groups, activation)


def _forward(x, kernel, bias, y, strides, dilation, groups, activation):
    x, kernel, total = np.asarray(x, np.float64), np.asarray(kernel, np.float64), np.zeros(y.shape)
    for channels, filters in _groups(x.shape[-1], y.shape[-1], groups):
        for place in np.ndindex(kernel.shape[:-2]):
            seen = _seen(x, place, strides, dilation, y.shape)
            total[..., filters] += seen[..., channels] @ kernel[place][:, filters]
    if bias is not None:
        total += bias
    elementwise.activate(total, y, activation, 0.0, 0.0, 0.0)


def backward_input(dy, packed, dx, kh, kw, sh, sw, dh, dw, top, left, groups, threads=1):
    """dx of the map before padding: `top` rows above it and `left` columns beside it were added, the rest as needed."""
    dx[...] = _input(dy, packed, dx.shape, (sh, sw), (dh, dw), (top, left), groups)


def backward_input_3d(dy, packed, dx, kd, kh, kw, sd, sh, sw, dd, dh, dw, front, top, left, groups, threads=1):
    """`backward_input` of volumes; `front` planes were added before them."""
    kernel = packed.reshape(kd, kh, *packed.shape[1:])
    dx[...] = _input(dy, kernel, dx.shape, (sd, sh, sw), (dd, dh, dw), (front, top, left), groups)


def forward_transposed(x, packed, bias, y, kh, kw, sh, sw, dh, dw, top, left, groups, activation, threads=1):
    """y = activation(bias + the input gradient, for dy = x, of the convolution of a map like y)."""
    total = _input(x, packed, y.shape, (sh, sw), (dh, dw), (top, left), groups)
    elementwise.activate(total if bias is None else total + bias, y, activation, 0.0, 0.0, 0.0)


def forward_transposed_3d(
    x, packed, bias, y, kd, kh, kw, sd, sh, sw, dd, dh, dw, front, top, left, groups, activation, threads=1
):
    """`forward_transposed` of volumes."""
    kernel = packed.reshape(kd, kh, *packed.shape[1:])
    total = _input(x, kernel, y.shape, (sd, sh, sw), (dd, dh, dw), (front, top, left), groups)
    elementwise.activate(total if bias is None else total + bias, y, activation, 0.0, 0.0, 0.0)


def _input(dy, kernel, shape, strides, dilation, before, groups):
    """The gradient with respect to an x of this shape, `before` which zeros were added."""
    dy, kernel, places = np.asarray(dy, np.float64), np.asarray(kernel, np.float64), kernel.shape[:-2]
    spans = [(o - 1) * s + (k - 1) * d + 1 for o, s, k, d in zip(dy.shape[1:], strides, places, dilation)]
    lengths = [max(b + length, span) for b, length, span in zip(before, shape[1:], spans)]
    padded = np.zeros((shape[0], *lengths, shape[-1]))
    for channels, filters in _groups(shape[-1], dy.shape[-1], groups):
        for place in np.ndindex(places):
            seen = _seen(padded, place, strides, dilation, dy.shape)
            seen[..., channels] += dy[..., filters] @ kernel[place][:, filters].T
    inside = (slice(None), *(slice(b, b + length) for b, length in zip(before, shape[1:])))
    return padded[inside]


def backward_kernel(x, dy, dkernel, sh, sw, dh, dw, groups, threads=1):
    """dkernel (kh, kw, c / groups, f), summed over all samples; x is already padded. The old dkernel does not count."""
    _kernel(x, dy, dkernel, (sh, sw), (dh, dw), groups)


def backward_kernel_3d(x, dy, dkernel, sd, sh, sw, dd, dh, dw, groups, threads=1):
    """`backward_kernel` of volumes."""
    _kernel(x, dy, dkernel, (sd, sh, sw), (dd, dh, dw), groups)


def _kernel(x, dy, dkernel, strides, dilation, groups):
    x, axes = np.asarray(x, np.float64), list(range(x.ndim - 1))
    for channels, filters in _groups(x.shape[-1], dy.shape[-1], groups):
        for place in np.ndindex(dkernel.shape[:-2]):
            seen, part = _seen(x, place, strides, dilation, dy.shape), dkernel[place]
            part[:, filters] = np.tensordot(seen[..., channels], dy[..., filters], axes=(axes, axes))


def _groups(c, f, groups):
    """The input channels and the filters of each group, as slices."""
    return [
        (slice(g * c // groups, (g + 1) * c // groups), slice(g * f // groups, (g + 1) * f // groups))
        for g in range(groups)
    ]


def _seen(x, place, strides, dilation, shape):
    """View (n, oh, ow, c): what one place of the window sees of x, for every output pixel of `shape`."""
    starts = [k * d for k, d in zip(place, dilation)]
    seen = (slice(None), *(slice(a, a + (o - 1) * s + 1, s) for a, o, s in zip(starts, shape[1:], strides)))
    return x[seen]
