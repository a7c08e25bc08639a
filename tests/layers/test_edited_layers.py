"""An argument of a layer that gets another value after models were made with it: the next run sees it."""

import numpy as np
import pytest

from cycnn import activations, layers, models

ONES = np.ones((2, 4), np.float32)


def dense(units, activation=None):
    return layers.Dense(units, activation=activation, kernel_initializer="ones")


def test_the_last_activation_is_taken_away():
    """As programs of Grad-CAM do, before they make a model of an inner layer and the output."""
    model = models.Sequential([layers.Input((4,)), dense(3, "tanh"), dense(3, "softmax")])
    np.testing.assert_allclose(model(ONES), 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(model.predict(ONES, verbose=0), 1 / 3, rtol=1e-6)
    model.layers[-1].activation = None
    scores = 3 * np.tanh(4)
    np.testing.assert_allclose(model(ONES), scores, rtol=1e-6)
    np.testing.assert_allclose(model.predict(ONES, verbose=0), scores, rtol=1e-6)
    both = models.Model(model.inputs, [model.layers[0].output, model.output])
    np.testing.assert_allclose(both(ONES)[1], scores, rtol=1e-6)
    model.layers[-1].activation = activations.relu
    np.testing.assert_allclose(model(-ONES), 0)
    np.testing.assert_allclose(both(-ONES)[1], 0)


def test_within_a_model_within_a_model():
    inner = models.Sequential([layers.Input((4,)), dense(2, "relu")])
    x = layers.Input((4,))
    model = models.Model(x, inner(x))
    np.testing.assert_array_equal(model(-ONES), 0)
    inner.layers[-1].activation = None
    np.testing.assert_array_equal(model(-ONES), -4)


@pytest.mark.parametrize("size", [8, None])
def test_for_known_and_unknown_sizes(size):
    x = layers.Input((size, size, 1))
    conv = layers.Conv2D(1, 2, activation="relu", kernel_initializer="ones")
    model = models.Model(x, layers.GlobalMaxPooling2D()(conv(x)))
    images = -np.ones((1, 8, 8, 1), np.float32)
    assert model(images) == 0
    conv.activation = None
    assert model(images) == -4


def test_training_sees_it():
    model = models.Sequential([layers.Input((4,)), layers.Dropout(0.5), dense(1)])
    model.compile("sgd", "mse")
    model.layers[0].rate = 0.0
    np.testing.assert_array_equal(model(ONES, training=True), 4)
    assert model.train_on_batch(ONES, np.full((2, 1), 4.0)) == 0


def test_a_name_or_freezing_is_no_edit():
    model = models.Sequential([layers.Input((4,)), dense(2)])
    model(ONES)
    function = model._the_function()
    model.layers[-1].trainable = False
    assert model._the_function() is function
