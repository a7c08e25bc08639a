"""Masks: where they come from, which layers pass them on, and who reads them. Numbers are Keras 3.15's of the same programs."""

import warnings

import numpy as np
import pytest

import cycnn
from cycnn import Input, Model, layers, models, ops

TEXTS = np.array([[1, 2, 0, 0, 3], [4, 0, 0, 0, 0], [6, 5, 4, 3, 2]])
STEPS = np.array([[[0.5, 0.5], [1, 2], [0.5, 1], [0, 0]]] * 2)
STEPS[1] += 1


def text_model():
    x = Input((5,))
    h = layers.Activation("tanh")(layers.Embedding(7, 3, mask_zero=True)(x))
    h = layers.TimeDistributed(layers.Dense(4))(layers.Dropout(0.1)(h))
    model = Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(h)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) for w in model.get_weights()])
    return model


def test_an_average_of_the_words_of_texts():
    expected = [[0.40254295, 1.9713726], [2.191921, -1.527211], [0.5325827, 0.85383904]]
    np.testing.assert_allclose(text_model().predict(TEXTS, verbose=0), expected, rtol=1e-5)


def test_masking_and_merging():
    x = Input((4, 2))
    y = layers.GlobalAveragePooling1D(keepdims=True)(layers.Add()([layers.Masking(0.5)(x), layers.Masking(0.0)(x)]))
    np.testing.assert_allclose(Model(x, y).predict(STEPS, verbose=0), [[[0.875, 1.625]], [[3.0, 3.75]]], rtol=1e-6)
    np.testing.assert_array_equal(layers.Masking(0.5)(STEPS)[0], [[0, 0], [1, 2], [0.5, 1], [0, 0]])


def test_training_beside_the_words_alone():
    """A padded batch trains as texts of their own length do, one by one."""
    model, other = text_model(), text_model()
    for each in (model, other):
        each.layers[3].rate = 0.0
    y = np.array([[1.0, 0], [0, 2], [3, 1]])
    model.compile(cycnn.optimizers.SGD(0.1), "mse")
    model.train_on_batch(TEXTS, y)
    embedding, dense, head = other.layers[1], other.layers[4].layer, other.layers[6]
    with cycnn.GradientTape() as tape:
        parts = []
        for text, target in zip(TEXTS, y.astype("float32")):
            words = ops.take(embedding.embeddings, text[text != 0], axis=0)
            steps = ops.matmul(ops.tanh(words), dense.kernel) + dense.bias
            parts.append(ops.matmul(ops.mean(steps, axis=0), head.kernel) + head.bias - target)
        loss = ops.mean(ops.square(ops.stack(parts)))
    gradients = tape.gradient(loss, other.trainable_variables)
    for variable, gradient, found in zip(other.trainable_variables, gradients, model.get_weights(), strict=True):
        np.testing.assert_allclose(found, variable.numpy() - 0.1 * np.asarray(gradient), rtol=1e-4, atol=1e-6)


def mask_of(tensor):
    return None if tensor.mask is None else tensor.mask.shape


def test_who_passes_masks_on():
    x = layers.Embedding(7, 4, mask_zero=True)(Input((6,)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layer in (
            layers.Activation("relu"), layers.ReLU(), layers.LeakyReLU(), layers.ELU(), layers.PReLU(), layers.Dense(3),
            layers.Dropout(0.5), layers.SpatialDropout1D(0.5), layers.GaussianNoise(1.0), layers.GaussianDropout(0.5),
            layers.AlphaDropout(0.5), layers.LayerNormalization(), layers.UnitNormalization(), layers.Identity(),
            layers.Rescaling(2.0), layers.TimeDistributed(layers.Dense(2)), layers.Lambda(lambda x: x * 2),
            layers.ActivityRegularization(0.1),
        ):  # fmt: skip
            assert mask_of(layer(x)) == (None, 6), layer
        assert mask_of(layers.GlobalAveragePooling1D()(x)) is None
        assert mask_of(layers.add([x, x])) == (None, 6)
        assert mask_of(layers.add([x, Input((6, 4))])) is None
        assert mask_of(layers.Concatenate()([x, Input((6, 4))])) == (None, 6)
        assert mask_of(layers.Concatenate(1)([x, x])) == (None, 12)
        assert mask_of(layers.Dot(1)([x, x])) is None
    for layer in (layers.Conv1D(2, 3), layers.Flatten(), layers.MaxPooling1D(2)):
        with pytest.warns(UserWarning, match=rf"{layer.name!r} \({type(layer).__name__}\) knows no masks"):
            assert mask_of(layer(x)) is None


def test_a_layer_of_one_s_own_reads_masks():
    class Count(layers.Layer):
        def call(self, x, mask=None):
            return ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True)

        def compute_mask(self, x, mask=None):
            return None

    x = Input((5,))
    model = Model(x, Count()(layers.Embedding(7, 4, mask_zero=True)(x)))
    np.testing.assert_array_equal(model.predict(TEXTS, verbose=0)[:, 0], [3, 1, 5])


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_files(ending, tmp_path):
    model = text_model()
    model.save(tmp_path / f"model{ending}")
    again = models.load_model(tmp_path / f"model{ending}")
    np.testing.assert_array_equal(again.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))
    clone = models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone.predict(TEXTS, verbose=0), model.predict(TEXTS, verbose=0))


def test_refusals():
    x = layers.Embedding(7, 4, mask_zero=True)(Input((6,), name="x"))
    for layer in (layers.BatchNormalization(), layers.Softmax()):
        with pytest.raises(ValueError, match="cannot take masks into account"):
            layer(x)
    y = Input((4, 2))
    model = Model(y, layers.Dense(2)(layers.Masking()(y)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="has a mask, and losses take none"):
        model.fit(STEPS, STEPS, verbose=0)
    with pytest.raises(ValueError, match="`mask_value`"):
        layers.Masking("0")
