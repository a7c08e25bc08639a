"""Graphs that cannot be: what the errors say."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import Input, Model, Sequential, layers, ops


def refused(make, *words, kind=ValueError):
    with pytest.raises(kind) as caught:
        make()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.Add()([Input((3,)), Input((4,))]), ("(Add)", "incompatible shapes", "[(3,), (4,)]")),
        (lambda: layers.Add()([Input((3, 4)), Input((3, 2, 4))]), ("(Add)", "[(3, 4), (3, 2, 4)]")),
        (lambda: layers.Maximum()([np.ones((2, 3)), np.ones((2, 4))]), ("(Maximum)", "[(3,), (4,)]")),
        (lambda: layers.Multiply()(Input((3,))), ("(Multiply)", "list of inputs")),
        (lambda: layers.Subtract()([Input((3,))] * 3), ("(Subtract)", "exactly 2 inputs")),
        (lambda: layers.Concatenate(1)([Input((3, 4)), Input((2, 5))]), ("axis 1", "[(3, 4), (2, 5)]")),
        (lambda: layers.Concatenate(3)([Input((3, 4)), Input((2, 4))]), ("`axis`", "axis=3")),
        (lambda: layers.Concatenate()([Input((3, 4)), Input((3,))]), ("(Concatenate)", "[(3, 4), (3,)]")),
        (lambda: layers.Dot(1)([Input((3, 4)), Input((2, 4))]), ("(Dot)", "[(None, 3, 4), (None, 2, 4)]")),
        (lambda: Input((3,)) + Input((4,)), ("`add`", "(None, 3), (None, 4)")),
        (lambda: ops.concatenate([Input((3, 4)), Input((2, 5))], 1), ("`concatenate`", "(None, 3, 4), (None, 2, 5)")),
        (lambda: layers.Conv2D(2, 3)(Input((8, 8))), ("(Conv2D)", "4 axes", "(None, 8, 8)")),
    ],
)
def test_shapes_and_ranks_that_do_not_fit(make, words):
    refused(make, *words)


@pytest.mark.parametrize(
    "given", [lambda x: np.ones((2, 3)), lambda x: 1.0, lambda x: None, lambda x: "x", lambda x: []]
)
@pytest.mark.parametrize("on", [lambda: Input((3,)), lambda: np.ones((2, 3))], ids=["symbolic", "array"])
def test_a_call_that_returns_a_constant(given, on):
    class Fixed(layers.Layer):
        def call(self, x):
            return given(x)

    refused(lambda: Fixed(name="fixed")(on()), "Layer 'fixed'", "symbolic tensor", kind=TypeError)


def test_a_call_that_returns_a_weight():
    class Alone(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(3,))

        def call(self, x):
            return self.w * 2

    refused(lambda: Alone(name="alone")(Input((3,))), "Layer 'alone'", "symbolic tensor", kind=TypeError)


def test_graphs_that_are_disconnected():
    x, z = Input((3,), name="x"), Input((3,), name="z")
    y = layers.Dense(2)(x)
    for outputs in (y, [layers.Dense(2)(z), y], x + z):
        refused(lambda outputs=outputs: Model(z, outputs), "name=x", "among the inputs ['z']", "disconnected")
    config = json.loads(json.dumps(Model(x, y).get_config()))
    config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "nobody"
    refused(lambda: Model.from_config(config), "must be fed by its layers", "'nobody'")


def test_graphs_with_circles():
    x = Input((3,), name="x")
    config = Model(x, layers.Dense(3, name="b")(layers.Dense(3, name="a")(x))).get_config()
    config = json.loads(json.dumps(config))
    config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "b"
    refused(lambda: Model.from_config(config), "without circles", "'a', 'b'")


def test_layers_within_themselves():
    class Endless(layers.Layer):
        def call(self, x):
            return self(x)

    for on in (Input((3,)), np.ones((2, 3))):
        refused(lambda on=on: Endless(name="endless")(on), "layer 'endless' (Endless)", "does it call itself?")
    model = Sequential(name="outer")
    refused(lambda: model.add(model), "cannot be a layer of itself", "'outer'")
    inner = Sequential([model])
    refused(lambda: model.add(inner), "cannot be a layer of itself", "'outer'")


@pytest.mark.parametrize("ending", [".weights.h5", ".keras", ".h5"])
def test_weights_of_another_architecture(ending, tmp_path):
    path = tmp_path / f"model{ending}"
    model = Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)])
    model.save_weights(path) if ending == ".weights.h5" else model.save(path)
    wider = Sequential([Input((3,)), layers.Dense(4), layers.Dense(3, name="head")])
    missing = ("3 layers with weights", "with 2") if ending == ".h5" else ("'norm'", "4 weights, the file 0")
    longer = Sequential([Input((3,)), layers.Dense(4), layers.BatchNormalization(name="norm"), layers.Dense(2)])
    for other, words in ((wider, ("'head'", "(4, 3)", "(4, 2)")), (longer, missing)):
        before = other.get_weights()
        refused(lambda other=other: other.load_weights(path), "Received:", *words)
        assert all(map(np.array_equal, before, other.get_weights()))
    refused(lambda: wider.set_weights(model.get_weights()), "'sequential", "(4, 3)", "(4, 2)")
    refused(lambda: longer.set_weights(model.get_weights()), "8 arrays", "a list of 4")


def test_names_that_two_layers_have():
    x = cycnn.Input((3,))
    refused(lambda: Model(x, layers.Dense(2, name="a")(layers.Dense(2, name="a")(x))), "different names", "'a'")
