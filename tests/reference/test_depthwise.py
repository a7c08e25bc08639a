"""The reference's depthwise convolution: finite differences judge its gradients, the convolution of many groups its sums."""

import numpy as np
import pytest

from cycnn.kernels.reference import conv, depthwise

from .differences import central_differences


class Problem:
    """A random small depthwise convolution, lopsidedly padded."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        window, strides, dilation = (rng.integers(1, above, 2).tolist() for above in (5, 4, 4))
        reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
        self.before, after = ([int(rng.integers(0, r + 1)) for r in reach] for _ in range(2))
        size = [max(1, r - a - b) + int(rng.integers(0, 5)) for r, a, b in zip(reach, self.before, after, strict=True)]
        out = [(h + a + b - r) // s + 1 for h, a, b, r, s in zip(size, self.before, after, reach, strides, strict=True)]
        n, c = rng.integers(1, 4, 2).tolist()
        self.window, self.steps = window, (*strides, *dilation)
        self.geometry = (*self.steps, *self.before)
        self.border = ((0, 0), *zip(self.before, after, strict=True), (0, 0))
        self.x = rng.standard_normal((n, *size, c))
        self.kernel, self.bias = rng.standard_normal((*window, c)), rng.standard_normal(c)
        self.dy = rng.standard_normal((n, *out, c))

    def forward(self, x, kernel, bias=None):
        y = np.full(self.dy.shape, np.nan)
        depthwise.forward(x, kernel, bias, y, *self.geometry, 0)
        return y

    def backward(self):
        dx, dkernel = np.full(self.x.shape, np.nan), np.full(self.kernel.shape, np.nan)
        depthwise.backward_input(self.dy, self.kernel, dx, *self.geometry)
        depthwise.backward_kernel(self.x, self.dy, dkernel, *self.geometry)
        return dx, dkernel


@pytest.mark.parametrize("seed", range(40))
def test_gradients_are_finite_differences(seed):
    problem = Problem(seed)
    dx, dkernel = problem.backward()
    x, kernel = problem.x, problem.kernel
    expected = central_differences(lambda x: np.sum(problem.forward(x, kernel) * problem.dy), x, 0.5)
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-11)
    expected = central_differences(lambda kernel: np.sum(problem.forward(x, kernel) * problem.dy), kernel, 0.5)
    np.testing.assert_allclose(dkernel, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", range(40))
def test_sums_are_those_of_a_convolution_of_as_many_groups(seed):
    problem = Problem(seed)
    (kh, kw, c), expected = problem.kernel.shape, np.full(problem.dy.shape, np.nan)
    padded, kernel = np.pad(problem.x, problem.border), problem.kernel[:, :, None]
    conv.forward(padded, kernel, problem.bias, expected, kh, kw, *problem.steps, c, 0)
    np.testing.assert_allclose(problem.forward(problem.x, problem.kernel, problem.bias), expected, rtol=0, atol=1e-12)
