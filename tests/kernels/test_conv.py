"""The convolution kernels, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import conv as reference

from . import sums
from .cases import ISAS, fixed, group, load, sample, scratch
from .sums import EPILOGUES, Call, check_packing

CHANNELS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 64, 65)
# Pixels of an output row, from the pixels of a tile. Maps narrower than half a tile take another way.
WIDTHS = {
    "1": lambda tile: 1,
    "tile / 2 - 1": lambda tile: max(1, tile // 2 - 1),
    "tile / 2": lambda tile: tile // 2,
    "tile - 1": lambda tile: tile - 1,
    "tile": lambda tile: tile,
    "tile + 1": lambda tile: tile + 1,
    "2 tile + 1": lambda tile: 2 * tile + 1,
    "17": lambda tile: 17,
    "29": lambda tile: 29,
}


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def conv(isa):
    return load(isa, "conv")


def kernel_room(conv, x, dy, stride, groups):
    """What `backward_kernel` needs of each thread."""
    return scratch(conv.kernel_workspace(x.shape[-1], dy.shape[-1], stride, groups))


class Problem(sums.Problem):
    """A convolution. `size` is y's; x is as small as may be, plus `spare` rows and columns that no window reaches, and
    `unread` ones that windows would reach, if y had more pixels."""

    def __init__(self, n, size, c, f, window, strides=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0), groups=1, spare=0,
                 unread=(0, 0)):  # fmt: skip
        self.window = (*window, *strides, *dilation)
        spans = [
            (o - 1) * s + (k - 1) * d + 1 + spare % s + more
            for o, k, s, d, more in zip(size, window, strides, dilation, unread, strict=True)
        ]
        top, bottom, left, right = padding
        self.border = ((0, 0), (top, bottom), (left, right), (0, 0))
        self.place, self.groups = (top, left), groups
        x = n, spans[0] - top - bottom, spans[1] - left - right, c
        self.shapes = x, (*window, c // groups, f), (f,), (n, *size, f)
        places = window[0] * window[1]
        self.lengths = {"y": places * c // groups + 1, "dx": places * f // groups, "dkernel": n * size[0] * size[1]}

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx, dkernel = (np.full(array.shape, np.nan) for array in (dy, x, kernel))
        padded, groups = np.pad(x, self.border), self.groups
        reference.forward(padded, kernel, bias, y, *self.window, groups, activation)
        reference.backward_input(dy, kernel, dx, *self.window, *self.place, groups)
        reference.backward_kernel(padded, dy, dkernel, *self.window[2:], groups)
        return {"y": y, "dx": dx, "dkernel": dkernel}

    def calls(self, conv, x, kernel, bias, dy, activation=0):
        (kh, kw, cg, f), (n, h, _, _), (_, oh, ow, _) = kernel.shape, x.shape, dy.shape
        (*_, dw), groups = self.window, self.groups
        packed, transposed = (
            np.empty(size(kh, kw, cg, f, groups), np.float32) for size in (conv.packed_size, conv.transposed_size)
        )
        conv.pack(kernel, packed, groups)
        conv.pack_transposed(kernel, transposed, groups)
        padded = sample(np.pad(x, self.border))
        y, dx, dkernel = (np.empty_like(array) for array in (dy, x, kernel))
        return {
            "y": Call(
                conv.forward,
                [padded, fixed(packed), None if bias is None else fixed(bias), sample(y)],
                (*self.window, groups, activation),
                units=oh,
                samples=n,
            ),
            "dx": Call(
                conv.backward_input,
                [sample(dy), fixed(transposed), sample(dx)],
                (*self.window, *self.place, groups),
                units=conv.input_units(h, ow),
                samples=n,
            ),
            "dkernel": Call(
                conv.backward_kernel,
                [padded, sample(dy), group(dkernel), kernel_room(conv, x, dy, self.window[3], groups)],
                (*self.window[2:], groups),
                units=conv.kernel_units(kh, kw, cg, f, dw, groups),
                samples=n,
                per_sample=False,
            ),
        }


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("window", "strides", "dilation"),
    [((1, 1), (1, 1), (1, 1)), ((3, 3), (1, 1), (1, 1)), ((3, 2), (2, 2), (1, 1)), ((2, 3), (1, 1), (1, 2))],
    ids=["1x1", "3x3", "strides", "dilation"],
)
def test_widths_around_the_tile(conv, width, window, strides, dilation):
    size = 3, WIDTHS[width](conv.PIXELS)
    Problem(2, size, 5, conv.LANES + 3, window, strides, dilation).check(conv)


@pytest.mark.parametrize("channels", CHANNELS)
def test_input_channels(conv, channels):
    Problem(2, (3, conv.PIXELS + 1), channels, 5, (3, 3), padding=(1, 1, 1, 1)).check(conv)


@pytest.mark.parametrize("filters", CHANNELS)
def test_filters(conv, filters):
    Problem(2, (3, conv.PIXELS + 1), 3, filters, (3, 3), padding=(1, 1, 1, 1)).check(conv)


@pytest.mark.parametrize(("channels", "filters"), [(16, 16), (33, 65), (65, 33), (64, 64)])
def test_channels_and_filters(conv, channels, filters):
    Problem(1, (5, 6), channels, filters, (3, 3), padding=(1, 1, 1, 1)).check(conv)


class Volume(Problem):
    """A convolution of volumes. `size` is y's: planes, rows, columns."""

    def __init__(self, n, size, c, f, window, strides=(1, 1, 1), dilation=(1, 1, 1), padding=None, groups=1, spare=0):
        self.window = (*window, *strides, *dilation)
        padding = padding or [(0, 0)] * 3
        spans = [
            (o - 1) * s + (k - 1) * d + 1 + spare % s
            for o, k, s, d in zip(size, window, strides, dilation, strict=True)
        ]
        self.border = ((0, 0), *padding, (0, 0))
        self.place, self.groups = tuple(before for before, _ in padding), groups
        x = n, *(span - sum(both) for span, both in zip(spans, padding, strict=True)), c
        self.shapes = x, (*window, c // groups, f), (f,), (n, *size, f)
        places = window[0] * window[1] * window[2]
        pixels = size[0] * size[1] * size[2]
        self.lengths = {"y": places * c // groups + 1, "dx": places * f // groups, "dkernel": n * pixels}

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx, dkernel = (np.full(array.shape, np.nan) for array in (dy, x, kernel))
        padded, groups, packed = np.pad(x, self.border), self.groups, kernel.reshape(-1, *kernel.shape[2:])
        reference.forward_3d(padded, packed, bias, y, *self.window, groups, activation)
        reference.backward_input_3d(dy, packed, dx, *self.window, *self.place, groups)
        reference.backward_kernel_3d(padded, dy, dkernel, *self.window[3:], groups)
        return {"y": y, "dx": dx, "dkernel": dkernel}

    def calls(self, conv, x, kernel, bias, dy, activation=0):
        (kd, kh, kw, cg, f), (n, d, h, _, _), (_, od, oh, ow, _) = kernel.shape, x.shape, dy.shape
        (*_, dw), groups, flat = self.window, self.groups, kernel.reshape(kd * kh, kw, cg, f)
        packed, transposed = (
            np.empty(size(*flat.shape, groups), np.float32) for size in (conv.packed_size, conv.transposed_size)
        )
        conv.pack(flat, packed, groups)
        conv.pack_transposed(flat, transposed, groups)
        padded = sample(np.pad(x, self.border))
        y, dx, dkernel = (np.empty_like(array) for array in (dy, x, kernel))
        return {
            "y": Call(
                conv.forward_3d,
                [padded, fixed(packed), None if bias is None else fixed(bias), sample(y)],
                (*self.window, groups, activation),
                units=od * oh,
                samples=n,
            ),
            "dx": Call(
                conv.backward_input_3d,
                [sample(dy), fixed(transposed), sample(dx)],
                (*self.window, *self.place, groups),
                units=conv.input_units(d * h, ow),
                samples=n,
            ),
            "dkernel": Call(
                conv.backward_kernel_3d,
                [padded, sample(dy), group(dkernel), kernel_room(conv, x, dy, self.window[5], groups)],
                (*self.window[3:], groups),
                units=conv.kernel_units(kd * kh, kw, cg, f, dw, groups),
                samples=n,
                per_sample=False,
            ),
        }


class Transposed(sums.Problem):
    """A transposed convolution, of maps or volumes. `size` is x's; `cut` says what is missing of the whole result before
    and behind it, along each axis; a negative number behind: what it has more."""

    def __init__(self, n, size, c, f, window, strides, dilation, cut, groups=1):
        self.window, self.groups, self.place = (*window, *strides, *dilation), groups, tuple(a for a, _ in cut)
        whole = [(x - 1) * s + (k - 1) * d + 1 for x, k, s, d in zip(size, window, strides, dilation, strict=True)]
        y = [length - sum(both) for length, both in zip(whole, cut, strict=True)]
        assert min(y) > 0
        self.shapes = (n, *size, c), (*window, f // groups, c), (f,), (n, *y, f)
        self.lengths = {"y": int(np.prod(window)) * c // groups + 1}

    def answers(self, x, kernel, bias, dy, activation=0):
        y = np.full(dy.shape, np.nan)
        verb = reference.forward_transposed if x.ndim == 4 else reference.forward_transposed_3d
        packed = kernel.reshape(-1, *kernel.shape[-3:])
        verb(x, packed, bias, y, *self.window, *self.place, self.groups, activation)
        return {"y": y}

    def calls(self, conv, x, kernel, bias, dy, activation=0):
        flat = kernel.reshape(-1, *kernel.shape[-3:])
        packed = np.empty(conv.transposed_size(*flat.shape, self.groups), np.float32)
        conv.pack_transposed(flat, packed, self.groups)
        verb = conv.forward_transposed if x.ndim == 4 else conv.forward_transposed_3d
        call = Call(
            verb,
            [sample(x), fixed(packed), None if bias is None else fixed(bias), sample(np.empty_like(dy))],
            (*self.window, *self.place, self.groups, activation),
            units=conv.input_units(int(np.prod(dy.shape[1:-2])), x.shape[-2]),
            samples=len(x),
        )
        return {"y": call}


def random_problem(seed):
    """Kernels of 1 to 5, strides and dilation of 1 to 3, groups, lopsided padding, rows and columns nobody reads."""
    rng = np.random.default_rng(seed)
    window, strides, dilation = (rng.integers(1, above, 2).tolist() for above in (6, 4, 4))
    size, groups = rng.integers(1, 9, 2).tolist(), int(rng.choice([1, 1, 2, 3, 5]))
    n, c, f, spare = int(rng.integers(1, 5)), *(rng.integers(1, 6, 2) * groups).tolist(), int(rng.integers(0, 3))
    padding = []
    for o, k, s, d in zip(size, window, strides, dilation):
        both = int(rng.integers(0, (o - 1) * s + (k - 1) * d + 1))  # at least one row or column is x's own
        before = int(rng.integers(0, both + 1))
        padding += [before, both - before]
    return Problem(n, size, c, f, window, strides, dilation, padding, groups, spare)


@pytest.mark.parametrize("seed", range(60))
def test_random_geometry(conv, seed):
    random_problem(seed).check(conv, seed)


SHAPES = {
    "one pixel of everything": Problem(1, (1, 1), 1, 1, (1, 1)),
    "a kernel as large as the map": Problem(5, (1, 1), 3, 10, (7, 6)),
    "a panel deeper than its stage": Problem(1, (4, 2), 130, 5, (3, 3)),
    "rows longer than the staging buffer": Problem(1, (2, 1100), 1, 3, (2, 3)),
    "a map of many blocks of rows": Problem(1, (60, 61), 16, 9, (3, 3), padding=(1, 1, 1, 1)),
    "more samples than a block of them": Problem(5, (22, 23), 17, 19, (2, 2)),
    "many samples of one pixel": Problem(41, (1, 1), 33, 37, (1, 1)),
    "depthwise": Problem(2, (5, 16), 40, 40, (3, 3), padding=(1, 1, 1, 1), groups=40),
    "depthwise with a multiplier": Problem(2, (5, 5), 3, 9, (3, 3), (2, 2), groups=3),
    "groups of ragged blocks": Problem(2, (4, 15), 10, 82, (3, 3), groups=2),
    "strides that skip pixels": Problem(2, (4, 9), 3, 5, (2, 1), (3, 4), spare=3),
    "1x1, columns that are not read": Problem(2, (3, 9), 5, 35, (1, 1), unread=(0, 1)),
    "1x1, rows that are not read": Problem(2, (3, 2), 35, 5, (1, 1), unread=(1, 0)),
    "rows and columns that are not read": Problem(2, (3, 17), 5, 18, (3, 2), unread=(2, 3)),
    "copied: more pixels than at a time": Problem(2, (15, 16), 5, 515, (1, 1)),
    "copied: rows in pieces": Problem(1, (2, 230), 3, 545, (2, 1)),
    "copied: several samples at a time": Problem(7, (5, 6), 2, 513, (3, 2), (1, 2), (2, 1), padding=(1, 1, 1, 0)),
    "copied: several chunks": Problem(3, (2, 3), 300, 600, (1, 1)),
    "copied: strides, taps apart": Problem(2, (4, 5), 260, 140, (2, 2), (2, 2), (1, 3)),
    "copied: groups": Problem(2, (4, 3), 40, 2 * 270, (3, 3), groups=2),
    "1x1, many pixels": Problem(1, (9, 40), 5, 70, (1, 1)),
    "1x1, many weights": Problem(1, (4, 40), 300, 230, (1, 1)),
    "1x1, a last pixel that a block spills over": Problem(1, (1, 57), 5, 2, (1, 1)),
    "1x1, a last pixel that a smaller block spills over": Problem(1, (1, 25), 5, 2, (1, 1)),
    "narrow: more pixels than in a panel": Problem(5, (5, 6), 40, 35, (2, 2)),
    "spread: rows in pieces": Problem(1, (4, 120), 3, 33, (7, 7), (2, 2), padding=(2, 3, 3, 2)),
    "spread: several rows at a time": Problem(2, (9, 8), 4, 7, (3, 3), (1, 2), padding=(1, 1, 2, 0)),
    "spread: taps apart": Problem(2, (5, 20), 2, 9, (2, 3), (2, 1), (2, 3), padding=(1, 0, 4, 1)),
    "spread: one channel": Problem(2, (5, 20), 1, 40, (5, 5), (2, 2), padding=(2, 1, 2, 1), spare=1),
    "spread: one row and column too many": Problem(1, (3, 15), 3, 5, (15, 5), padding=(7, 7, 2, 2)),
    "more padding than window": Problem(1, (8, 9), 2, 3, (3, 2), dilation=(2, 2), padding=(7, 4, 1, 8)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(conv, shape):
    SHAPES[shape].check(conv)


def random_volume(seed):
    """As `random_problem`, with planes."""
    rng = np.random.default_rng(seed)
    window, strides, dilation = (rng.integers(1, above, 3).tolist() for above in (4, 4, 3))
    size, groups = [*rng.integers(1, 5, 2), rng.integers(1, 20)], int(rng.choice([1, 1, 2, 3]))
    n, c, f, spare = int(rng.integers(1, 4)), *(rng.integers(1, 6, 2) * groups).tolist(), int(rng.integers(0, 3))
    padding = []
    for o, k, s, d in zip(size, window, strides, dilation):
        both = int(rng.integers(0, (o - 1) * s + (k - 1) * d + 1))
        before = int(rng.integers(0, both + 1))
        padding.append((before, both - before))
    return Volume(n, list(map(int, size)), c, f, window, strides, dilation, padding, groups, spare)


@pytest.mark.parametrize("seed", range(40))
def test_random_volumes(conv, seed):
    random_volume(seed).check(conv, seed)


@pytest.mark.parametrize("filters", CHANNELS)
@pytest.mark.parametrize("width", [2, 17])
def test_filters_of_volumes(conv, filters, width):
    Volume(2, (3, 2, width), 3, filters, (2, 2, 3), padding=[(1, 0), (0, 1), (1, 1)]).check(conv)
    Volume(2, (2, 3, width), filters, 3, (3, 1, 2)).check(conv)


def random_transposed(seed):
    """Windows smaller and larger than their strides, results cut at both ends or with more behind."""
    rng = np.random.default_rng(seed)
    rank = 2 + seed % 2
    window, strides, dilation = (rng.integers(1, above, rank).tolist() for above in (6, 4, 3))
    size, groups = [*rng.integers(1, 5, rank - 1).tolist(), int(rng.integers(1, 20))], int(rng.choice([1, 1, 2]))
    n, c, f = int(rng.integers(1, 4)), *(rng.integers(1, 20, 2) * groups).tolist()
    cut = []
    for x, k, s, d in zip(size, window, strides, dilation):
        whole = (x - 1) * s + (k - 1) * d + 1
        before = int(rng.integers(0, min(whole, (k - 1) * d + 1)))
        cut.append((before, int(rng.integers(-2, min(whole - before, 3)))))
    return Transposed(n, size, c, f, window, strides, dilation, cut, groups)


@pytest.mark.parametrize("seed", range(60))
def test_random_transposed(conv, seed):
    random_transposed(seed).check(conv, seed)


@pytest.mark.parametrize("filters", CHANNELS)
@pytest.mark.parametrize("width", [2, 9])
def test_filters_of_transposed(conv, filters, width):
    Transposed(2, (3, width), 5, filters, (3, 3), (2, 2), (1, 1), [(0, 1), (0, 1)]).check(conv)


@pytest.mark.parametrize("name", EPILOGUES)
@pytest.mark.parametrize("width", [2, 9])
def test_epilogue_of_volumes_and_transposed(isa, conv, name, width):
    kind = load(isa, "elementwise").KINDS[name]
    Volume(2, (2, 3, width), 5, 11, (2, 2, 2)).check_epilogue(conv, kind)
    Transposed(2, (3, width), 5, 35, (3, 3), (2, 2), (1, 1), [(0, 1), (0, -2)]).check_epilogue(conv, kind)


@pytest.mark.parametrize("channels", [1, 3, 16, 17])
@pytest.mark.parametrize("filters", [1, 2, 5, 11, 16])
@pytest.mark.parametrize("groups", [1, 3])
def test_packing(conv, channels, filters, groups):
    weights = np.random.default_rng(0).permutation(6 * channels * filters * groups).astype(np.float32) + 1
    kernel = weights.reshape(3, 2, channels, filters * groups)
    calls = []
    for verb, size, columns in (
        (conv.pack, conv.packed_size, filters),
        (conv.pack_transposed, conv.transposed_size, channels),
    ):
        packed = np.empty(size(*kernel.shape, groups), np.float32)
        units = conv.pack_units(columns * groups, groups)
        calls.append(Call(verb, [fixed(kernel), fixed(packed)], (groups,), units, per_sample=False))
    check_packing(calls, weights)


@pytest.mark.parametrize("name", EPILOGUES)
def test_epilogue(isa, conv, name):
    Problem(3, (5, 7), 9, 11, (2, 2)).check_epilogue(conv, load(isa, "elementwise").KINDS[name])


@pytest.mark.parametrize("width", [3, 20])
def test_nan_and_infinity_pass(conv, width):
    problem = Problem(2, (4, width), 3, 35, (3, 3), padding=(1, 1, 1, 1))
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0), exact=True)
    x[0, 1, 1, 2], x[1, 2, 0, 0], x[1, 3, 2, 1] = np.nan, np.inf, -np.inf
    dy[0, 2, 1, 33], dy[1, 0, 2, 0] = np.nan, np.inf
    problem.check_spoiled(conv, x, kernel, bias, dy)


@pytest.mark.parametrize("width", [3, 20])
def test_nan_and_infinity_pass_through_volumes(conv, width):
    problem = Volume(2, (3, 4, width), 3, 35, (3, 3, 3), padding=[(1, 1)] * 3)
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0), exact=True)
    x[0, 1, 1, 1, 2], x[1, 0, 2, 0, 0], x[1, 2, 3, 2, 1] = np.nan, np.inf, -np.inf
    dy[0, 1, 2, 1, 33], dy[1, 1, 1, 1, 0] = np.nan, np.inf
    problem.check_spoiled(conv, x, kernel, bias, dy)


@pytest.mark.parametrize("filters", CHANNELS)
@pytest.mark.parametrize("width", [1, 2, 7, 20])
def test_nothing_behind_an_operand_is_touched(conv, width, filters):
    for channels in (1, 5):
        Problem(2, (2, width), channels, filters, (2, 2)).check_fences(conv)
    Problem(2, (2, width), 10, 2 * filters, (1, 3), (2, 1), groups=2).check_fences(conv)


@pytest.mark.parametrize(("channels", "strides"), [(2, (1, 1)), (17, (1, 1)), (19, (2, 3))])
def test_nothing_behind_an_operand_is_touched_by_panels(conv, channels, strides):
    """Of kernel gradients with so many filters: rows of x are copied in whole vectors."""
    Problem(2, (5, 3), channels, 513, (1, 1), strides).check_fences(conv)
    Problem(2, (3, 4), channels, 514, (2, 2), strides).check_fences(conv)


def test_nothing_behind_an_operand_is_touched_in_odd_shapes(conv):
    seeds = range(60)
    problems = (*map(random_problem, seeds), *map(random_volume, seeds), *map(random_transposed, seeds))
    for problem in (*SHAPES.values(), *problems):
        problem.check_fences(conv)
