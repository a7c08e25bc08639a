"""Winograd's convolution, on every instruction set of this processor, beside the direct convolution's reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import conv as reference

from . import sums
from .cases import EPSILON, ISAS, Guards, fixed, group, load, sample, scratch
from .sums import EPILOGUES, Call

CHANNELS = (1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65)  # around the vectors and blocks of every build
POINTS = {
    2: (0, 1, -1),
    3: (0.375, -0.375, 1.25, -1.25),
    4: (0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5)),
    5: (0.3125, -0.3125, 0.875, -0.875, 1.75, -1.75),
}
TILES = tuple(POINTS)
GRADIENT_TILES = (3, 4)
MOST = 128  # tiles of a block, at most


def matrices(tile):
    """A, B and G of Y = A^T [(G g G^T) * (B^T d B)] A, by the interpolation that they stand for.

    Rows of A^T and G are powers of the points, and of infinity the highest one; those of B^T are the coefficients of
    Lagrange's numerators, with the denominators in G.
    """
    points, n = np.array(POINTS[tile]), tile + 2
    others = [np.delete(points, k) for k in range(n - 1)]
    top = np.eye(n)[-1]
    a = np.vstack([np.vander(points, tile, increasing=True), top[-tile:]])
    g = np.vstack([np.vander(points, 3, increasing=True), top[-3:]])
    g[:-1] /= [[np.prod(point - other)] for point, other in zip(points, others)]
    b = np.array([[*np.poly(other)[::-1], 0] for other in others] + [np.poly(points)[::-1]])
    return a, b.T, g


def winograd(x, kernel, tile, absolute=False):
    """x * kernel in float64; `absolute`: the sums of magnitudes on the way, of which float32 loses a share."""
    a, b, g = matrices(tile)
    if absolute:
        a, b, g, x, kernel = (np.abs(array) for array in (a, b, g, x, kernel))
    n, h, w, c = x.shape
    oh, ow = h - 2, w - 2
    down, across = -(-oh // tile), -(-ow // tile)
    x = np.pad(x, ((0, 0), (0, down * tile - oh), (0, across * tile - ow), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (tile + 2, tile + 2), (1, 2))[:, ::tile, ::tile]
    v = np.einsum("ip,nhwcij,jq->pqnhwc", b, windows, b, optimize=True)
    u = np.einsum("pi,ijcf,qj->pqcf", g, kernel, g, optimize=True)
    m = v.reshape(*v.shape[:2], -1, c) @ u
    y = np.einsum("pi,pqtf,qj->tijf", a, m, a, optimize=True)
    y = y.reshape(n, down, across, tile, tile, -1).swapaxes(2, 3)
    return y.reshape(n, down * tile, across * tile, -1)[:, :oh, :ow]


def winograd_gradient(x, dy, tile, absolute=False):
    """The kernel's gradient of a padded x and dy, in float64, by tiles of dy; `absolute`: as above."""
    a, b, g = matrices(tile)
    if absolute:
        a, b, g, x, dy = (np.abs(array) for array in (a, b, g, x, dy))
    oh, ow = dy.shape[1:3]
    down, across = -(-oh // tile), -(-ow // tile)
    rest = (0, 0), (0, down * tile - oh), (0, across * tile - ow), (0, 0)
    x, dy = np.pad(x[:, : oh + 2, : ow + 2], rest), np.pad(dy, rest)
    windows = np.lib.stride_tricks.sliding_window_view(x, (tile + 2, tile + 2), (1, 2))[:, ::tile, ::tile]
    v = np.einsum("ip,nhwcij,jq->pqnhwc", b, windows, b, optimize=True)
    tiles = dy.reshape(len(dy), down, tile, across, tile, -1)
    w = np.einsum("pi,nhiwjf,qj->pqnhwf", a, tiles, a, optimize=True)
    u = np.einsum("pqnhwc,pqnhwf->pqcf", v, w, optimize=True)
    return np.einsum("pi,pqcf,qj->ijcf", g, u, g, optimize=True)


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def family(isa):
    return load(isa, "winograd")


class Problem(sums.Problem):
    """A convolution by tiles. `size` is y's; zeros before and behind x stand only in the reference's x."""

    def __init__(self, tile, n, size, c, f, padding=(0, 0, 0, 0), spare=0):
        self.tile, (self.top, bottom, self.left, right) = tile, padding
        self.border = ((0, 0), (self.top, bottom), (self.left, right), (0, 0))
        x = n, size[0] + 2 - self.top - bottom + spare, size[1] + 2 - self.left - right + spare, c
        self.seen = slice(x[1] - spare), slice(x[2] - spare)
        self.shapes = x, (3, 3, c, f), (f,), (n, *size, f)
        self.draws = (True, False) if tile == 2 else (False,)  # others round even small integers

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx = np.full(dy.shape, np.nan), np.full(x.shape, np.nan)
        padded = np.pad(x, self.border)
        reference.forward(padded, kernel, bias, y, 3, 3, 1, 1, 1, 1, 1, activation)
        reference.backward_input(dy, kernel, dx, 3, 3, 1, 1, 1, 1, self.top, self.left, 1)
        if self.tile not in GRADIENT_TILES:
            return {"y": y, "dx": dx}
        dkernel = np.full(kernel.shape, np.nan)
        reference.backward_kernel(padded, dy, dkernel, 1, 1, 1, 1, 1)
        return {"y": y, "dx": dx, "dkernel": dkernel}

    def bounds(self, x, kernel, bias, dy):
        """Each product of the sum of magnitudes is rounded once for every addition on its way: in the transforms of x and
        kernel, over the channels (or tiles), and in the transform of the products; constants are rounded, too."""
        _, h, w, c = x.shape
        steps, (_, oh, ow, f) = 6 * (self.tile + 2), dy.shape
        rows, columns = self.seen
        padded = np.pad(x[:, rows, columns], self.border)
        y = winograd(padded, kernel, self.tile, absolute=True) + np.abs(bias)
        top, left = 2 - self.top, 2 - self.left
        around = (top, max(0, h + 2 - top - oh)), (left, max(0, w + 2 - left - ow))
        turned = kernel[::-1, ::-1].swapaxes(2, 3)
        dx = winograd(np.pad(dy, ((0, 0), *around, (0, 0)))[:, : h + 2, : w + 2], turned, self.tile, absolute=True)
        found = {"y": (c + steps) * EPSILON * y, "dx": (f + steps) * EPSILON * dx}
        if self.tile in GRADIENT_TILES:
            tiles = len(dy) * -(-oh // self.tile) * -(-ow // self.tile)
            dkernel = winograd_gradient(padded, dy, self.tile, absolute=True)
            found["dkernel"] = (tiles + steps) * EPSILON * dkernel
        return found

    def calls(self, family, x, kernel, bias, dy, activation=0):
        (n, h, w, c), (_, oh, ow, f), tile = x.shape, dy.shape, self.tile
        packed, transposed = (np.empty(family.packed_size(*shape, tile), np.float32) for shape in ((c, f), (f, c)))
        family.pack(kernel, packed, tile)
        family.pack_transposed(kernel, transposed, tile)
        calls = {
            "y": Call(
                family.forward,
                [
                    sample(x),
                    fixed(packed),
                    None if bias is None else fixed(bias),
                    sample(np.empty_like(dy)),
                    scratch(family.workspace_size(c, tile)),
                ],
                (tile, self.top, self.left, activation),
                units=family.forward_units(oh, ow, tile),
                samples=n,
            ),
            "dx": Call(
                family.backward_input,
                [sample(dy), fixed(transposed), sample(np.empty_like(x)), scratch(family.workspace_size(f, tile))],
                (tile, self.top, self.left),
                units=family.forward_units(h, w, tile),
                samples=n,
            ),
        }
        if tile in GRADIENT_TILES:
            calls["dkernel"] = Call(
                family.backward_kernel,
                [sample(x), sample(dy), group(np.empty_like(kernel)), scratch(family.KERNEL_WORKSPACE)],
                (tile, self.top, self.left),
                units=family.kernel_units(c, f),
                samples=n,
                per_sample=False,
            )
        return calls


SAME = 1, 1, 1, 1


@pytest.mark.parametrize("tile", TILES)
def test_the_matrices_convolve(tile):
    """That judges `matrices`, and so the bounds."""
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, 8, 7, 3)), rng.standard_normal((3, 3, 3, 4))
    y = np.empty((2, 6, 5, 4))
    reference.forward(x, kernel, None, y, 3, 3, 1, 1, 1, 1, 1, 0)
    np.testing.assert_allclose(winograd(x, kernel, tile), y, rtol=0, atol=1e-13)


@pytest.mark.parametrize("tile", GRADIENT_TILES)
def test_the_matrices_give_the_gradient(tile):
    """That judges `winograd_gradient`, and so its bounds."""
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 9, 7, 3)), rng.standard_normal((2, 7, 5, 4))
    dkernel = np.empty((3, 3, 3, 4))
    reference.backward_kernel(x, dy, dkernel, 1, 1, 1, 1, 1)
    np.testing.assert_allclose(winograd_gradient(x, dy, tile), dkernel, rtol=0, atol=1e-12)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("width", range(1, 16))
def test_widths_around_the_tile(family, tile, width):
    Problem(tile, 2, (16 - width, width), 5, 9).check(family)
    if width > 1:
        Problem(tile, 1, (width, width), 17, 3, SAME).check(family)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_channels_and_filters(family, tile, channels):
    Problem(tile, 2, (7, 6), channels, 5, SAME).check(family)
    Problem(tile, 2, (5, 9), 3, channels).check(family)
    Problem(tile, 1, (6, 8), channels, channels, SAME).check(family)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("seed", range(12))
def test_random_padding(family, tile, seed):
    """Zeros on some sides, and rows and columns that nobody sees."""
    rng = np.random.default_rng(seed)
    n, oh, ow, c, f = (int(rng.integers(1, above)) for above in (5, 12, 12, 40, 40))
    padding = [int(rng.integers(0, min(3, o + 1))) for o in (oh, oh, ow, ow)]
    if oh + 2 <= padding[0] + padding[1] or ow + 2 <= padding[2] + padding[3]:
        padding = 0, 0, 0, 0
    Problem(tile, n, (oh, ow), c, f, padding, spare=int(rng.integers(0, 3))).check(family, seed)


@pytest.mark.parametrize("tile", TILES)
def test_many_blocks_of_tiles(family, tile):
    side = int((2.5 * MOST) ** 0.5) * tile
    Problem(tile, 1, (side, side + 1), 2, 3, SAME).check(family)
    Problem(tile, 3, (4 * tile, 5 * tile), 600, 2).check(family)  # few tiles a block


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("transposed", [False, True])
def test_packing(family, tile, transposed):
    c, f = 5, 35
    kernel = np.random.default_rng(0).standard_normal((3, 3, c, f), np.float32)
    shape = (f, c) if transposed else (c, f)
    packed = np.empty(family.packed_size(*shape, tile), np.float32)
    verb = family.pack_transposed if transposed else family.pack
    (packed,) = Call(
        verb, [fixed(kernel), fixed(packed)], (tile,), family.pack_units(*shape), per_sample=False
    ).results()
    g = matrices(tile)[2]
    u = np.einsum("pi,ijcf,qj->pqcf", g, kernel[::-1, ::-1].swapaxes(2, 3) if transposed else kernel, g)
    expected = np.sort(np.append(np.abs(u), np.zeros(packed.size - u.size)))  # a sign may as well stand in B
    np.testing.assert_allclose(np.sort(np.abs(packed)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("tile", "most"), [(2, 1.5e-6), (3, 2e-6), (4, 5e-6), (5, 1e-5)])
@pytest.mark.parametrize(("size", "channels"), [((28, 28), 64), ((14, 14), 256)])
def test_error_beside_the_largest_output(family, tile, most, size, channels):
    """What the choice of the points rests on: errors of random data, relative to the largest output."""
    problem = Problem(tile, 1, size, channels, 64, SAME)
    x, kernel, _, dy = arrays = problem.draw(np.random.default_rng(0))
    expected = problem.answers(x, kernel, None, dy)
    for what, call in problem.calls(family, *arrays[:2], None, dy).items():
        error = np.abs(call.python_door(1, Guards()) - expected[what]).max()
        assert error <= most * np.abs(expected[what]).max()


@pytest.mark.parametrize("tile", GRADIENT_TILES)
@pytest.mark.parametrize(("channels", "filters"), [(128, 65), (97, 130), (20, 160)])
def test_kernel_gradients_of_many_panels(family, tile, channels, filters):
    """Each thread takes whole panels, halves and quarters of them, and panels that are partly empty."""
    problem = Problem(tile, 3, (6, 7), channels, filters, SAME)
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0))
    expected, bound = problem.answers(x, kernel, None, dy), problem.bounds(x, kernel, bias, dy)
    call = problem.calls(family, x, kernel, None, dy)["dkernel"]
    for result in call.results():
        assert np.all(np.abs(result - expected["dkernel"]) <= bound["dkernel"])

    def gradient(threads):
        dkernel, room = np.empty_like(kernel), np.empty((threads, family.KERNEL_WORKSPACE), np.float32)
        family.backward_kernel(x, dy, dkernel, room, tile, 1, 1, threads)
        return dkernel.tobytes()

    assert {gradient(threads) for threads in (5, 8, 16)} == {gradient(1)}


@pytest.mark.parametrize("tile", GRADIENT_TILES)
@pytest.mark.parametrize(("samples", "most"), [(4, 3e-6), (64, 6e-6)])
@pytest.mark.parametrize("relu", [False, True])
def test_error_beside_the_largest_kernel_gradient(isa, family, tile, samples, most, relu):
    """What the choice rests on: sums over many pixels, as exact as the direct kernel's."""
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((samples, 16, 16, channels), np.float32) for channels in (32, 33))
    x = np.maximum(x, 0) if relu else x
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = np.empty((3, 3, 32, 33))
    result, direct = (np.empty(expected.shape, np.float32) for _ in range(2))
    reference.backward_kernel(padded, dy, expected, 1, 1, 1, 1, 1)
    conv = load(isa, "conv")
    room = np.empty((1, conv.kernel_workspace(32, 33, 1, 1)), np.float32)
    conv.backward_kernel(padded, dy, direct, room, 1, 1, 1, 1, 1)
    family.backward_kernel(x, dy, result, np.empty((1, family.KERNEL_WORKSPACE), np.float32), tile, 1, 1)
    error, direct_error = (np.abs(found - expected).max() / np.abs(expected).max() for found in (result, direct))
    assert error <= min(most, 2 * direct_error + 1e-6)


@pytest.mark.parametrize("tile", GRADIENT_TILES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_stays_in_its_channel_or_filter(family, tile, value):
    problem = Problem(tile, 2, (9, 6), 35, 18, SAME)
    x, kernel, _, dy = problem.draw(np.random.default_rng(0))

    def gradient():
        return problem.calls(family, x, kernel, None, dy)["dkernel"].python_door(1, Guards())

    clean = gradient()
    x[1, 5, 3, 33], dy[0, 2, 4, 16] = value, value
    spoiled = np.zeros(clean.shape, bool)
    spoiled[:, :, 33], spoiled[..., 16] = True, True
    dkernel = gradient()
    assert not np.isfinite(dkernel[spoiled]).any()
    np.testing.assert_array_equal(dkernel[~spoiled], clean[~spoiled])


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("name", EPILOGUES)
def test_epilogue(isa, family, tile, name):
    Problem(tile, 3, (5, 7), 9, 11, SAME).check_epilogue(family, load(isa, "elementwise").KINDS[name])


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_tiles(family, tile, value):
    """What is not a number reaches every result that it is part of, and no tile that does not read it."""
    problem = Problem(tile, 2, (11, 14), 3, 35, SAME)
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0))
    clean = problem.calls(family, x, kernel, bias, dy, activation=1)["y"].python_door(2, Guards())
    x[1, 5, 6, 2] = value
    with np.errstate(invalid="ignore"):
        touched = ~np.isfinite(problem.answers(x, kernel, None, dy)["y"])
    y = problem.calls(family, x, kernel, bias, dy, activation=1)["y"].python_door(2, Guards())
    starts = [np.arange(size) // tile * tile - 1 for size in (11, 14)]  # of each pixel's tile, in x
    reads = [(start <= place) & (place < start + tile + 2) for start, place in zip(starts, (5, 6))]
    reads = np.array([False, True])[:, None, None, None] & (reads[0][:, None] & reads[1])[None, :, :, None]
    np.testing.assert_array_equal(y[~np.broadcast_to(reads, y.shape)], clean[~np.broadcast_to(reads, y.shape)])
    assert np.isnan(y[touched]).all() or np.isinf(value)
    assert not np.isfinite(y[touched & (y != 0)]).any()


@pytest.mark.parametrize("tile", TILES)
def test_what_no_window_sees_is_not_read(family, tile):
    problem = Problem(tile, 2, (5, 6), 19, 5, (1, 0, 1, 0), spare=2)
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0))
    x[:, 6:] = x[:, :, 7:] = np.nan
    assert np.isfinite(problem.calls(family, x, kernel, bias, dy)["y"].python_door(1, Guards())).all()


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_nothing_behind_an_operand_is_touched(family, tile, channels):
    for size in ((1, 1), (4, 4), (5, 7)):
        Problem(tile, 2, size, channels, 5).check_fences(family)
        Problem(tile, 2, size, 5, channels, (1, 0, 1, 0)).check_fences(family)
