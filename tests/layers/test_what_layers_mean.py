"""What single layers mean, told by NumPy: those that Keras lacks, noise, `adapt`, saturated units; and what they refuse."""

import math

import numpy as np
import pytest

import cycnn
from cycnn import layers, utils
from cycnn.testing import layer_gradients


@pytest.fixture(autouse=True)
def _seed():
    utils.set_random_seed(1)


def draw(*shape):
    return np.random.default_rng(shape).standard_normal(shape).astype(np.float32)


def blocks(x, k):
    """(n, h, w, c) as (n, h / k, w / k, k * k, c)."""
    n, h, w, c = x.shape
    return x.reshape(n, h // k, k, w // k, k, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // k, w // k, k * k, c)


# --------------------------------------------------------------------------------------------- what Keras has not got


def test_sum_and_norm_of_windows():
    x = draw(2, 6, 4, 3)
    np.testing.assert_allclose(layers.SumPooling2D(2)(x), blocks(x, 2).sum(axis=3), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layers.L2Pooling2D(2)(x), np.sqrt(np.square(blocks(x, 2)).sum(axis=3)), rtol=1e-5)


def test_a_window_of_zeros_has_no_gradient():
    x = np.zeros((1, 2, 2, 1), np.float32)
    _, dx, _ = layer_gradients(layers.L2Pooling2D(2), x, np.ones((1, 1, 1, 1)))
    assert not dx.any()


@pytest.mark.parametrize(
    "arguments", [{}, {"pool_size": 3, "strides": 2, "padding": "same"}, {"pool_size": 2, "strides": 1}]
)
def test_unpooling_is_the_gradient_of_pooling(arguments):
    x = draw(2, 7, 8, 5)
    pool = layers.MaxPooling2D(**arguments)
    values = draw(*pool(x).shape)
    _, dx, _ = layer_gradients(pool, x, values)
    np.testing.assert_array_equal(layers.MaxUnpooling2D(**arguments)([values, x]), dx)


def test_unpooling_puts_maxima_back():
    x = draw(2, 6, 4, 3)
    pooled = layers.MaxPooling2D(2)(x)
    again = layers.MaxUnpooling2D(2)([pooled, x])
    kept = again != 0
    assert kept.sum() == pooled.size
    np.testing.assert_array_equal(again[kept], x[kept])


def test_a_crop_like_another_map_is_its_middle():
    x = draw(2, 7, 8, 3)
    like = np.zeros((2, 4, 4, 1), np.float32)
    np.testing.assert_array_equal(layers.CroppingLike()([x, like]), x[:, 1:5, 2:6])
    np.testing.assert_array_equal(layers.CroppingLike(offset=(3, 0))([x, like]), x[:, 3:7, 0:4])
    volume = draw(2, 5, 4, 6, 2)
    np.testing.assert_array_equal(layers.CroppingLike()([volume, np.zeros((2, 3, 4, 2, 1))]), volume[:, 1:4, :, 2:4])


def test_resizing_like_another_map_is_resizing():
    x, like = draw(2, 5, 4, 3), np.zeros((2, 7, 9, 1), np.float32)
    np.testing.assert_array_equal(layers.ResizingLike()([x, like]), layers.Resizing(7, 9)(x))
    step = draw(2, 3, 4, 5, 1)
    planes = layers.ResizingLike("nearest")([step, np.zeros((2, 6, 8, 10, 1))])
    np.testing.assert_array_equal(planes, step.repeat(2, 1).repeat(2, 2).repeat(2, 3))


def test_the_other_map_gets_no_gradient():
    x, like = draw(2, 7, 8, 3), draw(2, 4, 4, 1)
    for layer, shape in ((layers.CroppingLike(), (2, 4, 4, 3)), (layers.ResizingLike(), (2, 4, 4, 3))):
        _, (dx, dlike), _ = layer_gradients(layer, [x, like], draw(*shape))
        assert dx.any()
        assert not dlike.any()


def test_local_response_is_the_formula_of_alexnet():
    x = draw(2, 3, 4, 7)
    padded = np.pad(np.square(x, dtype=np.float64), [(0, 0)] * 3 + [(2, 2)])
    near = sum(padded[..., k : k + 7] for k in range(5))
    expected = x / (2 + 1e-4 * near) ** 0.75
    np.testing.assert_allclose(layers.LocalResponseNormalization()(x), expected, rtol=1e-5)
    expected = x / (1 + 0.5 * near) ** 0.5
    layer = layers.LocalResponseNormalization(5, bias=1, alpha=0.5, beta=0.5)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        layers.SumPooling2D(2),
        layers.L2Pooling2D((2, 3)),
        layers.LocalResponseNormalization(3),
        layers.TimeDistributed(layers.GlobalMaxPooling1D()),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_models_of_them_are_saved(layer, tmp_path):
    x = draw(3, 6, 6, 2)
    model = cycnn.Sequential([cycnn.Input((6, 6, 2)), layer, layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "model.keras")
    again = cycnn.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


# ----------------------------------------------------------------------------------------------------------- noise


def test_spatial_dropout_drops_whole_channels():
    x = np.ones((200, 4, 5, 6), np.float32)
    y = layers.SpatialDropout2D(0.4)(x, training=True)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.6], rtol=1e-6)
    assert abs((y[:, 0, 0] == 0).mean() - 0.4) < 5 * math.sqrt(0.24 / 1200)
    first = layers.SpatialDropout2D(0.4, data_format="channels_first")(x, training=True)
    np.testing.assert_array_equal(first, np.broadcast_to(first[:, :, :1, :1], first.shape))


def test_a_noise_shape_may_join_samples():
    y = layers.Dropout(0.5, noise_shape=(1, None))(np.ones((50, 100), np.float32), training=True)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:1], y.shape))
    assert 0 < (y[0] == 0).sum() < 100


def test_noise_has_the_stated_mean_and_variance():
    x = np.ones((100, 1000), np.float32)
    five = 5 / math.sqrt(x.size)
    added = layers.GaussianNoise(0.5)(x, training=True)
    assert abs(added.mean() - 1) < 0.5 * five
    assert abs(added.std() - 0.5) < 0.5 * five
    factors = layers.GaussianDropout(0.2)(x, training=True)
    assert abs(factors.mean() - 1) < 0.5 * five
    assert abs(factors.std() - 0.5) < 0.5 * five
    for layer in (layers.GaussianNoise(0.5), layers.GaussianDropout(0.2), layers.AlphaDropout(0.2)):
        np.testing.assert_array_equal(layer(x), x)


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(2).standard_normal((100, 1000)).astype(np.float32)
    y = layers.AlphaDropout(0.3)(x, training=True)
    assert abs(y.mean()) < 0.02
    assert abs(y.var() - 1) < 0.03
    saturation = -1.6732632423543772 * 1.0507009873554805
    scale = (0.7 * (1 + 0.3 * saturation**2)) ** -0.5
    dropped = np.abs(y - scale * saturation * (1 - 0.3)) < 1e-6
    assert abs(dropped.mean() - 0.3) < 5 * math.sqrt(0.21 / x.size)
    np.testing.assert_allclose(y[~dropped], scale * (x[~dropped] - 0.3 * saturation), rtol=1e-5, atol=1e-5)


def test_a_layer_s_seed_says_what_it_draws():
    x = draw(4, 50)
    for make in (
        lambda seed: layers.GaussianNoise(0.5, seed=seed),
        lambda seed: layers.GaussianDropout(0.5, seed=seed),
        lambda seed: layers.AlphaDropout(0.5, seed=seed),
        lambda seed: layers.Dropout(0.5, noise_shape=(None, 50), seed=seed),
    ):
        first, again, other = (layer_gradients(make(seed), x, x, state=(0, 3))[0] for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


# --------------------------------------------------------------------------------------------------- normalization


def test_adapt_finds_mean_and_variance():
    x = draw(300, 4, 3) * 3 + 5
    for data in (x, [x[:100], x[100:130], x[130:]], iter([(x[:200], None), (x[200:], None)])):
        layer = layers.Normalization()
        layer.adapt(data)
        np.testing.assert_allclose(layer.mean, x.mean((0, 1), np.float64), rtol=1e-6)
        np.testing.assert_allclose(layer.variance, x.var((0, 1), np.float64), rtol=1e-5)
        y = layer(x)
        np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-5)
        np.testing.assert_allclose(y.std((0, 1)), 1, rtol=1e-5)
    back = layers.Normalization(mean=layer.mean, variance=layer.variance, invert=True)
    np.testing.assert_allclose(back(y), x, rtol=1e-5, atol=1e-5)


def test_adapting_again_changes_what_a_used_layer_does():
    layer = layers.Normalization(axis=None)
    assert layer(np.ones((2, 3))).sum() == 6
    layer.adapt(np.array([[0.0, 2.0, 1.0]]))
    np.testing.assert_allclose(layer(np.ones((2, 3))), 0, atol=1e-7)


def test_one_group_is_layer_normalization_of_the_sample():
    x = draw(3, 4, 5, 6)
    whole = layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False)(x)
    np.testing.assert_allclose(layers.GroupNormalization(1)(x), whole, rtol=1e-5, atol=1e-5)
    instance = layers.GroupNormalization(-1)(x)
    expected = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-3)
    np.testing.assert_allclose(instance, expected, rtol=1e-4, atol=1e-5)


# ------------------------------------------------------------------------------------------ saturated and dead units


@pytest.mark.parametrize(
    ("name", "below", "above"),  # slopes far from zero
    [("sigmoid", 0, 0), ("tanh", 0, 0), ("relu", 0, 1), ("softplus", 0, 1), ("elu", 0, 1), ("relu6", 0, 0), ("selu", 0, 1.050701),
     ("gelu", 0, 1), ("silu", 0, 1), ("softsign", 0, 0), ("leaky_relu", 0.2, 1), ("hard_sigmoid", 0, 0), ("mish", 0, 1)],
)  # fmt: skip
def test_slopes_far_from_zero(name, below, above):
    x = np.array([[-3e38, -1e30, -1e10, 1e10, 1e30, 3e38]], np.float32)
    _, dx, _ = layer_gradients(layers.Activation(name), x, np.ones_like(x))
    np.testing.assert_allclose(dx[0], [below] * 3 + [above] * 3, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize(
    ("layer", "below", "above"),
    [
        (layers.LeakyReLU(0.1), 0.1, 1),
        (layers.ELU(0.5), 0, 1),
        (layers.PReLU("ones"), 1, 1),
        (layers.PReLU(), 0, 1),
        (layers.ReLU(max_value=6), 0, 0),
    ],
)
def test_slopes_of_layers_far_from_zero(layer, below, above):
    x = np.array([[-3e38, -1e30, 1e30, 3e38]], np.float32)
    _, dx, _ = layer_gradients(layer, x, np.ones_like(x))
    np.testing.assert_allclose(dx[0], [below] * 2 + [above] * 2, rtol=1e-6)


def test_a_dead_layer_gets_no_gradient_and_passes_none_on():
    """All relus off: nothing reaches the weights before them, and nothing is NaN."""
    x = draw(4, 6, 6, 2)
    layer = layers.Conv2D(3, 3, activation="relu", bias_initializer=cycnn.initializers.Constant(-1e6))
    y, dx, dw = layer_gradients(layer, x, draw(4, 4, 4, 3))
    assert not any(np.any(array) for array in (y, dx, *dw))


@pytest.mark.parametrize("name", ["LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization"])
def test_a_constant_sample_is_normalized_without_nan(name):
    layer = layers.GroupNormalization(2) if name == "GroupNormalization" else getattr(layers, name)()
    for value in (0, 3, 1e15):
        x = np.full((2, 3, 4), value, np.float32)
        y, dx, dw = layer_gradients(layer, x, draw(2, 3, 4))
        assert all(np.isfinite(array).all() for array in (y, dx, *dw))


# -------------------------------------------------------------------------------------------------------- embeddings


def test_an_embedding_is_rows_of_its_table():
    layer = layers.Embedding(5, 3)
    numbers = np.array([[0, 4], [2, 2]])
    y = layer(numbers)
    np.testing.assert_array_equal(y, layer.embeddings.numpy()[numbers])
    assert np.isnan(layer(np.array([[5, -1]]))).all()


def test_an_embedding_learns():
    x = np.random.default_rng(0).integers(0, 40, (256, 12))
    y = (x < 8).any(axis=1)
    model = cycnn.Sequential(
        [cycnn.Input((12,)), layers.Embedding(40, 8), layers.GlobalMaxPooling1D(), layers.Dense(1, "sigmoid")]
    )
    model.compile(cycnn.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    assert model.fit(x, y, epochs=60, verbose=0).history["accuracy"][-1] > 0.95


def test_steps_share_their_layer():
    x = draw(3, 4, 5, 5, 2)
    inner = layers.Conv2D(3, 2)
    layer = layers.TimeDistributed(inner)
    y = layer(x)
    np.testing.assert_array_equal(y, np.stack([inner(x[:, k]) for k in range(4)], axis=1))
    assert len(layer.weights) == 2


# ---------------------------------------------------------------------------------------------------------- refusals

LIKE = [np.zeros((1, 4, 4, 1)), np.zeros((1, 6, 6, 1))]


@pytest.mark.parametrize(
    ("make", "word", "kind"),
    [
        (lambda: layers.MaxPooling1D(0), "pool_size", ValueError),
        (lambda: layers.MaxPooling3D((2, 2)), "pool_size", ValueError),
        (lambda: layers.AveragePooling3D(2, padding="causal"), "padding", ValueError),
        (lambda: layers.MaxPooling1D(5)(np.zeros((1, 4, 1))), "does not fit", ValueError),
        (lambda: layers.MaxPooling3D(2)(np.zeros((1, 4, 4, 1))), "5 axes", ValueError),
        (lambda: layers.GlobalMaxPooling1D()(np.zeros((1, 4))), "3 axes", ValueError),
        (lambda: layers.AdaptiveMaxPooling2D(0), "output_size", ValueError),
        (lambda: layers.AdaptiveMaxPooling2D((1, 2, 3)), "output_size", TypeError),
        (lambda: layers.AdaptiveAveragePooling1D("2"), "output_size", TypeError),
        (lambda: layers.MaxUnpooling2D(2)(np.zeros((1, 4, 4, 1))), "list of two", ValueError),
        (lambda: layers.MaxUnpooling2D(2)([np.zeros((1, 3, 2, 1)), np.zeros((1, 4, 4, 1))]), "as large", ValueError),
        (lambda: layers.RepeatVector(0), "`n`", ValueError),
        (lambda: layers.RepeatVector("3"), "`n`", TypeError),
        (lambda: layers.Cropping1D(-1), "cropping", ValueError),
        (lambda: layers.Cropping2D((1, 2, 3)), "cropping", ValueError),
        (lambda: layers.Cropping2D(2)(np.zeros((1, 4, 9, 1))), "leave something", ValueError),
        (lambda: layers.Cropping3D("a"), "cropping", ValueError),
        (lambda: layers.ZeroPadding1D((1, 2, 3)), "padding", ValueError),
        (lambda: layers.ZeroPadding3D((1, 2)), "padding", ValueError),
        (lambda: layers.UpSampling1D(1.5), "size", TypeError),
        (lambda: layers.UpSampling2D(0), "size", ValueError),
        (lambda: layers.UpSampling2D(2, interpolation="cubic"), "interpolation", ValueError),
        (lambda: layers.Resizing(0, 3), "height", ValueError),
        (lambda: layers.Resizing(3, 3, antialias=True), "antialias", ValueError),
        (lambda: layers.Resizing(3, 3, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True), "Only one", ValueError),
        (lambda: layers.Resizing(3, 3, fill_mode="wrap"), "fill_mode", ValueError),
        (lambda: layers.CroppingLike()(LIKE), "must lie in the first", ValueError),
        (lambda: layers.CroppingLike(offset=(3, 3))(LIKE[::-1]), "offset", ValueError),
        (lambda: layers.CroppingLike()(LIKE[0]), "two inputs", ValueError),
        (lambda: layers.ResizingLike()([LIKE[0], np.zeros((1, 3, 3))]), "as many axes", ValueError),
        (lambda: layers.LeakyReLU(-0.1), "negative_slope", ValueError),
        (lambda: layers.LeakyReLU(None), "negative_slope", ValueError),
        (lambda: layers.PReLU(shared_axes=[3])(np.zeros((1, 4, 4))), "axis 3", ValueError),
        (lambda: layers.LayerNormalization(axis="a"), "axis", TypeError),
        (lambda: layers.LayerNormalization(axis=3)(np.zeros((1, 4, 4))), "axis", ValueError),
        (lambda: layers.LayerNormalization(axis=0)(np.zeros((1, 4, 4))), "axis", ValueError),
        (lambda: layers.GroupNormalization(0), "groups", ValueError),
        (lambda: layers.GroupNormalization(3)(np.zeros((1, 4))), "divide", ValueError),
        (lambda: layers.GroupNormalization(2)(np.zeros((1, 1))), "divide", ValueError),
        (lambda: layers.UnitNormalization(axis=None), "axis", TypeError),
        (lambda: layers.LocalResponseNormalization(4), "odd", ValueError),
        (lambda: layers.LocalResponseNormalization(bias=0), "bias", ValueError),
        (lambda: layers.Normalization(mean=1.0), "variance", ValueError),
        (lambda: layers.Normalization(mean=[1.0], variance=[1.0, 2.0]), "same shape", ValueError),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(np.zeros((1, 3))), "must fit", ValueError),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(np.zeros((1, 3))), "already", ValueError),
        (lambda: layers.Normalization().adapt(np.zeros((0, 3))), "at least one", ValueError),
        (lambda: layers.Normalization().adapt(3), "iterable", TypeError),
        (lambda: layers.Normalization(axis=0)(np.zeros((1, 3))), "axis", ValueError),
        (lambda: layers.Dropout(0.5, noise_shape="ab"), "noise_shape", ValueError),
        (lambda: layers.Dropout(0.5, noise_shape=(None, 0)), "noise_shape", ValueError),
        (lambda: layers.Dropout(0.5, noise_shape=(None, 2))(np.zeros((1, 3))), "noise_shape", ValueError),
        (lambda: layers.SpatialDropout2D(1.5), "rate", ValueError),
        (lambda: layers.GaussianNoise(2), "stddev", ValueError),
        (lambda: layers.GaussianDropout(1), "rate", ValueError),
        (lambda: layers.AlphaDropout(-1), "rate", ValueError),
        (lambda: layers.ActivityRegularization(-1), "l1", ValueError),
        (lambda: layers.Embedding(0, 3), "input_dim", ValueError),
        (lambda: layers.Embedding(3, 2.5), "output_dim", ValueError),
        (lambda: layers.Embedding(3, 2, weights=np.zeros((2, 2))), "shape", ValueError),
        (lambda: layers.EinsumDense("ab->b", 3), "equation", ValueError),
        (lambda: layers.EinsumDense("ab,bc->ad", 3), "letter", ValueError),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="b"), "bias_axes", ValueError),
        (lambda: layers.EinsumDense("ab,bc->ac", (3, 4))(np.zeros((1, 2))), "output_shape", ValueError),
        (lambda: layers.EinsumDense("abc,cd->abd", (5, 4))(np.zeros((1, 2, 3))), "agree", ValueError),
        (lambda: layers.EinsumDense("ab,bc->ac", 3)(np.zeros((1, 2, 3))), "axes", ValueError),
        (lambda: layers.TimeDistributed(3), "layer", ValueError),
        (lambda: layers.TimeDistributed(layers.Flatten())(np.zeros((1, 3))), "3 axes", ValueError),
    ],
)  # fmt: skip
def test_refusals(make, word, kind):
    with pytest.raises(kind, match=word) as caught:
        make()
    assert "Received: " in str(caught.value)
