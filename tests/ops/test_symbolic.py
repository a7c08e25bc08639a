"""Functions of symbolic tensors: layers and models written with them, and what is refused there."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, ops, testing
from cycnn.core.variable import Variable
from cycnn.engine.graph import SymbolicTensor
from tests.recorded.answers import load

RECORDED = load("ops")["models"]


def array(case):
    return np.reshape(case["values"], case["shape"]).astype(np.float32)


def assert_close(found, expected):
    np.testing.assert_allclose(found, array(expected), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", RECORDED)
def test_models_train_as_with_keras(name):
    case = RECORDED[name]
    names = {"keras": cycnn, "ops": ops, "np": np}
    exec(case["program"], names)
    model = names["model"]
    model.set_weights([array(w) for w in case["weights"]])
    model.compile(cycnn.optimizers.SGD(0.125), "mse")
    x, y = array(case["x"]), array(case["y"])
    assert_close(model.predict(x, verbose=0), case["before"])
    losses = [float(model.train_on_batch(x, y)) for _ in range(3)]
    np.testing.assert_allclose(losses, case["losses"], rtol=2e-4)
    for found, expected in zip(model.get_weights(), case["trained"], strict=True):
        assert_close(found, expected)
    assert_close(model.predict(x, verbose=0), case["after"])


class Gated(layers.Layer):
    """Kernels, NumPy, a variable behind a function, and both arms of a condition."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], 4), name="w")
        self.rate = self.add_weight((1,), initializer="ones", name="rate")

    def call(self, x):
        y = ops.matmul(x, self.w) * ops.softplus(self.rate) + self.rate**2
        y = ops.tanh(y) + ops.where(y > 0, y, ops.sin(y))
        first, second = ops.split(y, 2, axis=-1)
        return ops.concatenate([first * second, ops.square(first - second) / 2, ops.softmax(y)], axis=-1)


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3)])
def test_a_layer_written_with_functions_is_a_layer(shape):
    testing.check_layer(Gated, np.random.default_rng(0).normal(size=shape))


def test_functions_of_variables_are_not_constants():
    layer = Gated()
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    before = layer(x)
    layer.rate.assign([3.0])
    after = layer(x)
    assert not np.allclose(before, after)
    again = Gated()
    again(x)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(x), after)


def test_functions_of_variables_outside_of_layers_are_arrays():
    v = Variable([1.0, 4.0], name="v")
    assert isinstance(ops.sqrt(v), np.ndarray)
    assert isinstance(v * 2, np.ndarray)


def test_kernels_are_used_where_there_are_some():
    x = layers.Input((4, 6))
    w, b, kernel = (Variable(np.ones(shape, np.float32), name="v") for shape in ((6, 6), (6,), (3, 6, 6)))
    operations = {
        "Elementwise": [ops.relu(x), ops.tanh(x), ops.exp(x)],
        "Affine": [x * 2, 3 - x, x / 4, -x, x + 1.5, ops.sum(x, axis=1)],
        "Combine": [x + x, x - ops.relu(x), x * x, ops.maximum(x, ops.relu(x)), ops.square(x)],
        "Mean": [ops.mean(x, axis=1), ops.mean(x, (2, 1))],
        "Join": [ops.concatenate([x, x], axis=1), ops.hstack([x, ops.relu(x)])],
        "Part": [x[:, 1:3], x[..., :2], ops.split(x, 2, -1)[1]],
        "Product": [ops.matmul(x, w), x @ w + b, ops.dot(x, w)],
        "Convolution": [ops.conv(x, kernel), b + ops.conv(x, kernel, padding="same")],
        "Softmax": [ops.softmax(x)],
        "Transpose": [ops.transpose(x, (0, 2, 1)), ops.swapaxes(x, 1, 2), ops.softmax(x, axis=1)],
        "Reshape": [ops.reshape(x, (-1, 24)), ops.reshape(x, (None, 3, -1)), x[:, 1]],
        "Traced": [ops.sin(x), x * np.ones(6), ops.sum(x, axis=2), x[:, ::2], x > 0, ops.relu(x) + b],
    }
    for name, tensors in operations.items():
        assert [type(t.node.operation).__name__ for t in tensors] == [name] * len(tensors)
    assert ops.cast(x, "float32") is x


def test_shapes_and_types():
    x = layers.Input((4, 6))
    assert ops.shape(x) == (None, 4, 6)
    assert ops.ndim(x) == 3
    assert ops.size(x) is None
    assert ops.sum(x, axis=-1).shape == (None, 4)
    assert ops.argmax(x, axis=1).dtype == "int32"
    assert (x > 0).dtype == "bool"
    assert [part.shape for part in ops.split(x, 3, axis=2)] == [(None, 4, 2)] * 3
    assert ops.einsum("nhw,wk->nhk", x, np.ones((6, 2))).dtype == "float32"
    assert x == x
    assert (x == ops.relu(x)) is False
    assert isinstance(x == 0, SymbolicTensor)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: ops.mean(x), r"`mean` must keep the first axis.*\(\) for 3 samples"),
        (lambda x: ops.sum(x, axis=0), "`sum` must keep the first axis"),
        (lambda x: x[0], "`get_item` must keep the first axis"),
        (lambda x: x[1:], "`get_item` must keep the first axis"),
        (lambda x: ops.reshape(x, (3, -1)), "`reshape` must"),
        (lambda x: ops.concatenate([x, x], axis=0), "`concatenate` must"),
        (lambda x: ops.cumsum(x, axis=0), "`cumsum` must compute each sample from itself alone"),
        (lambda x: ops.flip(x, axis=0), "`flip` must compute each sample from itself alone"),
        (lambda x: ops.sort(x, axis=0), "`sort` must compute each sample from itself alone"),
        (lambda x: ops.roll(x, 1, axis=0), "`roll` must compute each sample from itself alone"),
        (lambda x: ops.cumsum(ops.flip(x, 0), 0), "from itself alone"),
        (lambda x: x + np.ones((4, 5)), r"`add` must work on batches of any length.*shapes \(None, 5\)"),
        (lambda x: ops.softmax(x, axis=0), "softmax over the sample axis is not possible"),
        (lambda x: ops.sum(x, axis=7), "`sum` must work on batches of any length"),
    ],
)
def test_what_does_not_work_sample_by_sample_is_refused(function, message):
    x = layers.Input((5,))
    with pytest.raises(ValueError, match=message):
        cycnn.Model(x, function(x))


def test_values_of_symbolic_tensors_are_refused():
    x = layers.Input((5,))
    with pytest.raises(TypeError, match="`norm` cannot be differentiated, nor put into a model"):
        np.linalg.norm(x)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(x > 0)


def test_lengths_that_are_not_known():
    x = layers.Input((None, None, 3))
    assert ops.sin(x).shape == (None, None, None, 3)
    assert ops.mean(x, axis=(1, 2)).shape == (None, 3)
    assert ops.concatenate([x, x[..., :1]], axis=-1).shape == (None, None, None, 4)
    assert ops.relu(x).shape == (None, None, None, 3)


def test_integer_results_go_through_a_model():
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    inputs = layers.Input((3,))
    hot = ops.one_hot(ops.argmax(inputs, axis=-1), 3)
    np.testing.assert_array_equal(models.Model(inputs, hot).predict(x, verbose=0), [[1, 0, 0], [0, 1, 0]])
    labels = models.Model(inputs, ops.argmax(inputs, axis=-1)).predict(x, verbose=0)
    np.testing.assert_array_equal(labels, [0, 1])


def test_batches_of_all_lengths():
    inputs = layers.Input((3,))
    model = models.Model(inputs, ops.sin(inputs) * ops.sum(inputs, axis=1, keepdims=True))
    x = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    for batch in (1, 2, 3, 7, 64):
        np.testing.assert_allclose(
            model.predict(x, batch_size=batch, verbose=0), np.sin(x) * x.sum(1, keepdims=True), rtol=1e-5, atol=1e-6
        )
