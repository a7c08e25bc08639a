"""The kernels of narrow groups, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import grouped as reference

from . import sums
from .cases import ISAS, fixed, group, load, sample, scratch
from .sums import EPILOGUES, Call, check_packing

# (channels of a group, filters of a group, groups): few and many, that fit a vector and that do not
GROUPS = [
    (1, 1, 1), (1, 1, 17), (1, 2, 1), (1, 2, 35), (2, 1, 16), (2, 1, 33), (1, 3, 11), (3, 1, 11), (2, 2, 16), (3, 3, 7),
    (4, 4, 8), (4, 4, 9), (5, 5, 5), (6, 3, 6), (3, 7, 4), (8, 8, 2), (8, 8, 5), (8, 4, 4), (4, 8, 4), (12, 12, 3),
    (15, 7, 3), (16, 16, 2), (1, 17, 3), (20, 33, 2),
]  # fmt: skip


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def grouped(isa):
    return load(isa, "grouped")


class Problem(sums.Problem):
    """A convolution with groups of (channels, filters, their number). `size` is x's; `padding` is top, bottom, left, right."""

    def __init__(self, n, size, groups, window, strides=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0)):
        top, bottom, left, right = padding
        (cg, fg, self.groups), self.window = groups, window
        self.geometry = (*strides, *dilation, top, left)
        both = (top + bottom, left + right)
        y = [
            (x + p - (k - 1) * d - 1) // s + 1
            for x, p, k, s, d in zip(size, both, window, strides, dilation, strict=True)
        ]
        assert min(y) > 0
        c, f = cg * self.groups, fg * self.groups
        self.shapes = (n, *size, c), (*window, cg, f), (f,), (n, *y, f)
        taps = window[0] * window[1]
        self.lengths = {"y": taps * cg + 1, "dx": taps * fg, "dkernel": n * y[0] * y[1]}

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx, dkernel = (np.full(array.shape, np.nan) for array in (dy, x, kernel))
        reference.forward(x, kernel, bias, y, None, *self.window, *self.geometry, self.groups, activation)
        reference.backward_input(dy, kernel, dx, None, *self.window, *self.geometry, self.groups)
        reference.backward_kernel(x, dy, dkernel, None, *self.geometry, self.groups)
        return {"y": y, "dx": dx, "dkernel": dkernel}

    def packed(self, grouped, kernel):
        """Both forms of a kernel, not written yet."""
        kh, kw, cg, f = kernel.shape
        shapes = (cg, f), (f // self.groups, cg * self.groups)
        return [np.empty(grouped.packed_size(kh, kw, *shape), np.float32) for shape in shapes]

    def calls(self, grouped, x, kernel, bias, dy, activation=0):
        kh, kw, cg, f = kernel.shape
        packed, transposed = self.packed(grouped, kernel)
        grouped.pack(kernel, packed)
        grouped.pack_transposed(kernel, transposed, self.groups)
        y, dx, dkernel = (np.empty_like(array) for array in (dy, x, kernel))
        walk, steps = (kh, kw, *self.geometry, self.groups), self.geometry[:4]
        return {
            "y": Call(
                grouped.forward,
                [
                    sample(x), fixed(packed), None if bias is None else fixed(bias), sample(y),
                    scratch(grouped.forward_room(cg, kh, kw, *steps)),
                ],
                (*walk, activation),
                units=dy.shape[1],
                samples=len(x),
            ),
            "dx": Call(
                grouped.backward_input,
                [
                    sample(dy), fixed(transposed), sample(dx),
                    scratch(grouped.input_room(f // self.groups, kh, kw, *steps)),
                ],
                walk,
                units=x.shape[1],
                samples=len(x),
            ),
            "dkernel": Call(
                grouped.backward_kernel,
                [sample(x), sample(dy), group(dkernel), scratch(grouped.kernel_room(cg, kw, steps[1], steps[3]))],
                (*self.geometry, self.groups),
                units=grouped.kernel_units(f),
                samples=len(x),
                per_sample=False,
            ),
        }  # fmt: skip


@pytest.mark.parametrize("groups", GROUPS, ids=str)
@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_groups(grouped, groups, strides):
    Problem(2, (5, 6), groups, (3, 3), strides, padding=(1, 1, 1, 1)).check(grouped)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15, 16, 29])
@pytest.mark.parametrize(
    ("window", "strides", "dilation"),
    [((1, 1), (1, 1), (1, 1)), ((5, 5), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((3, 3), (1, 1), (2, 2))],
    ids=["1x1", "5x5", "strides", "dilation"],
)
def test_widths_around_the_tile(grouped, width, window, strides, dilation):
    border = [d * (k - 1) // 2 for k, d in zip(window, dilation, strict=True) for _ in range(2)]
    Problem(2, (6, width), (4, 4, 5), window, strides, dilation, border).check(grouped)


def random_problem(seed):
    """Windows of 1 to 6, strides and dilation of 1 to 3, lopsided padding, rows and columns nobody reads."""
    rng = np.random.default_rng(seed)
    window, strides, dilation = (rng.integers(1, above, 2).tolist() for above in (7, 4, 4))
    groups, n = GROUPS[rng.integers(len(GROUPS))], int(rng.integers(1, 4))
    size, padding = [], []
    for k, s, d in zip(window, strides, dilation):
        reach = (k - 1) * d + 1
        before, after = rng.integers(0, reach + 2, 2).tolist()
        padding += [before, after]
        size.append(max(1, reach - before - after) + int(rng.integers(0, 4 * s + 1)))
    return Problem(n, size, groups, window, strides, dilation, padding)


@pytest.mark.parametrize("seed", range(30))
def test_random_geometry(grouped, seed):
    random_problem(seed).check(grouped, seed)


SHAPES = {
    "one pixel of everything": Problem(1, (1, 1), (1, 1, 1), (1, 1)),
    "a window as large as the map": Problem(3, (7, 6), (2, 3, 4), (7, 6)),
    "a window larger than the map": Problem(2, (2, 3), (4, 2, 9), (7, 9), padding=(3, 3, 4, 4)),
    "windows that see zeros only": Problem(1, (2, 2), (1, 2, 5), (2, 2), padding=(4, 5, 3, 6)),
    "strides that skip pixels": Problem(2, (9, 11), (2, 2, 9), (2, 1), (3, 4)),
    "more rows than an epilogue takes at once": Problem(1, (60, 60), (1, 2, 12), (3, 3), padding=(1, 1, 1, 1)),
    "rows longer than a band": Problem(2, (3, 131), (4, 4, 5), (3, 3), padding=(1, 1, 1, 1)),
    "several bands of rows": Problem(2, (37, 5), (2, 2, 9), (3, 3), padding=(1, 1, 1, 1)),
    "one row": Problem(3, (1, 41), (4, 4, 5), (1, 9), dilation=(1, 2), padding=(0, 0, 16, 0)),
    "many samples of one pixel": Problem(41, (1, 1), (3, 5, 7), (1, 1)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(grouped, shape):
    SHAPES[shape].check(grouped)


@pytest.mark.parametrize("groups", [(1, 2, 9), (4, 4, 9), (3, 5, 7), (8, 8, 2)], ids=str)
def test_packing(grouped, groups):
    problem = Problem(1, (3, 3), groups, (3, 2))
    kernel = np.arange(1, 1 + np.prod(problem.shapes[1]), dtype=np.float32).reshape(problem.shapes[1])
    (*_, cg, f), (packed, transposed) = kernel.shape, problem.packed(grouped, kernel)
    calls = [
        Call(grouped.pack, [fixed(kernel), fixed(packed)], (), units=grouped.pack_units(f), per_sample=False),
        Call(
            grouped.pack_transposed,
            [fixed(kernel), fixed(transposed)],
            (problem.groups,),
            units=grouped.pack_units(cg * problem.groups),
            per_sample=False,
        ),
    ]
    check_packing(calls, kernel.reshape(-1))


@pytest.mark.parametrize("name", EPILOGUES)
def test_epilogue(isa, grouped, name):
    Problem(3, (5, 7), (2, 2, 5), (2, 2)).check_epilogue(grouped, load(isa, "elementwise").KINDS[name])


@pytest.mark.parametrize("groups", [(1, 2, 3), (4, 4, 5), (3, 3, 7)], ids=str)
def test_nan_and_infinity_pass(grouped, groups):
    problem = Problem(2, (4, 6), groups, (3, 3), padding=(1, 1, 1, 1))
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0), exact=True)
    x[0, 1, 1, 2], x[1, 2, 0, 0], x[1, 3, 2, 1] = np.nan, np.inf, -np.inf
    # Places whose windows see no zeros around x: the reference multiplies them.
    dy[0, 2, 1, 2], dy[1, 1, 2, 0] = np.nan, np.inf
    problem.check_spoiled(grouped, x, kernel, bias, dy)


def test_nothing_behind_an_operand_is_touched(grouped):
    for problem in (*SHAPES.values(), *map(random_problem, range(30))):
        problem.check_fences(grouped)
    for groups in GROUPS:
        Problem(2, (3, 5), groups, (3, 3), padding=(1, 1, 1, 1)).check_fences(grouped)
