"""The reference's matrix products: finite differences and exact sums judge them."""

from math import fsum

import numpy as np
import pytest

from cycnn.kernels.reference import gemm

from .differences import central_differences


def problem(seed):
    """x (n, rows, k), kernel (k, f), bias (f,) and dy (n, rows, f) of random small sizes."""
    rng = np.random.default_rng(seed)
    n, rows, k, f = rng.integers(1, 7, 4)
    return [rng.standard_normal(shape) for shape in ((n, rows, k), (k, f), f, (n, rows, f))]


def forward(x, kernel, bias, activation=0):
    y = np.full((*x.shape[:2], kernel.shape[1]), np.nan)
    gemm.forward(x, kernel, bias, y, activation)
    return y


@pytest.mark.parametrize("seed", range(40))
def test_forward_is_the_definition(seed):
    x, kernel, bias, dy = problem(seed)
    expected = np.empty(dy.shape)
    for n, r, f in np.ndindex(dy.shape):
        expected[n, r, f] = fsum(x[n, r, k] * kernel[k, f] for k in range(len(kernel))) + bias[f]
    np.testing.assert_allclose(forward(x, kernel, bias), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("seed", range(40, 100))
def test_gradients_are_finite_differences(seed):
    x, kernel, bias, dy = problem(seed)
    transposed, dx = np.full(kernel.T.shape, np.nan), np.full(x.shape, np.nan)
    dkernel, dbias = np.full(kernel.shape, np.nan), np.full(bias.shape, np.nan)
    gemm.pack_transposed(kernel, transposed)
    gemm.forward(dy, transposed, None, dx, 0)
    gemm.backward_kernel(x, dy, dkernel)
    gemm.backward_bias(dy, dbias)

    def loss(x, kernel, bias):
        return np.sum(forward(x, kernel, bias) * dy)

    for gradient, expected in (
        (dx, central_differences(lambda x: loss(x, kernel, bias), x, 0.5)),
        (dkernel, central_differences(lambda kernel: loss(x, kernel, bias), kernel, 0.5)),
        (dbias, central_differences(lambda bias: loss(x, kernel, bias), bias, 0.5)),
    ):
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12)


def test_relu_keeps_what_is_positive_and_nan():
    x, kernel, bias, _ = problem(5)
    x[0, 0, 0] = np.nan
    y = forward(x, kernel, bias)
    assert all(some.any() for some in (np.isnan(y), y < 0, y > 0))
    np.testing.assert_array_equal(forward(x, kernel, bias, activation=1), np.where(y < 0, 0, y))


def test_outputs_of_float32_are_rounded_once():
    """The sums are float64's even where the data are not."""
    column = np.array([2**30, 1, -(2**30)], np.float32)
    one = np.empty((1, 1, 1), np.float32)
    gemm.forward(column[None, None], np.ones((3, 1), np.float32), None, one, 0)
    assert one.item() == 1
    gemm.backward_kernel(np.ones((1, 3, 1), np.float32), column[None, :, None], one[0])
    assert one.item() == 1
    gemm.backward_bias(column[None, :, None], one[0, 0])
    assert one.item() == 1


def test_pack_keeps_the_users_layout():
    kernel = np.arange(15.0).reshape(3, 5)
    packed = np.full(kernel.shape, np.nan)
    gemm.pack(kernel, packed)
    np.testing.assert_array_equal(packed, kernel)
