"""Models as graphs of layers: what test_models_beside_keras.py does not see."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import Input, Model, Sequential, layers, models, ops, utils

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


def small(**kwargs):
    x = Input((4,), name="x")
    y = layers.Dense(3, activation="tanh", name="hidden")(x)
    return Model(x, layers.Dense(2, name="head")(y), **kwargs)


def test_models_are_models_and_layers():
    model = small(name="mine")
    assert type(model) is models.Functional
    assert isinstance(model, Model)
    assert isinstance(Sequential(), Model)
    assert isinstance(model, layers.Layer)
    assert cycnn.Model is Model


def test_a_model_within_a_layer_within_a_model():
    class Wrapped(layers.Layer):
        def __init__(self):
            super().__init__()
            self.net = Sequential([layers.Dense(3, name="a"), layers.Dense(2, name="b")], name="net")

        def call(self, inputs):
            return self.net(inputs)

    x = Input((4,))
    layer = Wrapped()
    model = Model(x, layer(x))
    assert [w.path for w in model.weights] == [f"wrapped/net/{n}/{v}" for n in "ab" for v in ("kernel", "bias")]
    a, b = layer.net.layers
    expected = (X @ a.kernel.numpy() + a.bias.numpy()) @ b.kernel.numpy() + b.bias.numpy()
    assert np.allclose(model.predict(X, verbose=0), expected, atol=1e-6)
    assert len(a._calls) == 1


def test_a_model_called_on_another_shape_of_several_inputs():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    model = Model([a, b], layers.Subtract()([a, b]))
    given = {"a": X, "b": 2 * X}
    for inputs in ([X, 2 * X], (X, 2 * X), given):
        assert np.array_equal(model(inputs), -X)
    assert model([Input((4,)), Input((4,))]).shape == (None, 4)
    assert model({"a": Input((4,)), "b": Input((4,))}).shape == (None, 4)
    with pytest.raises(ValueError, match="2 inputs"):
        model([Input((4,))])
    with pytest.raises(ValueError, match=r"Input 1 with name 'b'.*\(None, 3\)"):
        model([Input((4,)), Input((3,))])


def test_features_from_the_middle_share_their_weights():
    model = small()
    features = Model(model.inputs, [layer.output for layer in model.layers[1:]])
    hidden, head = features.predict(X, verbose=0)
    assert np.array_equal(head, model.predict(X, verbose=0))
    end = Model(model.get_layer("hidden").output, model.output)
    assert np.array_equal(end.predict(hidden, verbose=0), head)
    assert {id(w) for w in end.weights} < {id(w) for w in model.weights}


def test_keys_of_inputs_must_be_their_names():
    x = Input((4,), name="x")
    with pytest.warns(UserWarning, match="'y'"):
        Model({"y": x}, layers.Dense(2)(x))


def test_functions_stand_among_the_layers_of_a_graph():
    x = Input((4,))
    model = Model(x, layers.Dense(2)(ops.square(x) + x))
    assert np.allclose((X * X + X) @ model.layers[-1].kernel.numpy(), model.predict(X, verbose=0), atol=1e-5)
    assert [layer.name for layer in model.layers] == [x.name, model.layers[-1].name]
    again = models.clone_model(model)
    again.set_weights(model.get_weights())
    assert np.array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    lines = []
    model.summary(print_fn=lines.append)
    assert "(Square)" in lines[0]
    config = models.model_from_json(model.to_json()).get_config()
    assert [layer["class_name"] for layer in config["layers"]] == ["InputLayer", "Square", "Add", "Dense"]


def test_cloning():
    model = small()
    model.compile("adam", "mse", metrics=["mae"])
    clone = models.clone_model(model)
    assert clone.compiled
    assert clone.metrics_names[0] == "loss"
    assert not any(np.array_equal(a, b) for a, b in zip(clone.get_weights()[::2], model.get_weights()[::2]))

    def wider(layer):
        config = layer.get_config()
        return type(layer).from_config({**config, "units": config["units"] + 1})

    assert [w.shape for w in models.clone_model(model, clone_function=wider).weights] == [(4, 4), (4,), (4, 3), (3,)]

    def then_relu(layer, *args, **kwargs):
        y = layer(*args, **kwargs)
        return layers.ReLU()(y) if isinstance(layer, layers.Dense) else y

    same = models.clone_model(model, clone_function=lambda layer: layer, call_function=then_relu)
    assert [type(layer).__name__ for layer in same.layers] == ["InputLayer", "Dense", "ReLU", "Dense", "ReLU"]
    assert same.weights[0] is model.weights[0]

    x = Input((4,), name="given")
    assert models.clone_model(model, input_tensors=x).input is x
    with pytest.raises(ValueError, match="input_tensors"):
        models.clone_model(model, input_tensors=[x, x])
    with pytest.raises(ValueError, match="clone_function"):
        models.clone_model(model, clone_function=3)
    with pytest.raises(ValueError, match="model"):
        models.clone_model(layers.Dense(2))


def test_cloning_models_within_models():
    inner = small(name="inner")
    x = Input((4,))
    model = Model(x, layers.Add()([inner(x), inner(x)]))
    seen = []

    def look(layer):
        seen.append(type(layer).__name__)
        return type(layer).from_config(layer.get_config())

    clone = models.clone_model(model, clone_function=look, recursive=True)
    assert seen == ["Dense", "Dense", "Add"]
    clone.set_weights(model.get_weights())
    assert np.array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_sequential_model_of_keras_2():
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 4]}}
    for config in ([dense], {"name": "old", "layers": [dense]}):
        model = Sequential.from_config(config)
        assert model.output_shape == (None, 2)
    text = json.dumps({"class_name": "Sequential", "config": {"name": "old", "layers": [dense]}})
    assert models.model_from_json(text).name == "old"


def test_texts_that_are_no_models():
    for text in ("{", "3", '{"a": 1}', None):
        with pytest.raises(ValueError, match="json_string"):
            models.model_from_json(text)
    config = small().get_config()
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["head", 0, 0]}}
    first, second, third = config["layers"]
    circle = [first, {**second, "inbound_nodes": [{"args": [tensor], "kwargs": {}}]}, third]
    with pytest.raises(ValueError, match="never computed"):
        Model.from_config({**config, "layers": circle})
    with pytest.raises(ValueError, match="'nobody'"):
        Model.from_config({**config, "output_layers": ["nobody", 0, 0]})


def test_custom_layers_in_texts():
    @utils.register_keras_serializable("tests")
    class Shifted(layers.Layer):
        def __init__(self, by=1.0, **kwargs):
            super().__init__(**kwargs)
            self.by = by

        def call(self, inputs):
            return inputs + self.by

    model = Sequential([Input((4,)), Shifted(3.0)])
    again = models.model_from_json(model.to_json(indent=1))
    assert np.array_equal(again.predict(X, verbose=0), X + np.float32(3))


def test_flags():
    model = small()
    model.trainable = False
    assert not model.trainable_weights
    assert not any(layer.trainable for layer in model.layers)
    model.trainable = True
    model.get_layer("hidden").trainable = False
    assert [w.path for w in model.trainable_weights] == ["head/kernel", "head/bias"]
    outer = Sequential([Input((4,)), model])
    assert outer.trainable_weights == model.trainable_weights
    assert [w.path for w in outer.non_trainable_weights] == ["hidden/kernel", "hidden/bias"]
    assert small(trainable=False).trainable_weights == []


def test_a_sequential_model_grows_and_shrinks_around_models():
    model = Sequential([small(name="first")])
    assert model.built
    assert model.input_shape == (None, 4)
    model.add(layers.Dense(7))
    assert model.output_shape == (None, 7)
    assert model.predict(X, verbose=0).shape == (5, 7)
    model.pop()
    assert model.predict(X, verbose=0).shape == (5, 2)


def test_a_shape_that_does_not_fit_leaves_a_model_as_it_was():
    model = Sequential([layers.Flatten(), layers.Dense(2), layers.Reshape((3,))])
    with pytest.raises(ValueError, match="target_shape"):
        model(X)
    assert not model.built
    assert not model.layers[1].built
    assert not model.layers[0]._calls
    model.pop()
    assert model(X).shape == (5, 2)


def test_graphs_deeper_than_python_s_stack():
    x = y = Input((3,))
    for _ in range(1500):
        y = layers.Identity()(y)
    model = Model(x, layers.Add()([x, y]))
    assert len(model.layers) == 1502
    assert np.array_equal(model.predict(X[:, :3], verbose=0), 2 * X[:, :3])


def test_lengths_of_shared_lists_are_those_of_the_call():
    x = Input((2,))
    parts = [x, x]
    y = layers.Concatenate()(parts)
    parts.append(y)
    assert Model.from_config(Model(x, y).get_config()).output_shape == (None, 4)
