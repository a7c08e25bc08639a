"""The numbers that the five articles work out, found by the layers."""

import math

import numpy as np
import pytest

from cycnn import activations, layers, models


def output_size(layer, *shape):
    return layer.compute_output_shape((None, *shape))[1:]


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("window", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("size", [7, 8, 32, 224])
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_sizes(size, window, zeros, stride):
    """([W - F + 2 P] / S) + 1, for convolution and pooling."""
    expected = (size - window + 2 * zeros) // stride + 1
    for layer in (layers.Conv2D(3, window, strides=stride), layers.MaxPooling2D(window, strides=stride)):
        padded = output_size(layers.ZeroPadding2D(zeros), size, size + 1, 3)
        assert output_size(layer, *padded)[0] == expected


def test_a_window_of_2x2_over_3x3():
    """(N x N) * (K x K) = (N - K + 1) x (N - K + 1); each place is the sum of the products under the window."""
    image, window = np.arange(9.0).reshape(3, 3), np.array([[1.0, 2.0], [3.0, 4.0]])
    model = models.Sequential([layers.Input((3, 3, 1)), layers.Conv2D(1, 2, use_bias=False)])
    model.set_weights([window.reshape(2, 2, 1, 1)])
    found = model.predict(image.reshape(1, 3, 3, 1), verbose=0)
    assert found.shape == (1, 2, 2, 1)
    by_hand = [[(image[i : i + 2, j : j + 2] * window).sum() for j in range(2)] for i in range(2)]
    np.testing.assert_array_equal(found[0, :, :, 0], by_hand)


@pytest.mark.parametrize(
    ("window", "padding", "strides", "size"),
    [
        (5, "valid", 1, (28, 28, 10)),
        (3, "valid", 1, (30, 30, 10)),
        (3, "same", 1, (32, 32, 10)),
        (5, "same", 1, (32, 32, 10)),
        (3, "valid", 2, (15, 15, 10)),
    ],
)
def test_ten_filters_over_a_picture(window, padding, strides, size):
    assert output_size(layers.Conv2D(10, window, strides=strides, padding=padding), 32, 32, 3) == size


def test_pooling_halves_a_map_and_keeps_its_channels():
    assert output_size(layers.MaxPooling2D(2, strides=2), 4, 4, 10) == (2, 2, 10)


def test_a_window_reaches_through_all_channels():
    layer = layers.Conv2D(10, (5, 5))
    layer.build((None, 300, 300, 3))
    assert layer.kernel.shape == (5, 5, 3, 10)


@pytest.mark.parametrize(
    ("units", "parameters"),
    [(1, 219_801), (2, 438_842)],  # the number in the article's text; that of the program it prints
)
def test_parameters_of_cats_and_dogs(units, parameters):
    model = models.Sequential(
        [
            layers.Input((300, 300, 3)),
            layers.Conv2D(10, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(units),
        ]
    )
    assert model.count_params() == parameters
    assert model.layers[0].count_params() == 10 * (5 * 5 * 3) + 10


def test_max_pooling_by_hand():
    windows = [(1, 2, 13, 10), (4, 7, 12, 3), (3, 4, 11, 15), (8, 9, 21, 25)]
    assert pooled(layers.MaxPooling2D(), windows) == [13, 12, 15, 25] == [max(window) for window in windows]


def test_average_pooling_by_hand():
    windows = [(10, 12, 4, 11), (6, 7, 5, 9), (18, 13, 3, 15), (7, 7, 2, 3)]
    assert pooled(layers.AveragePooling2D(), windows) == [9.25, 6.75, 12.25, 4.75]


def pooled(layer, windows):
    """The values of four windows of 2x2, put together into 4x4."""
    image = np.array(windows, float).reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(1, 4, 4, 1)
    return np.asarray(layer(image)).reshape(-1).tolist()


FORMULAS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: 2 / (1 + math.exp(-2 * x)) - 1,
    "relu": lambda x: max(0, x),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_activations(name):
    """By name, as a function and as a layer; far out too, where sigmoid and tanh saturate."""
    x = np.array([-12.0, -3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 3.0, 12.0], np.float32)
    expected = [FORMULAS[name](float(value)) for value in x]
    model = models.Sequential([layers.Input((9,)), layers.Activation(name)])
    for found in (getattr(activations, name)(x), layers.Activation(name)(x[None]), model.predict(x[None], verbose=0)):
        np.testing.assert_allclose(np.asarray(found).reshape(-1), expected, rtol=2e-6, atol=1e-7)


def test_a_tanh_is_a_scaled_sigmoid():
    x = np.linspace(-4, 4, 33, dtype=np.float32)
    np.testing.assert_allclose(activations.tanh(x), 2 * np.asarray(activations.sigmoid(2 * x)) - 1, atol=3e-7)


def test_average_and_global_pooling_have_nothing_to_learn():
    for layer in (layers.MaxPooling2D(), layers.AveragePooling2D(), layers.GlobalAveragePooling2D(), layers.Flatten()):
        layer.build((None, 4, 4, 3))
        assert layer.count_params() == 0
