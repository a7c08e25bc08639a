"""Who augments where nobody passes `training`: as in Keras 3.15, whose answers stand in the tables."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models

PHOTOS = np.random.default_rng(0).random((16, 8, 8, 3), np.float32)


class Plain(models.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x)


class Handing(Plain):
    def call(self, x, training=None):
        return self.layer(x, training=training)


class Silent(Plain):
    def call(self, x, training=None):
        return self.layer(x)


class Resting(Plain):
    def call(self, x, training=False):
        return self.layer(x)


class Acting(layers.Layer):
    """A layer of a program's own, which is training by default."""

    def call(self, x, training=True):
        return x + 1 if training else x


def sequential(layer):
    return models.Sequential([layers.Input((8, 8, 3)), layer])


def functional(layer):
    x = layers.Input((8, 8, 3))
    return models.Model(x, layers.Dropout(0.5)(layer(x)))


def nested(layer):
    return sequential(sequential(layer))


# Whether model(x), model(x, training=None), model(x, training=True) and `predict` augment; none does for training=False.
KERAS = {
    sequential: (True, True, True, False),
    functional: (True, True, True, False),
    nested: (True, True, True, False),
    Plain: (True, True, True, False),  # Keras's `predict` tells such a model nothing, so that it augments there
    Handing: (False, False, True, False),
    Silent: (True, True, True, False),
    Resting: (False, False, True, False),
}


def augments(y):
    return not np.array_equal(np.asarray(y), PHOTOS)


@pytest.mark.parametrize("layer", [layers.RandomFlip, lambda: layers.RandomRotation(0.3), Acting])
@pytest.mark.parametrize("make", KERAS, ids=lambda make: make.__name__)
def test_a_model_says_nothing(make, layer):
    model = make(layer())
    found = model(PHOTOS), model(PHOTOS, training=None), model(PHOTOS, training=True), model.predict(PHOTOS, verbose=0)
    assert tuple(map(augments, found)) == KERAS[make]
    assert not augments(model(PHOTOS, training=False))
    with cycnn.GradientTape() as tape:
        tape.watch(PHOTOS)
        y = model(PHOTOS)
    assert augments(y) == KERAS[make][0]
    assert tape.gradient(y, PHOTOS).shape == PHOTOS.shape


@pytest.mark.parametrize("layer", [layers.RandomFlip, Acting])
def test_a_layer_says_nothing(layer):
    found = [layer()(PHOTOS), *(layer()(PHOTOS, training=flag) for flag in (None, True, False))]
    assert list(map(augments, found)) == [True, False, True, False]


def test_what_rests_by_default_rests():
    model = sequential(models.Sequential([layers.Dropout(0.5), layers.RandomFlip(), layers.GaussianNoise(1.0)]))
    y = model(PHOTOS)
    assert augments(y)
    np.testing.assert_array_equal(np.sort(y, axis=None), np.sort(PHOTOS, axis=None))  # pixels have moved, no more
