"""TensorFlow's words after `import cycnn as tf`, with TensorFlow 2.21's answers (recorded/record_tensorflow.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

import cycnn
import cycnn as tf
from cycnn import layers, ops, tensorflow
from cycnn.core.array import Array

RECORDED = json.loads((Path(__file__).parent / "recorded" / "tensorflow.json").read_text("utf-8"))


def arrays():
    """What the expressions compute with, as in the recorder."""
    random = np.random.RandomState(3)
    return {
        "x": random.normal(size=(2, 3, 4)).astype("float32"),
        "labels": np.array([1, 3, 0, 2, 2]),
        "photos": random.uniform(size=(2, 5, 6, 3)).astype("float32"),
        "filters": random.normal(size=(3, 3, 3, 2)).astype("float32"),
    }


def assert_same(found, expected):
    if isinstance(found, (list, tuple)) and any(hasattr(part, "shape") for part in found):
        assert len(found) == len(expected)
        for part, other in zip(found, expected, strict=True):
            assert_same(part, other)
        return
    shape, numbers = expected
    found = np.asarray(found)
    assert list(found.shape) == shape
    np.testing.assert_allclose(found.astype(float).ravel(), numbers, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("of", ["arrays", "tensors"])
@pytest.mark.parametrize("case", RECORDED)
def test_what_tensorflow_computes(case, of):
    given = arrays()
    if of == "tensors":
        given = {name: ops.Tensor(value) for name, value in given.items()}
    found = eval(f"[{case}]", {"tf": tf, **given})
    for part, expected in zip(found, RECORDED[case], strict=True):
        assert_same(part, expected)


def test_every_word_is_there():
    for name in tensorflow.__all__:
        assert getattr(tf, name) is (getattr(cycnn, name) if name in cycnn.__all__ else getattr(tensorflow, name))
    assert tf.float32 == "float32"
    assert tf.newaxis is None
    with pytest.raises(AttributeError, match="Did you mean 'reduce_mean'"):
        _ = tf.math.reduce_meen
    with pytest.raises(AttributeError, match="Unknown name in `cycnn`"):
        _ = tf.np


def test_functions_are_what_they_are(capsys):
    @tf.function
    def double(x):
        return 2 * x

    @tf.function(jit_compile=True)
    def triple(x):
        return 3 * x

    assert (double(2), triple(2)) == (4, 6)
    tf.print("loss", tf.constant(1.5), [1, 2], sep=" | ")
    assert capsys.readouterr().out == "loss | 1.5 | [1, 2]\n"


def test_tapes_see_what_is_computed_with_them():
    x = tf.constant([[1.0, -2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.math.log(tf.reduce_sum(tf.square(x), axis=1)) * [1.0, 2.0])
    np.testing.assert_allclose(tape.gradient(y, x), [[0.4, -0.8], [0.48, 0.64]], rtol=1e-6)
    start = tf.identity(np.ones((2, 3), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(start)
        loss = tf.nn.l2_loss(2 * start - 1)
    np.testing.assert_array_equal(tape.gradient(loss, start), np.full((2, 3), 2))


def test_words_inside_a_call():
    class Pooled(layers.Layer):
        def call(self, x):
            flat = tf.reshape(x, [tf.shape(x)[0], -1])
            noise = tf.random.normal(shape=(tf.shape(x)[0], 4))
            return tf.concat(
                [tf.reduce_mean(x, axis=[1, 2]), tf.expand_dims(tf.norm(flat, axis=1), 1), 0 * noise], axis=-1
            )

    x = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype("float32")
    model = tf.keras.Sequential([layers.Input((4, 4, 2)), Pooled()])
    expected = np.concatenate(
        [x.mean((1, 2)), np.linalg.norm(x.reshape(3, -1), axis=1)[:, None], np.zeros((3, 4))], axis=1
    )
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


def test_seeds():
    tf.random.set_seed(3)
    first = tf.random.normal([4])
    tf.random.set_seed(3)
    np.testing.assert_array_equal(first, tf.random.normal([4]))


def test_results_are_arrays_with_numpy():
    """`model(x).numpy()`, as programs for TensorFlow and PyTorch have it."""
    x = np.ones((2, 3), np.float32)
    model = tf.keras.Sequential([layers.Input((3,)), layers.Dense(2)])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    for found in (model(x), layers.ReLU()(x), ops.exp(x), tape.gradient(y, x), tf.random.normal((2, 2)), y):
        assert type(found.numpy()) is np.ndarray
        assert found.numpy().shape == found.shape
    assert isinstance(model(x), Array)
    assert repr(ops.exp(0 * x[:1])) == "array([[1., 1., 1.]], dtype=float32)"
    total = ops.sum(x) * 2
    assert isinstance(total.numpy(), np.float32)
    assert total.numpy() == 12
    np.testing.assert_array_equal(model(model(x) @ np.ones((2, 3), np.float32)).shape, (2, 2))
