"""Record PyTorch's convolutions and their gradients: `python record_conv.py` beside PyTorch writes conv.npz.

All data are small integers and all sums far below 2**53: PyTorch's float64 answers are exact, and so must ours be.
One entry `NAME/WHAT` per array; `NAME/geometry` is kh kw sh sw dh dw top bottom left right groups.
"""

from pathlib import Path

import numpy as np
import torch

# name: (n, h, w, c), (kh, kw), filters, strides, dilation, padding ("same" as TensorFlow pads, or numbers), groups
CASES = {
    "valid_3x3": ((2, 7, 6, 3), (3, 3), 4, (1, 1), (1, 1), (0, 0, 0, 0), 1),
    "same_3x3": ((1, 6, 7, 2), (3, 3), 5, (1, 1), (1, 1), "same", 1),
    "same_3x3_strides_2_even": ((2, 6, 8, 2), (3, 3), 3, (2, 2), (1, 1), "same", 1),
    "same_3x3_strides_2_odd": ((1, 7, 9, 2), (3, 3), 3, (2, 2), (1, 1), "same", 1),
    "same_2x4": ((1, 5, 6, 3), (2, 4), 2, (1, 1), (1, 1), "same", 1),
    "same_5x2_strides_3x2": ((1, 11, 7, 2), (5, 2), 3, (3, 2), (1, 1), "same", 1),
    "same_3x2_dilation_2x3": ((1, 8, 9, 2), (3, 2), 3, (1, 1), (2, 3), "same", 1),
    "1x1": ((2, 4, 3, 5), (1, 1), 6, (1, 1), (1, 1), (0, 0, 0, 0), 1),
    "1x1_strides_2x3": ((1, 6, 8, 3), (1, 1), 4, (2, 3), (1, 1), (0, 0, 0, 0), 1),
    "strides_beyond_kernel": ((1, 9, 10, 2), (2, 1), 3, (3, 3), (1, 1), (1, 0, 0, 2), 1),
    "strides_2x3_dilation_3x2": ((1, 12, 13, 2), (3, 3), 2, (2, 3), (3, 2), (2, 1, 0, 3), 1),
    "lopsided_padding": ((1, 4, 4, 2), (4, 3), 2, (1, 2), (1, 1), (3, 0, 1, 4), 1),
    "groups_2": ((2, 5, 5, 4), (3, 3), 6, (1, 1), (1, 1), (1, 1, 1, 1), 2),
    "groups_3_strides_2": ((1, 7, 6, 6), (3, 2), 3, (2, 2), (1, 1), "same", 3),
    "depthwise": ((1, 6, 6, 4), (3, 3), 8, (1, 1), (1, 1), "same", 4),
    "whole_map": ((3, 5, 4, 3), (5, 4), 7, (1, 1), (1, 1), (0, 0, 0, 0), 1),
}


def same(size, kernel, stride, dilation):
    """Zeros before and after one axis; where their number is odd, the extra one comes after."""
    total = max(((size + stride - 1) // stride - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def record(shape, window, filters, strides, dilation, padding, groups, rng):
    if padding == "same":
        axes = zip(shape[1:3], window, strides, dilation)
        padding = [zeros for axis in axes for zeros in same(*axis)]
    top, bottom, left, right = padding

    def draw(*shape):
        return rng.integers(-4, 5, shape, dtype=np.int8)

    def tensor(array, axes):
        return torch.tensor(array, dtype=torch.float64).permute(axes).contiguous().requires_grad_()

    x, kernel, bias = draw(*shape), draw(*window, shape[3] // groups, filters), draw(filters)
    inputs = tensor(x, (0, 3, 1, 2)), tensor(kernel, (3, 2, 0, 1)), tensor(bias, (0,))
    y = torch.nn.functional.conv2d(
        torch.nn.functional.pad(inputs[0], (left, right, top, bottom)), *inputs[1:], strides, 0, dilation, groups
    )
    dy = draw(*y.permute(0, 2, 3, 1).shape)
    y.backward(tensor(dy, (0, 3, 1, 2)).detach())

    def array(tensor, axes):
        values = tensor.detach().permute(axes).numpy()
        assert np.array_equal(values, values.astype(np.int16))
        return np.ascontiguousarray(values, np.int16)

    return {
        "geometry": np.array([*window, *strides, *dilation, *padding, groups], np.int8),
        "x": x,
        "kernel": kernel,
        "bias": bias,
        "dy": dy,
        "y": array(y, (0, 2, 3, 1)),
        "dx": array(inputs[0].grad, (0, 2, 3, 1)),
        "dkernel": array(inputs[1].grad, (2, 3, 1, 0)),
        "dbias": array(inputs[2].grad, (0,)),
    }


if __name__ == "__main__":
    rng = np.random.default_rng(20)
    answers = {f"{name}/{what}": values for name, case in CASES.items() for what, values in record(*case, rng).items()}
    np.savez_compressed(Path(__file__).with_name("conv.npz"), versions=f"torch {torch.__version__}", **answers)
