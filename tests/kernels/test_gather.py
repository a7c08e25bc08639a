"""Gathering rows, on every instruction set of this processor, beside the reference: every value must be exact."""

import numpy as np
import pytest

from cycnn.kernels.reference import gather as reference

from .cases import CHANNELS, ISAS, agree, fixed, judge, load, run_door, sample

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
TYPES = ("bool", "float16", "float32", "float64", *INTEGERS)


@pytest.fixture(params=ISAS)
def gather(request):
    return load(request.param, "gather")


def random_source(dtype, shape, labels=False):
    """Any bits of the type, its NaN and infinities among them; for labels what fits into int32."""
    rng = np.random.default_rng(sum(shape))
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if labels and dtype != "float16":
        kind = np.iinfo(dtype) if "int" in dtype else np.iinfo(np.int16)
        low, high = max(kind.min, -(2**31)), min(kind.max, 2**31 - 1)
        return (rng.integers(low, high, shape, endpoint=True) * (1 if "int" in dtype else 0.4)).astype(dtype)
    bits = rng.bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    x = np.frombuffer(bits, dtype).reshape(shape)
    return np.where(np.isfinite(x), x, 7) if labels else x


def expected(function, source, rows, size, dtype):
    y = np.zeros((len(rows), size), dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # a large float64 becomes infinity
        function(source, rows, y)
    return y


def pick(source, count):
    """Row numbers: each way round, with repetitions, first and last among them."""
    rows = np.random.default_rng(count).integers(0, len(source), count)
    rows[:2] = (len(source) - 1, 0)[: len(rows[:2])]
    return rows


def check(gather, verb, source, count=7):
    rows, size = pick(source, count), source[0].size
    dtype = np.int32 if verb == "labels" else np.float32
    data = np.ascontiguousarray(source).reshape(len(source), -1).view(np.uint8)
    y = agree(
        getattr(gather, verb),
        [fixed(data), fixed(rows), sample(np.empty((count, size), dtype))],
        (gather.CODES[source.dtype.name], data.shape[1]),
        units=1,
        samples=count,
    )
    np.testing.assert_array_equal(y, expected(getattr(reference, verb), source, rows, size, dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_rows_of_every_type(gather, dtype):
    check(gather, "rows", random_source(dtype, (11, 3, 4, 5)))


@pytest.mark.parametrize("dtype", TYPES)
def test_labels_of_every_type(gather, dtype):
    check(gather, "labels", random_source(dtype, (11, 37), labels=True))


@pytest.mark.parametrize("size", [*CHANNELS, 784])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_sizes(gather, dtype, size):
    check(gather, "rows", random_source(dtype, (5, size)))
    check(gather, "labels", random_source(dtype, (5, size), labels=True), count=1)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_extremes_are_rounded_once(gather, dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    powers = [2**k for k in range(64) if 2**k < high]
    values = [low, low + 1, high - 1, high, high // 3, *powers, *(p + 1 for p in powers), *(p - 1 for p in powers)]
    check(gather, "rows", np.array([values], dtype))


def test_every_float16(gather):
    check(gather, "rows", np.arange(2**16, dtype=np.uint16).view(np.float16)[None], count=1)


def test_rows_that_lie_apart_or_backwards_are_read_where_they_are(gather):
    whole = random_source("int16", (9, 12))
    for source in (whole[::2], whole[::-1], whole[1:, 2:7], whole[::-3, :5]):
        rows, size = pick(source, 6), source.shape[1]
        source.flags.writeable = False
        scalars = gather.CODES["int16"], source.strides[0]
        y = np.empty((6, size), np.float32)
        gather.rows(source.view(np.uint8), rows, y, *scalars, 2)
        np.testing.assert_array_equal(y, source[rows])
        y[...] = np.nan
        run_door(gather.rows, [fixed(source), fixed(rows), sample(y)], scalars, (), 1, True, 6, 2, 3, 2)
        np.testing.assert_array_equal(y, source[rows])


def test_sample_shapes_do_not_matter(gather):
    source, rows = random_source("uint8", (6, 4, 3, 2)), np.array([5, 0, 2])
    y = np.empty((3, 4, 3, 2), np.float32)
    run_door(gather.rows, [fixed(source), fixed(rows), sample(y)], (gather.CODES["uint8"], 24), (), 1, True, 3, 1, 2, 1)
    np.testing.assert_array_equal(y, source[rows])


def test_fractions_of_labels_are_cut_off(gather):
    source = np.array([[0.9, -0.9, 2.5, 3.0]])
    y = np.empty((1, 4), np.int32)
    gather.labels(source.view(np.uint8), np.array([0]), y, gather.CODES["float64"], 32, 1)
    np.testing.assert_array_equal(y[0], [0, 0, 2, 3])


@pytest.mark.parametrize(("rows", "steps", "width"), [(1, 1, 1), (5, 3, 2), (7, 40, 17), (100, 9, 33), (3, 50, 1)])
def test_embeddings(gather, rows, steps, width):
    rng = np.random.default_rng(rows)
    x = rng.integers(-1, rows + 1, (6, steps)).astype(np.float32)
    table, dy = rng.integers(-9, 9, (rows, width)).astype(np.float32), rng.integers(-9, 9, (6, steps, width))
    operands = [sample(x), fixed(table), sample(np.empty(dy.shape, np.float32))]
    y = agree(gather.embed, operands, units=1, samples=6)
    np.testing.assert_array_equal(y, judge(reference, gather.embed, operands)[2])
    assert np.isnan(y[(x < 0) | (x >= rows)]).all()
    operands = [sample(x), sample(dy.astype(np.float32)), fixed(np.empty_like(table))]
    dtable = agree(gather.embed_backward, operands, units=gather.PARTS, per_sample=False, samples=6)
    np.testing.assert_array_equal(dtable, judge(reference, gather.embed_backward, operands)[2])
