"""What `Layer` does for layers that users write: weights, sublayers, flags, calls, configs."""

import warnings

import numpy as np
import pytest

from cycnn import Input, Model, Sequential, layers, ops, regularizers, utils
from cycnn.core.variable import Variable

X = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


class Linear(layers.Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.total = self.add_weight(shape=(), trainable=False, initializer="zeros", name="total")
        self.w = self.add_weight(shape=(input_shape[-1], self.units), name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


class Block(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Linear(3, name="first")
        self.rest = {"list": [layers.Dense(2, name="a")], "tuple": (layers.Dense(2, name="b"),)}
        self.scale = Variable(np.float32(2.0), name="scale")

    def call(self, inputs):
        x = self.first(inputs)
        return self.scale * (self.rest["list"][0](x) + self.rest["tuple"][0](x))


# Weights -------------------------------------------------------------------------------------------------------------


def test_weights_that_are_trained_come_first():
    layer = Linear(name="linear")
    layer(X)
    assert [w.path for w in layer.weights] == ["linear/w", "linear/b", "linear/total"]
    assert [w.name for w in layer.trainable_weights] == ["w", "b"]
    assert [w.name for w in layer.non_trainable_weights] == ["total"]


def test_attributes_that_are_layers_or_variables_belong_to_the_layer():
    block = Block(name="block")
    block(X)
    assert [w.path for w in block.weights] == [
        "scale",
        *(f"block/first/{name}" for name in ("w", "b", "total")),
        *(f"block/{layer}/{name}" for layer in "ab" for name in ("kernel", "bias")),
    ]
    assert len({id(w) for w in block.weights}) == len(block.weights)


def test_a_shared_sublayer_counts_once():
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__()
            self.one = self.other = layers.Dense(3)

        def call(self, inputs):
            return self.other(self.one(inputs))

    layer = Twice()
    layer(X)
    assert len(layer.weights) == 2


def test_the_flag_reaches_all_sublayers_and_back():
    block = Block()
    block(X)
    block.trainable = False
    assert not block.trainable_weights
    assert not block.first.trainable
    assert not any(w.trainable for w in block.first.weights)
    block.trainable = True
    assert [w.name for w in block.trainable_weights] == ["scale", "w", "b", "kernel", "bias", "kernel", "bias"]


def test_add_weight_by_position_and_by_type():
    layer = layers.Layer()
    assert layer.add_weight((2, 3), "ones").numpy().tolist() == [[1.0] * 3] * 2
    counter = layer.add_weight(shape=(2,), dtype="int32", trainable=False, name="counter")
    assert (counter.dtype, counter.numpy().tolist()) == ("int32", [0, 0])
    assert layer.add_weight().shape == ()
    with pytest.raises(ValueError, match="keyword argument"):
        layer.add_weight("kernel", (3, 3))
    with pytest.raises(ValueError, match=r"float32.*Received: dtype='float64'"):
        layer.add_weight(shape=(2,), dtype="float64", trainable=False)
    with pytest.raises(ValueError, match="must be known"):
        layer.add_weight(shape=(None, 3))


def test_losses_are_the_penalties_of_trained_weights():
    layer = layers.Dense(2, kernel_regularizer=regularizers.L2(0.5))
    layer(X)
    assert np.allclose(layer.losses, [0.5 * (layer.kernel.numpy() ** 2).sum()])
    layer.trainable = False
    assert layer.losses == []


# Calls ---------------------------------------------------------------------------------------------------------------


def test_input_and_output_are_those_of_the_first_call():
    layer, x = layers.Dense(2, name="d"), Input((3,))
    with pytest.raises(AttributeError, match="'d' has no output yet"):
        _ = layer.output
    y = layer(x)
    z = layer(Input((3,)))
    assert layer.input is x
    assert layer.output is y
    assert z is not y
    assert (layer.input_shape, layer.output_shape) == ((None, 3), (None, 2))


def test_a_layer_may_have_an_input_shape_of_its_own():
    class Own(layers.Layer):
        def __init__(self, input_shape):
            super().__init__()
            self.input_shape = input_shape

        def call(self, inputs):
            return inputs

    layer = Own((7,))
    layer(X)
    assert layer.input_shape == (7,)


def test_several_inputs_and_outputs():
    class Both(layers.Layer):
        def build(self, input_shape):
            assert input_shape == {"a": (None, 3), "b": (None, 2)}
            super().build(input_shape)

        def call(self, inputs, scale=1.0):
            return {"first": inputs["a"] * scale, "rest": [inputs["b"], inputs["b"]]}

    layer = Both()
    found = layer({"b": X[:, :2], "a": X}, scale=2.0)
    assert np.array_equal(found["first"], 2 * X)
    assert [np.array_equal(part, X[:, :2]) for part in found["rest"]] == [True, True]
    assert np.array_equal(layer({"b": X[:, :2], "a": X})["first"], X)
    symbolic = layer({"a": Input((3,)), "b": Input((2,))})
    assert symbolic["first"].shape == (None, 3)
    assert symbolic["rest"][0] is not symbolic["rest"][1]
    assert layer.compute_output_shape({"a": (None, 3), "b": (None, 2)}) == {
        "first": (None, 3),
        "rest": [(None, 2), (None, 2)],
    }


def test_build_with_a_shape_for_each_argument():
    class Pair(layers.Layer):
        def build(self, query_shape, value_shape):
            self.w = self.add_weight(shape=(query_shape[-1], value_shape[-1]), initializer="ones")

        def call(self, query, value):
            return ops.matmul(query, self.w) * value

    layer = Pair()
    assert np.allclose(layer(X, value=X[:, :2]), X.sum(1, keepdims=True) * X[:, :2], atol=1e-6)
    assert layer.get_build_config() == {"shapes_dict": {"query_shape": (None, 3), "value_shape": (None, 2)}}
    again = Pair()
    again.build_from_config(layer.get_build_config())
    assert again.w.shape == (3, 2)


def test_calls_that_cannot_be():
    class Nothing(layers.Layer):
        def call(self, inputs):
            inputs + 1

    class Constant(layers.Layer):
        def call(self, inputs):
            return 3.0

    for kind, word in ((Nothing, "return"), (Constant, "3.0")):
        with pytest.raises(TypeError, match=word):
            kind()(X)
        with pytest.raises(TypeError, match=word):
            kind()(Input((3,)))
    with pytest.raises(TypeError, match="no arguments"):
        layers.Dense(2)()
    with pytest.raises(ValueError, match="same number of samples"):
        layers.Add()([X, X[:2]])


def test_the_training_flag_of_a_call_holds_for_all_within_and_beats_the_model_s():
    x = Input((3,))
    inner = Sequential([layers.Dropout(0.5)])
    always, never, asked = (Model(x, inner(x, training=flag)) for flag in (True, False, None))
    ones = np.ones((8, 3), np.float32)
    assert 0 in always.predict(ones, verbose=0)
    assert np.array_equal(never(ones, training=True), ones)
    assert 0 in asked(ones, training=True)
    assert np.array_equal(asked(ones), ones)


def test_statistics_rest_where_a_base_is_called_in_inference():
    """As Keras's guide to fine-tuning has it, whether the base is frozen or not."""
    x, norm = Input((3,)), layers.BatchNormalization()
    model = Model(x, norm(x, training=False))
    model.compile("sgd", "mse")
    model.train_on_batch(X + 5, X)
    assert not norm.moving_mean.numpy().any()
    assert norm.beta.numpy().any()


def test_a_flag_in_call_records_both_ways():
    class Doubled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.norm = layers.BatchNormalization()

        def call(self, inputs, training=False):
            return 2 * self.norm(inputs) if training else self.norm(inputs)

    layer = Doubled()
    x = Input((3,))
    model = Model(x, layers.ReLU()(layer(x)))
    assert np.allclose(model.predict(X, verbose=0), np.maximum(X / np.sqrt(1.001), 0), atol=1e-6)
    assert not layer.norm.moving_mean.numpy().any()
    trained = model(X, training=True)
    expected = 2 * (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3)
    assert np.allclose(trained, np.maximum(expected, 0), atol=1e-5)
    assert np.allclose(layer.norm.moving_mean, 0.01 * X.mean(0), atol=1e-6)  # once, not twice


def test_a_layer_with_one_shape_in_training_and_another_in_inference():
    class Shorter(layers.Layer):
        def call(self, inputs, training=None):
            return inputs[:, :1] if training else inputs

    with pytest.raises(ValueError, match="one shape"):
        Shorter()(X)


# Configs -------------------------------------------------------------------------------------------------------------


def test_a_layer_without_get_config_gets_the_arguments_of_its_constructor():
    layer = Linear(5, name="mine", trainable=False)
    config = layer.get_config()
    assert {key: config[key] for key in ("name", "units", "trainable")} == {
        "name": "mine",
        "units": 5,
        "trainable": False,
    }
    again = Linear.from_config(config)
    assert (again.units, again.name, again.trainable) == (5, "mine", False)


def test_a_constructor_without_further_arguments():
    class Bare(layers.Layer):
        def __init__(self, units=3):
            super().__init__()
            self.units = units

    config = Bare(4).get_config()
    assert "name" not in config
    assert Bare.from_config(config).units == 4


def test_an_argument_that_is_no_plain_data_needs_get_config():
    class Odd(layers.Layer):
        def __init__(self, function):
            super().__init__()

    with pytest.raises(NotImplementedError, match="get_config"):
        Odd(np.tanh).get_config()


def test_lambda_in_a_file():
    @utils.register_keras_serializable("tests")
    def doubled(x, training=None):
        return x * 2 if training else x

    layer = layers.Lambda(doubled)
    assert np.array_equal(layer(X, training=True), 2 * X)
    assert np.array_equal(layer(X), X)
    again = layers.Lambda.from_config(layer.get_config())
    assert again.function is doubled
    with pytest.raises(ValueError, match="lambda"):
        layers.Lambda(lambda x: x).get_config()
    with pytest.raises(ValueError, match="lambda"):
        layers.Lambda.from_config({"function": {"class_name": "__lambda__", "config": {"code": "x"}}})
    with pytest.raises(ValueError, match="function"):
        layers.Lambda(3)


def test_shapes_that_a_lambda_is_told():
    told = layers.Lambda(lambda x: x[:, :1], output_shape=(1,))
    asked = layers.Lambda(lambda x: x[:, :1], output_shape=lambda shape: (shape[0], 1))
    found = layers.Lambda(lambda x: x[:, :1])
    assert [layer.compute_output_shape((None, 3)) for layer in (told, asked, found)] == [(None, 1)] * 3


def test_names_are_strings_without_slashes():
    for name in ("a/b", 5):
        with pytest.raises(ValueError, match="name"):
            layers.Dense(2, name=name)


def test_gradients_of_shared_layers_add_up():
    x = Input((3,))
    shared = layers.Dense(3, use_bias=False)
    twice, once = Model(x, shared(shared(x))), layers.Dense(3, use_bias=False)
    model = Model(x, once(x))
    kernel = np.random.default_rng(1).standard_normal((3, 3)).astype(np.float32)
    twice.set_weights([kernel])
    model.set_weights([kernel @ kernel])
    for net in (twice, model):
        net.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a, b = (net.train_on_batch(X, X) for net in (twice, model))
    assert np.isclose(a, b, rtol=1e-6)
    y = X @ kernel @ kernel
    dy = 2 * (y - X) / X.size
    gradient = X.T @ (dy @ kernel.T) + (X @ kernel).T @ dy
    assert np.allclose(shared.kernel.numpy(), kernel - 0.01 * gradient, atol=1e-6)
