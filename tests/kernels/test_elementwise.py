"""Activations, dropout, sums, scaling and softmax, on every instruction set of this processor, beside the reference."""

import importlib
import math

import numpy as np
import pytest

from cycnn.kernels.reference import elementwise as reference

from .cases import CHANNELS, EPSILON, ISAS, agree, fixed, group, judge, load, run_door, sample
from .fences import fenced

INFINITY = float("inf")
PARAMETERS = {
    "leaky_relu": [(0.2, 0.0, 0.0), (0.0, 0.0, 0.0)],
    "elu": [(0.7, 0.0, 0.0)],
    "celu": [(0.7, 0.0, 0.0)],
    "soft_shrink": [(0.5, 0.0, 0.0)],
    "hard_shrink": [(0.5, 0.0, 0.0)],
    "squareplus": [(4.0, 0.0, 0.0)],
    "threshold": [(0.25, -0.2, 0.0)],
    "relu_general": [
        (0.1, INFINITY, 0.0),
        (0.1, 2.0, 0.5),
        (0.0, 2.0, -0.5),
        (0.3, INFINITY, -0.5),
        (0.0, INFINITY, 1.0),
        (-0.3, 6.0, 0.0),
    ],
}
ACTIVATIONS = [(name, values) for name in reference.KINDS for values in PARAMETERS.get(name, [(0.0, 0.0, 0.0)])]
activations = pytest.mark.parametrize(("name", "parameters"), ACTIVATIONS)

# Kinds that take one number from another of the size of x, or of 3: their error is that of the larger one.
CANCELLING = {
    "hard_sigmoid", "soft_shrink", "sparse_plus", "sparse_sigmoid", "relu_general", "gelu", "gelu_tanh", "hard_silu",
    "tanh_shrink",
}  # fmt: skip


@pytest.fixture(params=ISAS)
def isa(request):
    return request.param


@pytest.fixture
def elementwise(isa):
    return load(isa, "elementwise")


@pytest.fixture
def module(isa):
    """The compiled module, whose functions for tests are no kernels."""
    return importlib.import_module(f"cycnn.kernels._{isa}.elementwise")


def normal(*shape, scale=3.0):
    return (np.random.default_rng(shape).standard_normal(shape) * scale).astype(np.float32)


def ulp(x):
    """Distance to the next float32, of one."""
    return np.spacing(np.abs(x)).astype(np.float64)


# ----------------------------------------------------------------------------------------------- the reference itself


@activations
def test_slopes_of_the_reference_are_finite_differences(name, parameters):
    rng, step = np.random.default_rng(7), 1e-5
    x = rng.uniform(-8, 8, 4000)
    kinks = np.array([-3, -1, -0.5, 0, 0.25, 0.5, 1, 2, 3, 6])
    x = x[np.min(np.abs(x[:, None] - kinks), axis=1) > 2 * step][None]
    assert x.size > 3900
    kind, (above, below, y, slope) = reference.KINDS[name], np.empty((4, *x.shape))
    reference.activate(x + step, above, kind, *parameters)
    reference.activate(x - step, below, kind, *parameters)
    reference.activate(x, y, kind, *parameters)
    reference.activate_backward(x, y, np.ones(x.shape), slope, kind, *parameters)
    # step**2 / 6 times a third derivative of at most e^8, and rounding / step
    np.testing.assert_allclose(slope, (above - below) / (2 * step), rtol=1e-9, atol=1e-9)


def test_slope_of_softmax_in_the_reference_is_a_finite_difference():
    rng, step = np.random.default_rng(8), 1e-6
    x, dy, dx, y = *rng.standard_normal((2, 2, 3, 5)), *np.empty((2, 2, 3, 5))
    reference.softmax_forward(x, y)
    reference.softmax_backward(y, dy, dx)
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        for m, sign in zip(moved, (1, -1)):
            m[place] += sign * step
            reference.softmax_forward(m, m)
        assert abs(dx[place] - np.sum(dy * (moved[0] - moved[1])) / (2 * step)) < 1e-8


# The published answers to all zeros, all ones, and the digits of pi (Random123's kat_vectors, philox4x32, 10 rounds).
PHILOX = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), PHILOX)
def test_philox_gives_the_published_words(module, counter, key, words):
    assert [int(word) for word in reference.philox(counter, key)] == list(words)
    got = np.zeros(64, np.uint32)
    module.random_words(got, key[0] | key[1] << 32, counter[0], counter[1], counter[2] | counter[3] << 32)
    assert [int(word) for word in got[::16]] == list(words)


# ---------------------------------------------------------------------------------------------------------- accuracy

ULPS = {"exponential": 1.0, "sigmoid": 2.5, "tanh": 2.5, "softplus": 2.0, "elu": 1.5}


@pytest.fixture(scope="module")
def every():
    """A million floats in even steps of their bits, from -NaN through the denormals to NaN, and the special ones."""
    bits = np.concatenate([np.arange(0, 2**32, 4099), [0, 1 << 31, 0x7F800000, 0xFF800000, 1, 0x007FFFFF, 0x00800000]])
    return bits.astype(np.uint32).view(np.float32)


def check_ulps(y, expected, most):
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.float32)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(y[~finite], rounded[~finite])
    error = np.abs(y[finite] - expected[finite]) / ulp(rounded[finite])
    assert error.max() <= most
    assert np.array_equal(np.signbit(y[expected == 0]), np.signbit(rounded[expected == 0]))


@pytest.mark.parametrize("name", ULPS)
def test_every_float_through(elementwise, every, name):
    y, expected = np.empty((1, every.size), np.float32), np.empty((1, every.size))
    parameters = elementwise.KINDS[name], 1.0, 0.0, 0.0
    elementwise.activate(every[None], y, *parameters, 1)
    reference.activate(every[None], expected, *parameters)
    check_ulps(y[0], expected[0], ULPS[name])


def test_every_float_through_log(module, every):
    y = np.empty_like(every)
    module.logarithm(every, y)
    with np.errstate(all="ignore"):
        check_ulps(y, np.log(every.astype(np.float64)), 1.0)


def test_every_float_through_erf(module, every):
    few = every[::4].copy()
    y = np.empty_like(few)
    module.error_function(few, y)
    check_ulps(y, np.array([math.erf(v) for v in few.tolist()]), 1.5)


# -------------------------------------------------------------------------------------------------------- activations


def test_names_and_numbers(elementwise):
    assert elementwise.KINDS == reference.KINDS
    assert set(elementwise.KINDS) > elementwise.FROM_OUTPUT > {"relu", "sigmoid", "tanh", "softplus"}


def check_activation(elementwise, name, parameters, x):
    scalars = elementwise.KINDS[name], *parameters
    operands = [sample(x), sample(np.empty_like(x))]
    _, expected = judge(reference, elementwise.activate, operands, scalars)
    y = agree(elementwise.activate, operands, scalars, units=1, samples=len(x))
    check_values(name, x, y, expected)

    dy = np.random.default_rng(x.size).standard_normal(x.shape).astype(np.float32)
    before = None if name in elementwise.FROM_OUTPUT else sample(x)
    operands = [before, sample(y), sample(dy), sample(np.empty_like(x))]
    _, _, _, expected = judge(reference, elementwise.activate_backward, operands, scalars)
    dx = agree(elementwise.activate_backward, operands, scalars, units=1, samples=len(x))
    if name in elementwise.FROM_INPUT:
        operands[:2] = before, sample(x)
        other = agree(elementwise.activate_backward, operands, scalars, units=1, samples=len(x))
        np.testing.assert_array_equal(other, dx)
    inner = np.ones(x.shape)  # what an error of the gate is multiplied by
    if before is not None:
        inner += np.abs(x) * (1 + x * x if name == "gelu_tanh" else 1)
    bound = 4 * EPSILON * (np.abs(expected) + np.abs(dy) * inner)
    finite = np.isfinite(y)  # e^x overflows here
    assert np.all(np.abs(dx[finite] - expected[finite]) <= bound[finite])


def check_values(name, x, y, expected):
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.float32)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(y[~finite], rounded[~finite])
    x, y, expected = x[finite], y[finite], expected[finite]
    bound = 4 * ulp(rounded[finite]) + np.abs(x) * ulp(np.float32(0))  # a product with a denormal gate
    if name in CANCELLING:
        bound += 4 * EPSILON * (np.abs(x) + 3)
    assert np.all(np.abs(y - expected) <= bound)


@activations
def test_activation(elementwise, name, parameters):
    x = normal(4, 131)
    x[2:] *= 20
    check_activation(elementwise, name, parameters, x)


@pytest.mark.parametrize("size", CHANNELS)
@pytest.mark.parametrize("name", ["linear", "relu", "tanh", "gelu"])
def test_activation_sizes(elementwise, name, size):
    check_activation(elementwise, name, (0.0, 0.0, 0.0), normal(3, size))


@activations
def test_activation_of_odd_numbers(elementwise, name, parameters):
    odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-42, -1e-42, 0.5, -0.5, 1, -1, 3, -3, 6, 100, -100, 1e30, -1e30]
    x = np.array([odd], np.float32)
    y, expected = np.empty_like(x), np.empty(x.shape)
    elementwise.activate(x, y, elementwise.KINDS[name], *parameters, 1)
    reference.activate(x, expected, reference.KINDS[name], *parameters)
    assert np.isnan(y[0, 0])
    check_values(name, x, y, expected)


@activations
def test_slopes_at_kinks(elementwise, name, parameters):
    x = np.array([[0, -0.0, 0.25, 0.5, -0.5, 1, -1, 2, 3, -3, 6, *parameters]], np.float32)
    x[np.isinf(x)] = 0
    scalars = elementwise.KINDS[name], *parameters
    y, dx, expected = np.empty_like(x), np.empty_like(x), np.empty(x.shape)
    elementwise.activate(x, y, *scalars, 1)
    elementwise.activate_backward(x, y, np.ones_like(x), dx, *scalars, 1)
    reference.activate_backward(x, y, np.ones_like(x), expected, *scalars)
    # A slope on the wrong side of a kink is wrong by a tenth or more; the largest slope is e^6.
    np.testing.assert_allclose(dx, expected, rtol=1e-5, atol=1e-5)


@activations
def test_activation_in_place(elementwise, name, parameters):
    x, scalars = normal(3, 45), (elementwise.KINDS[name], *parameters)
    y, dx = np.empty_like(x), np.empty_like(x)
    elementwise.activate(x, y, *scalars, 1)
    elementwise.activate_backward(x, y, normal(3, 45, scale=1.0), dx, *scalars, 1)
    over, dover = x.copy(), normal(3, 45, scale=1.0)
    elementwise.activate(over, over, *scalars, 1)
    elementwise.activate_backward(x, y, dover, dover, *scalars, 1)
    assert over.tobytes() == y.tobytes()
    assert dover.tobytes() == dx.tobytes()


@activations
def test_activation_of_an_element_does_not_depend_on_its_place(elementwise, name, parameters):
    x, scalars = normal(1, 100), (elementwise.KINDS[name], *parameters)
    whole, part = np.empty_like(x), np.empty((1, 99), np.float32)
    elementwise.activate(x, whole, *scalars, 1)
    elementwise.activate(np.ascontiguousarray(x[:, 1:]), part, *scalars, 1)
    assert whole[:, 1:].tobytes() == part.tobytes()


# ---------------------------------------------------------------------------------------------------------- dropout


def state(seed, step):
    return fixed(np.array([seed, step], np.uint64))


@pytest.mark.parametrize("size", [1, 5, 63, 64, 65, 200])
@pytest.mark.parametrize(("seed", "step", "node"), [(0, 0, 0), (2**64 - 3, 2**40 + 7, 9), (1234, 5, 2**32 - 1)])
def test_uniform_numbers(elementwise, size, seed, step, node):
    operands = [sample(np.empty((5, size), np.float32)), state(seed, step)]
    expected, _ = judge(reference, elementwise.random_uniform, operands, (node,))
    y = agree(elementwise.random_uniform, operands, (node,), units=1, samples=5)
    np.testing.assert_array_equal(y, expected)


def test_uniform_numbers_are_uniform_and_their_streams_unlike(elementwise):
    def draw(seed, step, node):
        y = np.empty((16, 4096), np.float32)
        elementwise.random_uniform(y, state(seed, step).array, node, 1)
        return y

    y = draw(1, 2, 3)
    assert y.min() >= 0
    assert y.max() < 1
    deviations = (np.histogram(y, 64, (0, 1))[0] - 1024) / 32  # 65536 draws into 64 bins
    assert np.sum(deviations**2) < 63 + 5 * math.sqrt(2 * 63)
    assert len({row.tobytes() for row in y}) == 16
    others = [draw(*key) for key in ((2, 2, 3), (1 + 2**32, 2, 3), (1, 3, 3), (1, 2 + 2**32, 3), (1, 2, 4))]
    for other in others:
        assert abs(np.corrcoef(y.ravel(), other.ravel())[0, 1]) < 5 / 256


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_dropout(elementwise, rate):
    x, dy = normal(6, 150), normal(6, 151)[:, 1:].copy()
    operands = [sample(x), sample(np.empty_like(x)), state(11, 22)]
    _, expected, _ = judge(reference, elementwise.dropout_forward, operands, (rate, 33))
    y = agree(elementwise.dropout_forward, operands, (rate, 33), units=1, samples=6)
    np.testing.assert_array_equal(y == 0, expected == 0)
    np.testing.assert_allclose(y, expected, rtol=2 * EPSILON / (1 - rate) if rate < 1 else 0)
    assert rate > 0 or y.tobytes() == x.tobytes()

    operands[0] = sample(dy)
    _, expected, _ = judge(reference, elementwise.dropout_backward, operands, (rate, 33))
    dx = agree(elementwise.dropout_backward, operands, (rate, 33), units=1, samples=6)
    np.testing.assert_array_equal(dx == 0, y == 0)
    np.testing.assert_allclose(dx, expected, rtol=2 * EPSILON / (1 - rate) if rate < 1 else 0)


def test_dropout_drops_what_is_not_finite(elementwise):
    x = np.full((2, 300), np.nan, np.float32)
    x[1] = np.inf
    operands = [sample(x), sample(np.empty_like(x)), state(1, 1)]
    y = agree(elementwise.dropout_forward, operands, (0.5, 1), units=1, samples=2)
    assert set(np.unique(y[1])) == {0, np.inf}
    kept = np.isnan(y[0])
    assert 100 < kept.sum() < 200
    assert np.all(y[0][~kept] == 0)


@pytest.mark.parametrize("rate", [0.001, 0.3, 0.5, 0.99])
def test_dropout_drops_its_share(elementwise, rate):
    x = np.ones((64, 1000), np.float32)
    y = np.empty_like(x)
    elementwise.dropout_forward(x, y, state(5, 6).array, rate, 7, 1)
    assert abs(np.mean(y == 0) - rate) < 5 * math.sqrt(rate * (1 - rate) / x.size)
    assert abs(y.mean() - 1) < 5 * math.sqrt(rate / (1 - rate) / x.size)
    places = y == 0  # no place follows from the one before, or from the one 64 places on
    for near in (1, 64):
        pairs = np.mean(places[:, near:] & places[:, :-near])
        assert abs(pairs - rate**2) < 5 * math.sqrt(3 * rate**2 * (1 - rate) / x.size)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("rows", "c"), [(1, 150), (1, 300), (4, 3), (7, 64), (2, 129)])
def test_dropout_of_rows(elementwise, rows, c, shared):
    x, drawn = normal(5, rows, c), state(11, 22)
    numbers = (33, shared, 0.3, 1.25, 0.5, -2.0)
    operands = [sample(x), sample(np.empty_like(x)), drawn]
    _, expected, _ = judge(reference, elementwise.dropout_rows, operands, numbers)
    y = agree(elementwise.dropout_rows, operands, numbers, units=1, samples=5)
    dropped = y == -2
    np.testing.assert_array_equal(dropped, expected == -2)
    np.testing.assert_allclose(y, expected, rtol=2 * EPSILON, atol=2 * EPSILON)
    assert np.array_equal(dropped, np.broadcast_to(dropped[:1, :1], dropped.shape)) == shared
    if rows == 1 and not shared:
        plain = np.empty((5, c), np.float32)
        elementwise.dropout_forward(x[:, 0].copy(), plain, drawn.array, 0.3, 33, 1)
        np.testing.assert_array_equal(plain == 0, dropped[:, 0])


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("size", [1, 31, 64, 65, 200])
def test_gaussian_noise(elementwise, size, relative):
    x = normal(5, size)
    operands, numbers = [sample(x), sample(np.empty_like(x)), state(7, 8)], (9, relative, 0.75)
    _, expected, _ = judge(reference, elementwise.gaussian_noise, operands, numbers)
    y = agree(elementwise.gaussian_noise, operands, numbers, units=1, samples=5)
    np.testing.assert_allclose(y, expected, rtol=0, atol=8 * EPSILON * 6 * np.abs(x).max())


def test_gaussian_noise_is_normal(elementwise):
    x, z = np.zeros((16, 4096), np.float32), np.empty((16, 4096), np.float32)
    elementwise.gaussian_noise(x, z, state(1, 2).array, 3, False, 1.0, 1)
    size = z.size
    assert abs(z.mean()) < 5 / math.sqrt(size)
    assert abs(z.var() - 1) < 5 * math.sqrt(2 / size)
    assert abs((z**4).mean() - 3) < 5 * math.sqrt(96 / size)
    edges = np.array([-2.5758293, -1.2815516, -0.6744898, 0, 0.6744898, 1.2815516, 2.5758293])  # quantiles
    share = np.diff([0, 0.005, 0.1, 0.25, 0.5, 0.75, 0.9, 0.995, 1])
    counts = np.histogram(z, [-np.inf, *edges, np.inf])[0]
    assert np.all(np.abs(counts - size * share) < 5 * np.sqrt(size * share))
    half = z.reshape(16, -1, 2, 32)
    assert abs(np.corrcoef(half[:, :, 0].ravel(), half[:, :, 1].ravel())[0, 1]) < 5 / math.sqrt(size / 2)


# -------------------------------------------------------------------------------------------------------------- prelu


@pytest.mark.parametrize(("rows", "c"), [(1, 1), (1, 200), (5, 3), (70, 17), (3, 64), (2, 65), (130, 33)])
def test_prelu(elementwise, rows, c):
    x, dy, alpha = normal(5, rows, c), normal(5, rows, c + 1)[:, :, :c].copy(), normal(c)
    x.ravel()[::7] = 0
    operands = [sample(x), fixed(alpha), sample(np.empty_like(x))]
    y = agree(elementwise.prelu_forward, operands, units=1, samples=5)
    np.testing.assert_array_equal(y, judge(reference, elementwise.prelu_forward, operands)[2].astype(np.float32))
    operands = [sample(x), fixed(alpha), sample(dy), sample(np.empty_like(x))]
    dx = agree(elementwise.prelu_backward, operands, units=1, samples=5)
    np.testing.assert_array_equal(dx, judge(reference, elementwise.prelu_backward, operands)[3].astype(np.float32))

    partial = np.empty(c, np.float32)
    expected = np.empty(c)
    reference.prelu_sums(x, dy, expected)
    bound = np.sum(np.abs(x * dy), axis=(0, 1))
    elementwise.prelu_sums(x, dy, partial, 1)
    assert np.all(np.abs(partial - expected) <= 80 * EPSILON * bound)
    for threads, size, chunk in ((1, 5, 5), (2, 2, 1), (3, 1, 1)):  # groups of samples, each in chunks
        parts = np.full((-(-5 // size), c), np.nan, np.float32)
        run_door(
            elementwise.prelu_sums, [sample(x), sample(dy), group(parts)], [], [], 1, False, 5, threads, size, chunk
        )
        assert np.all(np.abs(parts.sum(axis=0) - expected) <= 80 * EPSILON * bound)


# ------------------------------------------------------------------------------------------- sums, scales and softmax


@pytest.mark.parametrize("size", CHANNELS)
def test_add(elementwise, size):
    x, y = normal(5, size), normal(5, size + 1)[:, 1:].copy()
    assert np.array_equal(agree(elementwise.add, [sample(x), sample(y)], units=1, samples=5), x + y)


@pytest.mark.parametrize("size", CHANNELS)
def test_scale(elementwise, size):
    x = normal(5, size)
    operands, scalars = [sample(x), sample(np.empty_like(x))], (1 / 255.0, -0.5)
    _, expected = judge(reference, elementwise.scale, operands, scalars)
    y = agree(elementwise.scale, operands, scalars, units=1, samples=5)
    np.testing.assert_allclose(y, expected, rtol=0, atol=2 * EPSILON * (np.abs(x).max() / 255 + 0.5))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("c", [*CHANNELS, 1000])
def test_softmax(elementwise, rows, c):
    x, dy = normal(4, rows, c), normal(4, rows, c + 1)[..., 1:].copy()
    operands = [sample(x), sample(np.empty_like(x))]
    _, expected = judge(reference, elementwise.softmax_forward, operands)
    y = agree(elementwise.softmax_forward, operands, units=rows, samples=4)
    # Each power is off by the rounding of its exponent, their sum by one rounding per term.
    spread = x.max(-1, keepdims=True) - x
    assert np.all(np.abs(y - expected) <= expected * EPSILON * (4 + spread + c))

    operands = [sample(y), sample(dy), sample(np.empty_like(x))]
    _, _, expected = judge(reference, elementwise.softmax_backward, operands)
    dx = agree(elementwise.softmax_backward, operands, units=rows, samples=4)
    terms = np.sum(np.abs(y * dy), axis=-1, keepdims=True)
    assert np.all(np.abs(dx - expected) <= y * EPSILON * (2 * np.abs(dy) + (c + 2) * terms))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("c", [*CHANNELS, 1000])
def test_log_softmax(elementwise, rows, c):
    x, dy = 30 * normal(4, rows, c), normal(4, rows, c + 1)[..., 1:].copy()
    operands = [sample(x), sample(np.empty_like(x))]
    _, expected = judge(reference, elementwise.log_softmax_forward, operands)
    y = agree(elementwise.log_softmax_forward, operands, units=rows, samples=4)
    spread = np.abs(x).max(-1, keepdims=True) * 2
    assert np.all(np.abs(y - expected) <= EPSILON * (4 + 4 * spread + c))

    operands = [sample(y), sample(dy), sample(np.empty_like(x))]
    _, _, expected = judge(reference, elementwise.log_softmax_backward, operands)
    dx = agree(elementwise.log_softmax_backward, operands, units=rows, samples=4)
    terms = np.sum(np.abs(dy), axis=-1, keepdims=True)
    assert np.all(np.abs(dx - expected) <= EPSILON * (2 * np.abs(dy) + (c + 2 + spread) * terms))


def test_softmax_of_odd_rows(elementwise):
    rows = [[0, np.nan, 1], [0, np.inf, 1], [0, -np.inf, 1], [-np.inf] * 3, [1e30, -1e30, 0], [200, 100, -200]]
    x = np.array([rows], np.float32)
    operands = [sample(x), sample(np.empty_like(x))]
    _, expected = judge(reference, elementwise.softmax_forward, operands)
    y = agree(elementwise.softmax_forward, operands, units=6)
    np.testing.assert_allclose(y, expected.astype(np.float32), rtol=1e-6)


def test_softmax_in_place(elementwise):
    x, dy = normal(2, 3, 40), normal(2, 3, 41)[..., 1:].copy()
    y, dx = np.empty_like(x), np.empty_like(x)
    elementwise.softmax_forward(x, y, 1)
    elementwise.softmax_backward(y, dy, dx, 1)
    elementwise.softmax_forward(x, x, 1)
    elementwise.softmax_backward(y, dy, dy, 1)
    assert x.tobytes() == y.tobytes()
    assert dy.tobytes() == dx.tobytes()


@pytest.mark.parametrize("size", CHANNELS)
def test_nothing_behind_an_operand_is_touched(elementwise, size):
    """A breach ends the process."""
    x, y, dx, flags = (fenced(normal(2, size)) for _ in range(4))
    key = fenced(np.array([1, 2], np.uint64))
    for kind in elementwise.KINDS.values():
        elementwise.activate(x, y, kind, 1.0, 1.0, 0.0, 1)
        elementwise.activate_backward(x, y, flags, dx, kind, 1.0, 1.0, 0.0, 1)
    elementwise.dropout_forward(x, y, key, 0.5, 1, 1)
    elementwise.random_uniform(y, key, 1, 1)
    elementwise.add(x, y, 1)
    elementwise.scale(x, y, 2.0, 1.0, 1)
    rows = [array[:, None] for array in (x, y, dx)]
    elementwise.softmax_forward(*rows[:2], 1)
    elementwise.softmax_backward(*rows, 1)
