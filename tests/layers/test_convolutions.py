"""Convolution layers: what they refuse, what they are made of, and definitions that need no other library."""

import builtins
import re

import numpy as np
import pytest

import cycnn
from cycnn import config, layers
from cycnn.testing import layer_gradients
from tests.recorded.answers import load

REFUSED = load("convolution_refusals")


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def copied(layer, like, weights):
    """A layer built for arrays of this shape, with these weights."""
    layer.build(like)
    layer.set_weights(weights)
    return layer


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["program"])
def test_what_keras_refuses(case):
    with pytest.raises(getattr(builtins, case["error"]), match=re.escape(case["word"])):
        eval(case["program"], {"keras": cycnn, "np": np})


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Conv1D(2, 3), (2, 9, 3)),
        (layers.Conv3D(2, 2), (2, 3, 3, 3, 3)),
        (layers.DepthwiseConv2D(2), (2, 4, 4, 3)),
        (layers.SeparableConv2D(2, 2), (2, 4, 4, 3)),
        (layers.Conv2DTranspose(2, 2), (2, 4, 4, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_another_number_of_channels_is_refused(layer, shape):
    layer(np.zeros(shape))
    with pytest.raises(ValueError, match="built for 3 input channels"):
        layer(np.zeros((*shape[:-1], 4)))


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_sequence_is_a_map_of_one_row(rng, strides, padding):
    x, kernel, bias = rng.standard_normal((3, 20, 4)), rng.standard_normal((5, 4, 6)), rng.standard_normal(6)
    line = copied(layers.Conv1D(6, 5, strides, padding), x.shape, [kernel, bias])
    row = copied(layers.Conv2D(6, (1, 5), strides, padding), (3, 1, 20, 4), [kernel[None], bias])
    np.testing.assert_array_equal(line(x), row(x[:, None])[:, 0])


def test_a_volume_of_one_plane_is_a_map(rng):
    x, kernel, bias = rng.standard_normal((3, 8, 9, 4)), rng.standard_normal((3, 2, 4, 6)), rng.standard_normal(6)
    flat = copied(layers.Conv2D(6, (3, 2), padding="same"), x.shape, [kernel, bias])
    deep = copied(layers.Conv3D(6, (1, 3, 2), padding="same"), (3, 1, 8, 9, 4), [kernel[None], bias])
    np.testing.assert_array_equal(deep(x[:, None])[:, 0], flat(x))


def test_planes_of_a_kernel_add_up(rng):
    x, kernel = rng.standard_normal((2, 5, 6, 7, 3)), rng.standard_normal((3, 2, 2, 3, 4))
    volume = copied(layers.Conv3D(4, (3, 2, 2), use_bias=False), x.shape, [kernel])
    planes = [copied(layers.Conv2D(4, 2, use_bias=False), x.shape[:1] + x.shape[2:], [plane]) for plane in kernel]
    expected = np.stack([sum(plane(x[:, d + k]) for k, plane in enumerate(planes)) for d in range(3)], axis=1)
    np.testing.assert_allclose(volume(x), expected, rtol=1e-5, atol=1e-5)


def test_no_output_of_a_causal_convolution_sees_what_follows(rng):
    x = rng.standard_normal((1, 12, 2))
    layer = layers.Conv1D(3, 3, padding="causal", dilation_rate=2)
    before = layer(x)
    x[0, 7] += 1
    changed = np.any(layer(x) != before, axis=(0, 2))
    assert changed.tolist() == [k in (7, 9, 11) for k in range(12)]


@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_is_a_convolution_of_as_many_groups(rng, multiplier):
    x, bias = rng.standard_normal((3, 8, 9, 5)), rng.standard_normal(5 * multiplier)
    kernel = rng.standard_normal((3, 2, 5, multiplier))
    options = {"strides": 2, "padding": "same", "activation": "tanh"}
    depthwise = layers.DepthwiseConv2D((3, 2), depth_multiplier=multiplier, **options)
    grouped = layers.Conv2D(5 * multiplier, (3, 2), groups=5, **options)
    copied(depthwise, x.shape, [kernel, bias])
    copied(grouped, x.shape, [kernel.reshape(3, 2, 1, 5 * multiplier), bias])
    r = rng.standard_normal(grouped(x).shape)
    for found, expected in zip(layer_gradients(depthwise, x, r)[:2], layer_gradients(grouped, x, r)[:2], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_separable_is_depthwise_then_pointwise(rng):
    x = rng.standard_normal((3, 8, 9, 5))
    separable = layers.SeparableConv2D(7, 3, strides=2, padding="same", depth_multiplier=2, activation="relu")
    y = separable(x)
    depthwise_kernel, pointwise_kernel, bias = separable.get_weights()
    depthwise = layers.DepthwiseConv2D(3, 2, "same", 2, use_bias=False)
    between = copied(depthwise, x.shape, [depthwise_kernel])(x)
    pointwise = layers.Conv2D(7, 1, activation="relu")
    np.testing.assert_array_equal(copied(pointwise, between.shape, [pointwise_kernel, bias])(between), y)


@pytest.mark.parametrize(
    ("forward", "transposed", "shape"),
    [
        (layers.Conv1D, layers.Conv1DTranspose, (2, 10)),
        (layers.Conv2D, layers.Conv2DTranspose, (2, 10, 8)),
        (layers.Conv3D, layers.Conv3DTranspose, (2, 4, 6, 8)),
    ],
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_transposed_is_the_input_gradient(rng, forward, transposed, shape, padding):
    rank = len(shape) - 1
    kernel, x = rng.standard_normal((2,) * rank + (3, 4)), rng.standard_normal((*shape, 3))
    conv = copied(forward(4, 2, 2, padding, use_bias=False), x.shape, [kernel])
    r = rng.standard_normal(conv(x).shape)
    back = copied(transposed(3, 2, 2, padding, use_bias=False), r.shape, [kernel])
    np.testing.assert_array_equal(back(r), layer_gradients(conv, x, r)[1])


@pytest.mark.parametrize(("channels", "filters"), [(33, 5), (40, 1), (64, 8), (70, 20), (5, 70)])
@pytest.mark.parametrize("places", [(9,), (4, 5), (2, 3, 3)], ids=["1D", "2D", "3D"])
@pytest.mark.parametrize("name", ["Conv{}D", "Conv{}DTranspose"])
def test_the_kernel_gradient_of_windows_of_one_pixel_is_a_product(rng, name, places, channels, filters):
    """Computed as x by dy or as dy by x, whichever leaves fewer lanes empty."""
    layer = getattr(layers, name.format(len(places)))(filters, 1)
    x, r = rng.standard_normal((37, *places, channels)), rng.standard_normal((37, *places, filters))
    found = layer_gradients(layer, x, r)[2][0]
    expected = x.reshape(-1, channels).T @ r.reshape(-1, filters)
    expected = expected.T if name.endswith("Transpose") else expected
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["Conv1D", "Conv3D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose"])
def test_training_goes_down_and_is_the_same_for_any_number_of_threads(rng, name):
    rank = int(re.search(r"\d", name)[0])
    x = rng.standard_normal((24, *(8,) * rank, 3)).astype("float32")
    filters = {} if name.startswith("Depthwise") else {"filters": 4}
    weights, threads = [], config.get_num_threads()
    try:
        for count in (1, 2):
            config.set_num_threads(count)
            cycnn.utils.set_random_seed(3)
            model = cycnn.Sequential(
                [
                    layers.Input(x.shape[1:]),
                    getattr(layers, name)(kernel_size=3, padding="same", activation="relu", **filters),
                    layers.Flatten(),
                    layers.Dense(1),
                ]
            )
            model.compile("adam", "mse")
            history = model.fit(x, x.reshape(24, -1)[:, :5].sum(axis=1), batch_size=8, epochs=4, verbose=0)
            assert history.history["loss"][-1] < history.history["loss"][0]
            weights.append(model.get_weights())
    finally:
        config.set_num_threads(threads)
    for one, two in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_activation_is_part_of_the_convolution():
    for layer in (layers.DepthwiseConv2D(3, activation="relu"), layers.SeparableConv2D(4, 3, activation="relu")):
        model = cycnn.Sequential([layers.Input((8, 8, 3)), layer])
        assert "elementwise" not in model.plan_summary(training=False)
