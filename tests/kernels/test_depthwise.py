"""The depthwise kernels, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import depthwise as reference

from . import sums
from .cases import ISAS, fixed, group, load, sample
from .sums import EPILOGUES, Call

CHANNELS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 64, 65)


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def depthwise(isa):
    return load(isa, "depthwise")


class Problem(sums.Problem):
    """A depthwise convolution. `size` is x's; `padding` is top, bottom, left, right."""

    def __init__(self, n, size, c, window, strides=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0)):
        top, bottom, left, right = padding
        self.geometry = (*strides, *dilation, top, left)
        both = (top + bottom, left + right)
        y = [
            (x + p - (k - 1) * d - 1) // s + 1
            for x, p, k, s, d in zip(size, both, window, strides, dilation, strict=True)
        ]
        assert min(y) > 0
        self.shapes = (n, *size, c), (*window, c), (c,), (n, *y, c)
        taps = window[0] * window[1]
        self.lengths = {"y": taps + 1, "dx": taps, "dkernel": n * y[0] * y[1]}

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx, dkernel = (np.full(array.shape, np.nan) for array in (dy, x, kernel))
        reference.forward(x, kernel, bias, y, *self.geometry, activation)
        reference.backward_input(dy, kernel, dx, *self.geometry)
        reference.backward_kernel(x, dy, dkernel, *self.geometry)
        return {"y": y, "dx": dx, "dkernel": dkernel}

    def calls(self, depthwise, x, kernel, bias, dy, activation=0):
        n, (y, dx, dkernel) = len(x), (np.empty_like(array) for array in (dy, x, kernel))
        return {
            "y": Call(
                depthwise.forward,
                [sample(x), fixed(kernel), None if bias is None else fixed(bias), sample(y)],
                (*self.geometry, activation),
                units=dy.shape[1],
                samples=n,
            ),
            "dx": Call(
                depthwise.backward_input,
                [sample(dy), fixed(kernel), sample(dx)],
                self.geometry,
                units=1,
                samples=n,
            ),
            "dkernel": Call(
                depthwise.backward_kernel,
                [sample(x), sample(dy), group(dkernel)],
                self.geometry,
                units=depthwise.kernel_units(dy.shape[3]),
                samples=n,
                per_sample=False,
            ),
        }


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_channels(depthwise, channels, strides):
    Problem(2, (5, 6), channels, (3, 3), strides, padding=(1, 1, 1, 1)).check(depthwise)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15, 16, 29])
@pytest.mark.parametrize(
    ("window", "strides", "dilation"),
    [((3, 3), (1, 1), (1, 1)), ((5, 5), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((3, 3), (1, 1), (2, 2))],
    ids=["3x3", "5x5", "strides", "dilation"],
)
def test_widths_around_the_tile(depthwise, width, window, strides, dilation):
    border = [d * (k - 1) // 2 for k, d in zip(window, dilation, strict=True) for _ in range(2)]
    size = 6, width
    Problem(2, size, depthwise.LANES + 3, window, strides, dilation, border).check(depthwise)


def random_problem(seed):
    """Windows of 1 to 6, strides and dilation of 1 to 3, lopsided padding, rows and columns nobody reads."""
    rng = np.random.default_rng(seed)
    window, strides, dilation = (rng.integers(1, above, 2).tolist() for above in (7, 4, 4))
    c, n = int(rng.choice(CHANNELS)), int(rng.integers(1, 4))
    size, padding = [], []
    for k, s, d in zip(window, strides, dilation):
        reach = (k - 1) * d + 1
        before, after = rng.integers(0, reach + 2, 2).tolist()
        padding += [before, after]
        size.append(max(1, reach - before - after) + int(rng.integers(0, 4 * s + 1)))
    return Problem(n, size, c, window, strides, dilation, padding)


@pytest.mark.parametrize("seed", range(60))
def test_random_geometry(depthwise, seed):
    random_problem(seed).check(depthwise, seed)


SHAPES = {
    "one pixel of everything": Problem(1, (1, 1), 1, (1, 1)),
    "a window as large as the map": Problem(3, (7, 6), 10, (7, 6)),
    "a window larger than the map": Problem(2, (2, 3), 33, (7, 9), padding=(3, 3, 4, 4)),
    "windows that see zeros only": Problem(1, (2, 2), 5, (2, 2), padding=(4, 5, 3, 6)),
    "strides that skip pixels": Problem(2, (9, 11), 17, (2, 1), (3, 4)),
    "more rows than an epilogue takes at once": Problem(1, (60, 60), 24, (3, 3), padding=(1, 1, 1, 1)),
    "several bands of rows": Problem(2, (19, 5), 35, (3, 3), padding=(1, 1, 1, 1)),
    "bands of few channels": Problem(2, (19, 6), 3, (3, 3), padding=(1, 1, 1, 1)),
    "one row": Problem(3, (1, 41), 19, (1, 9), dilation=(1, 2), padding=(0, 0, 16, 0)),
    "many samples of one pixel": Problem(41, (1, 1), 33, (1, 1)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(depthwise, shape):
    SHAPES[shape].check(depthwise)


@pytest.mark.parametrize("name", EPILOGUES)
def test_epilogue(isa, depthwise, name):
    Problem(3, (5, 7), 9, (2, 2)).check_epilogue(depthwise, load(isa, "elementwise").KINDS[name])


@pytest.mark.parametrize("channels", [3, 35])
def test_nan_and_infinity_pass(depthwise, channels):
    problem = Problem(2, (4, 6), channels, (3, 3), padding=(1, 1, 1, 1))
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0), exact=True)
    x[0, 1, 1, 2], x[1, 2, 0, 0], x[1, 3, 2, 1] = np.nan, np.inf, -np.inf
    dy[0, 2, 1, 2], dy[1, 1, 2, 0] = (
        np.nan,
        np.inf,
    )  # whose windows see no zeros around x: the reference multiplies them
    problem.check_spoiled(depthwise, x, kernel, bias, dy)


def test_nothing_behind_an_operand_is_touched(depthwise):
    for problem in (*SHAPES.values(), *map(random_problem, range(60))):
        problem.check_fences(depthwise)
    for channels in CHANNELS:
        Problem(2, (3, 5), channels, (3, 3), padding=(1, 1, 1, 1)).check_fences(depthwise)
