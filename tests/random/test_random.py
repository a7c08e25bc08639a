"""cycnn.random: distributions by their known moments, seeds, and numbers that a model draws when it runs."""

import numpy as np
import pytest

import cycnn
from cycnn import backend, layers, models, ops, random

COUNT = 200_000

# (numbers, mean, variance, skewness, least, most): of each distribution, from its textbook.
DISTRIBUTIONS = {
    "normal": (lambda seed: random.normal((COUNT,), 3.0, 2.0, seed=seed), 3, 4, 0, -np.inf, np.inf),
    "uniform": (lambda seed: random.uniform((COUNT,), -1.0, 5.0, seed=seed), 2, 3, 0, -1, 5),
    # A standard normal between -2 and 2: 1 - 4 φ(2) / (2 Φ(2) - 1).
    "truncated_normal": (
        lambda seed: random.truncated_normal((COUNT,), 1.0, 0.5, seed=seed), 1, 0.25 * 0.7737413, 0, 0, 2,
    ),
    "randint": (lambda seed: random.randint((COUNT,), 3, 13, seed=seed), 7.5, 99 / 12, 0, 3, 12),
    "gamma": (lambda seed: random.gamma((COUNT,), 2.5, seed=seed), 2.5, 2.5, 2 / 2.5**0.5, 0, np.inf),
    "beta": (lambda seed: random.beta((COUNT,), 2.0, 3.0, seed=seed), 0.4, 0.04, 0.2857143, 0, 1),
    "binomial": (lambda seed: random.binomial((COUNT,), 12, 0.25, seed=seed), 3, 2.25, 0.3333333, 0, 12),
}  # fmt: skip


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_moments(name):
    draw, mean, variance, skewness, least, most = DISTRIBUTIONS[name]
    x = np.asarray(draw(11), np.float64)
    assert x.shape == (COUNT,)
    assert least <= x.min()
    assert x.max() <= most
    error = 5 * np.sqrt(variance / COUNT)  # five standard errors
    assert abs(x.mean() - mean) < error
    assert abs(x.var() - variance) < 0.03 * variance
    assert abs(((x - x.mean()) ** 3).mean() / x.std() ** 3 - skewness) < 0.06


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_seeds(name):
    """An integer gives the same numbers, a generator of seeds others, the same sequence in every run."""
    draw = DISTRIBUTIONS[name][0]
    np.testing.assert_array_equal(draw(3), draw(3))
    assert (draw(3) != draw(4)).any()
    one, other = random.SeedGenerator(7), random.SeedGenerator(7)
    first, second = draw(one), draw(one)
    assert (first != second).any()
    np.testing.assert_array_equal(draw(other), first)
    np.testing.assert_array_equal(draw(other), second)
    cycnn.utils.set_random_seed(5)
    third, fourth = draw(None), draw(None)
    assert (third != fourth).any()
    cycnn.utils.set_random_seed(5)
    np.testing.assert_array_equal(draw(None), third)


def test_types():
    assert random.normal((2, 3)).dtype == np.float32
    assert random.normal((2, 3), dtype="float64").dtype == np.float64
    assert random.randint((2,), 0, 9).dtype == np.int32
    assert random.randint((2,), 0, 9, "uint8").dtype == np.uint8
    assert random.uniform(()).shape == ()
    assert random.categorical(np.zeros((2, 3)), 4, dtype="int64").dtype == np.int64
    assert random.gamma((2, 3), np.array([1.0, 2.0, 3.0])).shape == (2, 3)
    assert (random.uniform((100_000,), 0, 1e-44, seed=1) < np.float32(1e-44)).all()  # few numbers, and never the bound


def test_categorical():
    p = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        x = random.categorical(np.log(p) + 5.0, COUNT, seed=2)
    assert x.shape == (2, COUNT)
    np.testing.assert_allclose([[(row == k).mean() for k in range(3)] for row in x], p, atol=0.006)
    assert x.dtype == np.int32


def test_dropout():
    x = np.arange(1.0, 200_001, dtype=np.float32).reshape(-1, 2)
    y = random.dropout(x, 0.3, seed=4)
    dropped = y == 0
    assert abs(dropped.mean() - 0.3) < 0.006
    np.testing.assert_allclose(y[~dropped], x[~dropped] / 0.7, rtol=1e-6)
    rows = random.dropout(x, 0.5, noise_shape=(None, 1), seed=4) == 0
    np.testing.assert_array_equal(rows[:, 0], rows[:, 1])
    np.testing.assert_array_equal(random.dropout(x, 0.0), x)
    assert not random.dropout(x, 1.0).any()
    _, (dx,), _ = ops.value_and_gradient(lambda x: ops.sum(random.dropout(x, 0.3, seed=4)), [x])
    np.testing.assert_allclose(dx, np.where(dropped, 0, 1 / 0.7), rtol=1e-6)


def test_shuffle():
    x = np.arange(24).reshape(2, 12)
    y = random.shuffle(x, axis=1, seed=9)
    np.testing.assert_array_equal(np.sort(y, 1), x)
    np.testing.assert_array_equal(y[1] - y[0], 12)  # columns stay together
    assert (y != x).any()
    orders = {tuple(random.shuffle(np.arange(3), seed=seed)) for seed in range(60)}
    assert len(orders) == 6


def test_errors():
    for function, message in (
        (lambda: random.normal((2,), dtype="int32"), "must be a type of floating point numbers"),
        (lambda: random.randint((2,), 0, 1, dtype="float32"), "must be a type of integers"),
        (lambda: random.categorical(np.zeros(3), 2), r"`logits` must have the shape \(n, classes\)"),
        (lambda: random.dropout(np.zeros(3), 1.5), "`rate` must be"),
        (lambda: random.normal((2, None)), "None in the place of the samples"),
        (lambda: random.normal((2,), seed="x"), "`seed` must be an integer"),
    ):
        with pytest.raises(ValueError, match=message):
            function()
    with pytest.raises(AttributeError, match="Did you mean 'uniform'"):
        random.unifrom  # noqa: B018


class Sampling(layers.Layer):
    """As programs of variational autoencoders have it."""

    def __init__(self, draw, **kwargs):
        super().__init__(**kwargs)
        self.draw = draw

    def call(self, inputs):
        mean, log_variance = inputs
        epsilon = self.draw(ops.shape(mean))
        return mean + ops.exp(0.5 * log_variance) * epsilon, epsilon * 2.0 + 0.0 * mean


def sampler(draw):
    mean, log_variance = layers.Input((3,)), layers.Input((3,))
    return models.Model([mean, log_variance], Sampling(draw)([mean, log_variance]))


@pytest.mark.parametrize("kind", ["random", "backend"])
def test_layers_draw_for_each_batch(kind):
    seeds = random.SeedGenerator(1)
    draw = random.normal if kind == "random" else backend.random_normal
    model = sampler(lambda shape: draw(shape=(shape[0], shape[1]), seed=seeds))
    zeros = np.zeros((20_000, 3), np.float32)
    y, twice = model.predict([zeros, zeros + np.log(4.0)], batch_size=5_000, verbose=0)
    np.testing.assert_allclose(y, twice, rtol=1e-6)  # both read the same numbers
    assert abs(y.mean()) < 0.03
    assert abs(y.std() - 2) < 0.03
    assert len(np.unique(y[:, 0])) > 19_900  # batches differ
    again, _ = model.predict([zeros, zeros], batch_size=5_000, verbose=0)
    assert (again != y / 2).mean() > 0.99


def test_an_integer_seed_repeats_itself():
    model = sampler(lambda shape: random.uniform(shape, seed=3))
    zeros = np.zeros((8, 3), np.float32)
    y, _ = model.predict([zeros, zeros], batch_size=4, verbose=0)
    np.testing.assert_array_equal(y[:4], y[4:])
    np.testing.assert_array_equal(y[:4], random.uniform((4, 3), seed=3))


def test_gradients_read_the_numbers_of_their_own_run():
    """z = mean + exp(s / 2) ε, so ∂z/∂mean = 1 and ∂z/∂s = (z - mean) / 2."""
    seeds = random.SeedGenerator(1)
    model = sampler(lambda shape: random.normal(shape, seed=seeds))
    mean, log_variance = (np.random.default_rng(k).normal(size=(6, 3)).astype(np.float32) for k in range(2))
    with cycnn.GradientTape() as tape:
        tensors = [ops.Tensor(mean), ops.Tensor(log_variance)]
        tape.watch(tensors)
        z, _ = model(tensors)
        total = ops.sum(z)
    dmean, dvariance = tape.gradient(total, tensors)
    np.testing.assert_array_equal(dmean, 1)
    np.testing.assert_allclose(dvariance, (np.asarray(z) - mean) / 2, rtol=1e-5, atol=1e-6)


def test_an_autoencoder_trains():
    seeds = random.SeedGenerator(2)
    x = layers.Input((4,))
    z, _ = Sampling(lambda shape: random.normal(shape, 0.0, 0.1, seed=seeds))([layers.Dense(2)(x), layers.Dense(2)(x)])
    model = models.Model(x, layers.Dense(4)(z))
    model.compile(cycnn.optimizers.Adam(0.02), "mse")
    data = np.random.default_rng(0).normal(size=(256, 2)) @ np.random.default_rng(1).normal(size=(2, 4))
    history = model.fit(data, data, epochs=30, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.2 * history[0]


class Dropping(layers.Layer):
    """Drops as `layers.Dropout`, in prediction too."""

    def call(self, x):
        return random.dropout(x, 0.5, seed=6)


def test_dropout_in_a_layer():
    x = layers.Input((50,))
    y = models.Model(x, Dropping()(x)).predict(np.ones((40, 50), np.float32), verbose=0)
    assert set(np.unique(y)) == {0.0, 2.0}
    assert abs((y == 0).mean() - 0.5) < 0.06


def test_numbers_outside_of_layers():
    x = layers.Input((3,))
    model = models.Model(x, x * 0.0 + random.randint((None, 3), 0, 10, seed=4) + random.binomial(ops.shape(x), 5, 1.0))
    found = model.predict(np.zeros((7, 3), np.float32), verbose=0)
    np.testing.assert_array_equal(found, random.randint((7, 3), 0, 10, seed=4) + 5)


def test_numbers_without_samples_have_no_values():
    epsilon = random.normal((None, 2)) * 2.0
    assert epsilon.shape == (None, 2)
    with pytest.raises(TypeError, match="no values before a model runs"):
        epsilon.numpy()
