"""The matrix products, on every instruction set of this processor, beside the reference."""

import numpy as np
import pytest

from cycnn.kernels.reference import gemm as reference

from . import sums
from .cases import ISAS, fixed, group, load, sample
from .sums import EPILOGUES, Call, check_packing

COLUMNS = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 64, 65)
# Rows of x or of a kernel, from those of a tile
ROWS = {
    "1": lambda tile: 1,
    "tile - 1": lambda tile: tile - 1,
    "tile": lambda tile: tile,
    "tile + 1": lambda tile: tile + 1,
    "2 tile + 1": lambda tile: 2 * tile + 1,
    "37": lambda tile: 37,
}


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def gemm(isa):
    return load(isa, "gemm")


@pytest.fixture
def tile(isa):
    """(rows, columns) of a register tile."""
    conv = load(isa, "conv")
    return conv.PIXELS, conv.LANES


class Problem(sums.Problem):
    """A matrix product of x (n, rows, k) and a kernel (k, f)."""

    def __init__(self, n, rows, k, f):
        self.shapes = (n, rows, k), (k, f), (f,), (n, rows, f)
        self.lengths = {"y": k + 1, "dx": f, "dkernel": n * rows, "dbias": n * rows}
        self.lengths |= {f"{what}, unpacked": self.lengths[what] for what in ("y", "dx")}

    def answers(self, x, kernel, bias, dy, activation=0):
        y, dx, dkernel, dbias = (np.full(shape, np.nan) for shape in (dy.shape, x.shape, kernel.shape, dy.shape[2:]))
        transposed = np.full(kernel.T.shape, np.nan)
        reference.forward(x, kernel, bias, y, activation)
        reference.pack_transposed(kernel, transposed)
        reference.forward(dy, transposed, None, dx, 0)
        reference.backward_kernel(x, dy, dkernel)
        reference.backward_bias(dy, dbias)
        return {"y": y, "dx": dx, "dkernel": dkernel, "dbias": dbias, "y, unpacked": y, "dx, unpacked": dx}

    def calls(self, gemm, x, kernel, bias, dy, activation=0):
        (n, rows, k), f = x.shape, dy.shape[2]
        packed, transposed = (np.empty(gemm.packed_size(*shape), np.float32) for shape in ((k, f), (f, k)))
        gemm.pack(kernel, packed)
        gemm.pack_transposed(kernel, transposed)
        y, dx, dkernel, dbias = (np.empty_like(array) for array in (dy, x, kernel, dy[0, 0]))
        y_unpacked, dx_unpacked = np.empty_like(y), np.empty_like(dx)
        bias = None if bias is None else fixed(bias)
        x, dy, kernel, packed, transposed = sample(x), sample(dy), fixed(kernel), fixed(packed), fixed(transposed)
        return {
            "y": Call(gemm.forward, [x, packed, bias, sample(y)], (activation,), rows, n),
            "dx": Call(gemm.forward, [dy, transposed, None, sample(dx)], (0,), rows, n),
            "y, unpacked": Call(
                gemm.forward_unpacked,
                [x, kernel, bias, sample(y_unpacked)],
                (activation,),
                gemm.pack_units(f),
                n,
                False,
            ),
            "dx, unpacked": Call(
                gemm.backward_input, [dy, kernel, sample(dx_unpacked)], (), gemm.input_units(k), n, False
            ),
            "dkernel": Call(gemm.backward_kernel, [x, dy, group(dkernel)], (), gemm.kernel_units(k, f), n, False),
            "dbias": Call(gemm.backward_bias, [dy, group(dbias)], (), gemm.bias_units(f), n, False),
        }


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("terms", ROWS)
def test_rows_and_terms_around_the_tile(gemm, tile, rows, terms):
    pixels, lanes = tile
    Problem(2, ROWS[rows](pixels), ROWS[terms](pixels), lanes + 3).check(gemm)


@pytest.mark.parametrize("columns", COLUMNS)
def test_columns(gemm, columns):
    Problem(2, 5, 19, columns).check(gemm)
    Problem(5, 1, columns, 3).check(gemm)
    Problem(3, 150, 2, columns).check(gemm)


@pytest.mark.parametrize("seed", range(30))
def test_random_shapes(gemm, seed):
    rng = np.random.default_rng(seed)
    Problem(*rng.integers(1, 9, 2).tolist(), *rng.integers(1, 100, 2).tolist()).check(gemm, seed)


@pytest.mark.parametrize(
    "shape",
    [(3, 2, 4500, 5), (3, 700, 4, 3), (9, 1, 400, 120)],
    ids=["more terms than a pass", "more rows than the staging buffer", "a dense layer"],
)
def test_shape(gemm, shape):
    Problem(*shape).check(gemm)


@pytest.mark.parametrize("terms", [1, 5, 16, 35])
@pytest.mark.parametrize("columns", [1, 7, 16, 17, 70])
def test_packing(gemm, terms, columns):
    weights = np.random.default_rng(0).permutation(terms * columns).astype(np.float32) + 1
    kernel = fixed(weights.reshape(terms, columns))
    calls = []
    for verb, k, f in ((gemm.pack, terms, columns), (gemm.pack_transposed, columns, terms)):
        packed = np.empty(gemm.packed_size(k, f), np.float32)
        calls.append(Call(verb, [kernel, fixed(packed)], (), gemm.pack_units(f), per_sample=False))
    check_packing(calls, weights)


@pytest.mark.parametrize("name", EPILOGUES)
def test_epilogue(isa, gemm, name):
    Problem(3, 5, 9, 11).check_epilogue(gemm, load(isa, "elementwise").KINDS[name])


def test_nan_and_infinity_pass(gemm):
    problem = Problem(3, 7, 20, 35)
    x, kernel, bias, dy = problem.draw(np.random.default_rng(0), exact=True)
    x[0, 1, 3], x[1, 2, 0], x[1, 2, 7] = np.nan, np.inf, -np.inf
    dy[0, 2, 33], dy[1, 0, 0] = np.nan, np.inf
    kernel[5, 34] = np.nan
    problem.check_spoiled(gemm, x, kernel, bias, dy)


@pytest.mark.parametrize("columns", COLUMNS)
def test_nothing_behind_an_operand_is_touched(gemm, columns):
    for n, rows, k in ((1, 1, 1), (2, 1, 5), (2, 3, 16), (3, 5, 17), (2, 300, 3)):
        Problem(n, rows, k, columns).check_fences(gemm)
        Problem(n, rows, columns, k).check_fences(gemm)
