"""Initializers: distributions, bounds, seeds, names, errors. What Keras answers is in test_objects_beside_keras."""

import math

import numpy as np
import pytest

from cycnn import config, initializers, utils
from cycnn.core.random import SeedGenerator
from cycnn.initializers import random_initializers
from cycnn.initializers.random_initializers import RandomInitializer, compute_fans

CONV, DENSE = (3, 3, 40, 80), (240, 120)  # 28,800 values each
N = 28_800
RANDOM = {cls for cls in vars(initializers).values() if isinstance(cls, type) and issubclass(cls, RandomInitializer)}
RANDOM = sorted(RANDOM, key=lambda cls: cls.__name__)

# name: variance times n, what n is, distribution
SCALED = {
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
}
FANS = {CONV: (9 * 40, 9 * 80), DENSE: (240, 120)}


@pytest.fixture(autouse=True)
def restore():
    yield
    config.set_seed(None)


def stats():
    return pytest.importorskip("scipy.stats", reason="the Kolmogorov-Smirnov test is SciPy's; moments are tested alone")


def assert_follows(x, distribution):
    """Kolmogorov and Smirnov would reject a right sample once in a thousand seeds; the seeds here are fixed."""
    assert stats().kstest(x.ravel().astype("float64"), distribution.cdf).pvalue > 1e-3


def assert_moments(x, mean, stddev):
    assert abs(x.mean(dtype="float64") - mean) < 4 * stddev / math.sqrt(x.size)
    assert abs(x.std(dtype="float64") / stddev - 1) < 4 / math.sqrt(2 * x.size)


# Distributions


@pytest.mark.parametrize("shape", [CONV, DENSE])
@pytest.mark.parametrize("name", SCALED)
def test_scaled_initializers(name, shape):
    scale, mode, distribution = SCALED[name]
    fan_in, fan_out = FANS[shape]
    variance = scale / {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}[mode]
    x = getattr(initializers, name)(seed=17)(shape)
    assert x.shape == shape
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert_moments(x, 0, math.sqrt(variance))
    bound = math.sqrt(3 * variance) if distribution == "uniform" else 2 * math.sqrt(variance) / 0.87962566103423978
    assert 0.99 * bound < np.abs(x).max() <= bound * (1 + 1e-6)


@pytest.mark.parametrize("shape", [CONV, DENSE])
@pytest.mark.parametrize("name", SCALED)
def test_scaled_initializers_follow_their_distributions(name, shape):
    scale, mode, distribution = SCALED[name]
    fan_in, fan_out = FANS[shape]
    variance = scale / {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}[mode]
    x = getattr(initializers, name)(seed=23)(shape)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        assert_follows(x, stats().uniform(-limit, 2 * limit))
    else:
        assert_follows(x, stats().truncnorm(-2, 2, scale=math.sqrt(variance) / 0.87962566103423978))


def test_truncation_s_correction_is_that_of_a_normal_cut_off_at_two():
    """1 - 2·2·φ(2) / (2Φ(2) - 1) is the variance left."""
    density, inside = math.exp(-2) / math.sqrt(2 * math.pi), math.erf(math.sqrt(2))
    left = math.sqrt(1 - 4 * density / inside)
    assert left == pytest.approx(random_initializers._TRUNCATED_STDDEV, rel=1e-9)


def test_plain_distributions():
    normal = initializers.RandomNormal(0.5, 0.25, seed=1)(DENSE)
    assert_moments(normal, 0.5, 0.25)
    assert np.abs(normal - 0.5).max() > 0.75  # beyond 3 standard deviations: not cut off
    cut = initializers.TruncatedNormal(0.5, 0.25, seed=2)(DENSE)
    assert_moments(cut, 0.5, 0.25 * 0.87962566103423978)
    assert 0.49 < np.abs(cut - 0.5).max() <= 0.5
    uniform = initializers.RandomUniform(-0.5, 0.25, seed=3)(DENSE)
    assert_moments(uniform, -0.125, 0.75 / math.sqrt(12))
    assert -0.5 <= uniform.min() < -0.499
    assert 0.249 < uniform.max() < 0.25
    scaled = initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=4)(DENSE)
    assert_moments(scaled, 0, math.sqrt(2 / 120))


def test_plain_distributions_follow_their_laws():
    assert_follows(initializers.RandomNormal(0.5, 0.25, seed=5)(DENSE), stats().norm(0.5, 0.25))
    assert_follows(initializers.TruncatedNormal(0.5, 0.25, seed=6)(DENSE), stats().truncnorm(-2, 2, 0.5, 0.25))
    assert_follows(initializers.RandomUniform(-0.5, 0.25, seed=7)(DENSE), stats().uniform(-0.5, 0.75))
    x = initializers.VarianceScaling(1, "fan_in", "untruncated_normal", seed=8)(CONV)
    assert_follows(x, stats().norm(0, 1 / math.sqrt(360)))


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (3, 2, 4, 10), (2, 2, 3, 50), (1, 1)])
def test_orthogonal(shape):
    x = initializers.Orthogonal(gain=2.0, seed=3)(shape)
    assert x.shape == shape
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    matrix = x.reshape(-1, shape[-1]).astype("float64")
    product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_matrices_are_uniformly_distributed():
    """Their mean is 0 and their trace has variance 1; without the correction of signs the diagonal is negative."""
    seed = SeedGenerator(5)
    draws = np.array([initializers.Orthogonal(seed=seed)((3, 3)) for _ in range(2000)], "float64")
    assert np.abs(draws.mean(0)).max() < 4 * math.sqrt(1 / 3 / 2000)
    assert np.trace(draws, axis1=1, axis2=2).var() == pytest.approx(1, abs=0.15)
    assert np.linalg.det(draws).mean() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((), (1, 1)), ((7,), (7, 7)), ((3, 5), (3, 5)), ((4, 3, 5), (12, 20)), ((3, 2, 4, 5), (24, 30)), ((0, 4), (0, 4))],
)
def test_compute_fans(shape, fans):
    assert compute_fans(shape) == fans
    assert compute_fans((3, 2, 4, 5), [0, 2], [1, 3]) == (12, 10)


def test_fans_of_zero_do_not_divide_by_it():
    assert initializers.GlorotUniform(seed=1)((0, 0)).shape == (0, 0)
    assert initializers.HeNormal(seed=1)((0, 4)).shape == (0, 4)


# Constants


def test_constants():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3), "float32"))
    np.testing.assert_array_equal(initializers.Ones()([2, 3]), np.ones((2, 3), "float32"))
    np.testing.assert_array_equal(initializers.Constant(0.1)((2,)), np.full(2, 0.1, "float32"))
    np.testing.assert_array_equal(initializers.Identity(3)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    for name in ("Zeros", "Ones", "Constant", "Identity"):
        x = getattr(initializers, name)()((2, 2))
        assert x.dtype == np.float32
        x[:] = 5  # the caller's own


def test_arrays_are_initializers():
    values = np.arange(6.0).reshape(2, 3)
    initializer = initializers.get(values)
    x = initializer((2, 3))
    np.testing.assert_array_equal(x, values)
    assert x.dtype == np.float32
    assert not np.shares_memory(x, values)
    with pytest.raises(ValueError, match=r"an array of shape \(2, 3\).*Received: shape=\(3, 2\)"):
        initializer((3, 2))
    read = initializers.deserialize(initializers.serialize(initializer))
    np.testing.assert_array_equal(read((2, 3)), values)


@pytest.mark.parametrize("dtype", ["float16", "float64", np.float32])
@pytest.mark.parametrize("name", ["zeros", "ones", "constant", "identity", *(cls.__name__ for cls in RANDOM)])
def test_number_types(name, dtype):
    x = initializers.get(name)((4, 3), dtype)
    assert x.dtype == dtype
    assert x.shape == (4, 3)


@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_random_initializers_give_floats_only(dtype):
    with pytest.raises(ValueError, match=f"HeNormal gives floating point numbers. Received: dtype='{dtype}'"):
        initializers.HeNormal()((2, 2), dtype)


def test_scalars_and_long_doubles():
    for cls in (initializers.RandomNormal, initializers.RandomUniform, initializers.TruncatedNormal):
        assert np.shape(cls()(())) == ()
        assert cls()((3,), np.longdouble).dtype == np.longdouble


# Seeds


@pytest.mark.parametrize("cls", RANDOM)
def test_an_initializer_gives_the_same_values_at_every_call(cls):
    for initializer in (cls(seed=3), cls()):
        np.testing.assert_array_equal(initializer((5, 4)), initializer((5, 4)))
    np.testing.assert_array_equal(cls(seed=3)((5, 4)), cls(seed=np.int64(3))((5, 4)))
    assert (cls(seed=3)((5, 4)) != cls(seed=4)((5, 4))).any()
    assert (cls()((5, 4)) != cls()((5, 4))).any()


def test_a_seed_generator_gives_new_values_at_every_call():
    initializer = initializers.HeNormal(seed=SeedGenerator(3))
    first, second = initializer((5, 4)), initializer((5, 4))
    assert (first != second).any()
    again = initializers.HeNormal(seed=SeedGenerator(3))
    np.testing.assert_array_equal(again((5, 4)), first)
    np.testing.assert_array_equal(again((5, 4)), second)


def test_unseeded_initializers_follow_the_random_seed():
    def draw():
        return [initializers.get(name)((5, 4)) for name in ("glorot_uniform", "glorot_uniform", "he_normal")]

    utils.set_random_seed(1)
    first = draw()
    assert (first[0] != first[1]).any()
    utils.set_random_seed(1)
    np.testing.assert_array_equal(draw(), first)
    utils.set_random_seed(2)
    assert (draw()[0] != first[0]).any()


def test_seeds_survive_a_config():
    for initializer in (initializers.HeNormal(seed=5), initializers.Orthogonal(seed=SeedGenerator(5))):
        read = initializers.deserialize(initializers.serialize(initializer))
        np.testing.assert_array_equal(read((3, 3)), initializer((3, 3)))
    assert initializers.HeNormal().get_config()["seed"] is None
    copy = initializers.TruncatedNormal(1.0, 0.5, seed=2).clone()
    assert copy.get_config() == {"seed": 2, "mean": 1.0, "stddev": 0.5}


@pytest.mark.parametrize("seed", [1.5, "1", True, [1], {"class_name": "__bytes__", "config": {"value": "x"}}])
def test_other_seeds_are_refused(seed):
    with pytest.raises(ValueError, match=r"`seed` must be an integer, a SeedGenerator or None. Received: seed="):
        initializers.GlorotUniform(seed=seed)


def test_values_do_not_change_between_versions():
    """A seeded model begins with the same weights after an update of cycnn: other numbers here break a promise."""
    x = initializers.GlorotUniform(seed=0)((2, 2))
    expected = [[-1.1396451, -1.1964613], [0.27422094, -0.6330726]]
    np.testing.assert_array_equal(x, np.float32(expected))


# Names and errors


def test_every_exported_name_is_found():
    for name in initializers.__all__:
        member = getattr(initializers, name)
        if isinstance(member, type) and member is not initializers.Initializer:
            assert type(initializers.get(name)) is member
    assert initializers.get(None) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [("locan_uniform", "lecun_uniform"), ("he normal", "he_normal"), ("GlorotUnifrom", "GlorotUniform")],
)
def test_misspelt_names_get_a_suggestion(name, meant):
    with pytest.raises(ValueError, match=f"Unknown initializer. Did you mean '{meant}'. Received: '{name}'."):
        initializers.get(name)


def test_functions_and_subclasses():
    def halves(shape, dtype=None):
        return np.full(shape, 0.5, dtype)

    class Halves(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return halves(shape, dtype)

    assert initializers.get(halves) is halves
    assert type(initializers.get(Halves)) is Halves
    with utils.custom_object_scope({"halves": halves}):
        assert initializers.get("halves") is halves
    with pytest.raises(NotImplementedError, match="Initializer must implement `__call__"):
        initializers.Initializer()((2,))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"scale": 0}, "`scale` must be a number above 0. Received: scale=0"),
        ({"scale": "big"}, "`scale` must be a number above 0. Received: scale='big'"),
        ({"mode": "fan_inn"}, "`mode` must be 'fan_in', 'fan_out' or 'fan_avg'. Did you mean 'fan_in'"),
        ({"distribution": "gauss"}, "`distribution` must be .* Received: distribution='gauss'"),
        ({"distribution": None}, "`distribution` must be .* Received: distribution=None"),
        ({"input_axes": [0]}, "`input_axes` and `output_axes` must be given both or not at all"),
    ],
)
def test_wrong_arguments_of_variance_scaling(arguments, match):
    with pytest.raises(ValueError, match=match):
        initializers.VarianceScaling(**arguments)


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"Identity gives matrices.*Received: shape=\(2, 2, 2\)"):
        initializers.Identity()((2, 2, 2))
    with pytest.raises(ValueError, match=r"Orthogonal gives matrices.*Received: shape=\(3,\)"):
        initializers.Orthogonal()((3,))
