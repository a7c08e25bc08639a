"""The reference's convolution: finite differences, SciPy, the definition, and PyTorch's recorded answers judge it."""

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from cycnn.kernels.reference import conv

from .differences import central_differences

RECORDED = np.load(Path(__file__).parents[1] / "recorded" / "conv.npz")
NAMES = sorted({entry.split("/")[0] for entry in RECORDED.files if "/" in entry})


class Problem:
    """A random small convolution: kernels of 1 to 5, strides and dilation of 1 to 3, groups, lopsided padding."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.kh, self.kw = rng.integers(1, 6, 2)
        self.sh, self.sw = rng.integers(1, 4, 2)
        self.dh, self.dw = rng.integers(1, 4, 2)
        self.groups = rng.choice([1, 1, 2, 3])
        high, wide = (self.kh - 1) * self.dh + 1, (self.kw - 1) * self.dw + 1  # what a window spans
        self.top, bottom = rng.integers(0, high + 1, 2)
        self.left, right = rng.integers(0, wide + 1, 2)
        n = rng.integers(1, 3)
        h = max(1, high - self.top - bottom + rng.integers(0, 4))
        w = max(1, wide - self.left - right + rng.integers(0, 4))
        c, f = rng.integers(1, 3) * self.groups, rng.integers(1, 4) * self.groups
        self.border = ((0, 0), (self.top, bottom), (self.left, right), (0, 0))
        self.x = rng.standard_normal((n, h, w, c))
        self.kernel = rng.standard_normal((self.kh, self.kw, c // self.groups, f))
        self.bias = rng.standard_normal(f)
        oh = (h + self.top + bottom - high) // self.sh + 1
        ow = (w + self.left + right - wide) // self.sw + 1
        self.dy = rng.standard_normal((n, oh, ow, f))

    def forward(self, x, kernel, bias=None, activation=0):
        y = np.full(self.dy.shape, np.nan)
        window = self.kh, self.kw, self.sh, self.sw, self.dh, self.dw, self.groups
        conv.forward(np.pad(x, self.border), kernel, bias, y, *window, activation)
        return y

    def backward(self):
        dx, dkernel = np.full(self.x.shape, np.nan), np.full(self.kernel.shape, np.nan)
        steps = self.sh, self.sw, self.dh, self.dw
        conv.backward_input(self.dy, self.kernel, dx, self.kh, self.kw, *steps, self.top, self.left, self.groups)
        conv.backward_kernel(np.pad(self.x, self.border), self.dy, dkernel, *steps, self.groups)
        return dx, dkernel


@pytest.mark.parametrize("seed", range(80))
def test_gradients_are_finite_differences(seed):
    problem = Problem(seed)
    dx, dkernel = problem.backward()

    def loss(x, kernel):
        return np.sum(problem.forward(x, kernel) * problem.dy)

    expected = central_differences(lambda x: loss(x, problem.kernel), problem.x, 0.5)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-11)
    expected = central_differences(lambda kernel: loss(problem.x, kernel), problem.kernel, 0.5)
    np.testing.assert_allclose(dkernel, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", range(80, 140))
def test_forward_is_scipys_correlation(seed):
    """A dilated kernel is one with zeros between its values, and strides leave out rows and columns."""
    problem = Problem(seed)
    kh, kw, cg, f = problem.kernel.shape
    spread = np.zeros(((kh - 1) * problem.dh + 1, (kw - 1) * problem.dw + 1, cg, f))
    spread[:: problem.dh, :: problem.dw] = problem.kernel
    x = np.pad(problem.x, problem.border)
    expected = np.empty(problem.dy.shape)
    for n, filter in np.ndindex(len(x), f):
        first = filter // (f // problem.groups) * cg
        maps = correlate(x[n, :, :, first : first + cg], spread[..., filter], mode="valid", method="direct")
        expected[n, ..., filter] = maps[:: problem.sh, :: problem.sw, 0] + problem.bias[filter]
    np.testing.assert_allclose(problem.forward(problem.x, problem.kernel, problem.bias), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(140, 160))
def test_forward_is_the_definition(seed):
    """One product at a time; a place outside of x is a zero."""
    p = Problem(seed)
    (n, oh, ow, f), (h, w), cg = p.dy.shape, p.x.shape[1:3], p.kernel.shape[2]
    expected = np.zeros(p.dy.shape)
    for s, row, column, filter, i, j, c in np.ndindex(n, oh, ow, f, p.kh, p.kw, cg):
        y, x = row * p.sh + i * p.dh - p.top, column * p.sw + j * p.dw - p.left
        if 0 <= y < h and 0 <= x < w:
            channel = filter // (f // p.groups) * cg + c
            expected[s, row, column, filter] += p.x[s, y, x, channel] * p.kernel[i, j, c, filter]
    np.testing.assert_allclose(p.forward(p.x, p.kernel), expected, rtol=0, atol=1e-12)


class Volume:
    """A random small convolution of volumes."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.window, self.strides, self.dilation = (rng.integers(1, above, 3).tolist() for above in (4, 4, 3))
        reach = [(k - 1) * d + 1 for k, d in zip(self.window, self.dilation, strict=True)]
        self.before, after = ([int(rng.integers(0, r)) for r in reach] for _ in range(2))
        size = [max(1, r - a - b) + int(rng.integers(0, 4)) for r, a, b in zip(reach, self.before, after, strict=True)]
        self.border = ((0, 0), *zip(self.before, after, strict=True), (0, 0))
        self.groups, (n, cg, fg) = int(rng.integers(1, 3)), rng.integers(1, 3, 3).tolist()
        self.x = rng.standard_normal((n, *size, cg * self.groups))
        self.kernel = rng.standard_normal((*self.window, cg, fg * self.groups))
        whole = [length + a + b for length, a, b in zip(size, self.before, after, strict=True)]
        out = [(length - r) // s + 1 for length, r, s in zip(whole, reach, self.strides, strict=True)]
        self.dy = rng.standard_normal((n, *out, fg * self.groups))

    def forward(self, x, kernel):
        y, packed = np.full(self.dy.shape, np.nan), kernel.reshape(-1, *kernel.shape[2:])
        window = *self.window, *self.strides, *self.dilation
        conv.forward_3d(np.pad(x, self.border), packed, None, y, *window, self.groups, 0)
        return y


@pytest.mark.parametrize("seed", range(30))
def test_volumes(seed):
    """Forward as SciPy's correlation; the gradients, and the transposed convolution, by finite differences."""
    p = Volume(seed)
    dx, dkernel, y = np.full(p.x.shape, np.nan), np.full(p.kernel.shape, np.nan), np.full(p.x.shape, np.nan)
    packed, steps = p.kernel.reshape(-1, *p.kernel.shape[2:]), (*p.strides, *p.dilation)
    conv.backward_input_3d(p.dy, packed, dx, *p.window, *steps, *p.before, p.groups)
    conv.forward_transposed_3d(p.dy, packed, np.ones(p.x.shape[-1]), y, *p.window, *steps, *p.before, p.groups, 0)
    conv.backward_kernel_3d(np.pad(p.x, p.border), p.dy, dkernel, *steps, p.groups)
    expected = central_differences(lambda x: np.sum(p.forward(x, p.kernel) * p.dy), p.x, 0.5)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(y, expected + 1, rtol=0, atol=1e-11)
    expected = central_differences(lambda kernel: np.sum(p.forward(p.x, kernel) * p.dy), p.kernel, 0.5)
    np.testing.assert_allclose(dkernel, expected, rtol=0, atol=1e-11)

    spread = np.zeros((*((k - 1) * d + 1 for k, d in zip(p.window, p.dilation, strict=True)), *p.kernel.shape[3:]))
    spread[:: p.dilation[0], :: p.dilation[1], :: p.dilation[2]] = p.kernel
    x, cg, f = np.pad(p.x, p.border), p.kernel.shape[3], p.kernel.shape[4]
    expected = np.empty(p.dy.shape)
    for n, filter in np.ndindex(len(x), f):
        first = filter // (f // p.groups) * cg
        maps = correlate(x[n, ..., first : first + cg], spread[..., filter], mode="valid", method="direct")
        expected[n, ..., filter] = maps[:: p.strides[0], :: p.strides[1], :: p.strides[2], 0]
    np.testing.assert_allclose(p.forward(p.x, p.kernel), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_transposed_is_the_input_gradient(seed):
    problem = Problem(seed)
    dx, _ = problem.backward()
    y, bias = np.full(dx.shape, np.nan), np.arange(dx.shape[3], dtype=float)
    window = problem.kh, problem.kw, problem.sh, problem.sw, problem.dh, problem.dw
    conv.forward_transposed(problem.dy, problem.kernel, bias, y, *window, problem.top, problem.left, problem.groups, 1)
    np.testing.assert_array_equal(y, np.maximum(dx + bias, 0))


@pytest.mark.parametrize("name", NAMES)
def test_recorded_pytorch(name):
    kh, kw, sh, sw, dh, dw, top, bottom, left, right, groups = RECORDED[f"{name}/geometry"].tolist()
    x, kernel, bias, dy = (RECORDED[f"{name}/{what}"].astype(float) for what in ("x", "kernel", "bias", "dy"))
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    y, dx, dkernel = np.full(dy.shape, np.nan), np.full(x.shape, np.nan), np.full(kernel.shape, np.nan)
    conv.forward(padded, kernel, bias, y, kh, kw, sh, sw, dh, dw, groups, 0)
    conv.backward_input(dy, kernel, dx, kh, kw, sh, sw, dh, dw, top, left, groups)
    conv.backward_kernel(padded, dy, dkernel, sh, sw, dh, dw, groups)
    np.testing.assert_array_equal(y, RECORDED[f"{name}/y"])
    np.testing.assert_array_equal(dx, RECORDED[f"{name}/dx"])
    np.testing.assert_array_equal(dkernel, RECORDED[f"{name}/dkernel"])


def test_relu_keeps_what_is_positive_and_nan():
    problem = Problem(7)
    problem.x[0, 0, 0, 0] = np.nan
    y = problem.forward(problem.x, problem.kernel, problem.bias)
    assert all(some.any() for some in (np.isnan(y), y < 0, y > 0))
    rectified = problem.forward(problem.x, problem.kernel, problem.bias, activation=1)
    np.testing.assert_array_equal(rectified, np.where(y < 0, 0, y))


def test_outputs_of_float32_are_rounded_once():
    """The sums are float64's even where the data are not."""
    x, kernel, y = (np.empty(shape, np.float32) for shape in ((1, 1, 3, 1), (1, 3, 1, 1), (1, 1, 1, 1)))
    x[...], kernel[...] = np.reshape([2.0**30, 1, -(2.0**30)], x.shape), 1
    conv.forward(x, kernel, None, y, 1, 3, 1, 1, 1, 1, 1, 0)
    assert y.item() == 1
    dy, dkernel = x, np.empty((1, 1, 1, 1), np.float32)
    conv.backward_kernel(np.ones_like(x), dy, dkernel, 1, 1, 1, 1, 1)
    assert dkernel.item() == 1


def test_packing_keeps_the_users_layout():
    kernel = np.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    for pack in (conv.pack, conv.pack_transposed):
        packed = np.full(kernel.shape, np.nan)
        pack(kernel, packed, 2)
        np.testing.assert_array_equal(packed, kernel)
