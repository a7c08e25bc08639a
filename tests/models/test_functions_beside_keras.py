"""Functional models with functions of `cycnn.ops` among their layers, beside Keras (recorded/record_functions.py)."""

import json

import numpy as np
import pytest

import cycnn
from cycnn import layers, models, ops
from cycnn.core.structure import flatten
from cycnn.ops import maths
from tests.recorded.answers import load
from tests.recorded.record_functions import model_of

CASES = load("functions")["cases"]
every_program = pytest.mark.parametrize("program", CASES)


def as_json(config):
    return json.loads(json.dumps(config))


def without_quantization(layers):
    for layer in layers:
        layer["config"].pop("quantization_config", None)
    return layers


def build(program):
    cycnn.utils.clear_session()
    return model_of(cycnn, program)


def answers(program):
    answer = CASES[program]["y"]
    return [np.reshape(y["values"], y["shape"]) for y in (answer if isinstance(answer, list) else [answer])]


def check(model, sample, program):
    for found, expected in zip(flatten(model.predict(sample, verbose=0)), answers(program), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@every_program
def test_configs_are_keras_s(program):
    model, sample = build(program)
    check(model, sample, program)
    assert as_json(model.get_config()["layers"]) == without_quantization(CASES[program]["layers"])


@every_program
def test_keras_s_configs_are_read(program):
    model, sample = build(program)
    config = as_json({**model.get_config(), "layers": CASES[program]["layers"]})
    cycnn.utils.clear_session()
    again = cycnn.Model.from_config(config)
    again.set_weights(model.get_weights())
    check(again, sample, program)
    without_quantization(config["layers"])
    assert as_json(again.get_config()) == config


@every_program
def test_clones_have_the_same_functions(program):
    model, sample = build(program)
    clone = models.clone_model(model)
    clone.set_weights(model.get_weights())
    check(clone, sample, program)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]


def test_files_and_training(tmp_path):
    model, sample = build("layers.Dense(2)(x) * layers.Dense(2, 'sigmoid')(ops.relu(x))")
    model.compile("sgd", "mse")
    model.fit(sample, np.zeros((5, 4, 2)), epochs=1, verbose=0)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        again = models.load_model(tmp_path / name)
        np.testing.assert_array_equal(again.predict(sample, verbose=0), model.predict(sample, verbose=0))


def test_a_function_that_no_config_can_tell():
    x = cycnn.Input((3,))
    model = cycnn.Model(x, maths.sin(x))
    assert model.predict(np.zeros((2, 3)), verbose=0).shape == (2, 3)
    with pytest.raises(ValueError, match=r"those of `cycnn.ops`.*Received: the function 'sin'"):
        model.get_config()


def test_configs_of_unknown_functions_are_refused():
    x = cycnn.Input((3,))
    config = cycnn.Model(x, ops.mean(x, axis=1)).get_config()
    function = next(part for part in config["layers"] if part["class_name"] == "Mean")
    function["config"]["axes"] = 1
    with pytest.raises(ValueError, match=r"`axes` is not an argument of `ops.mean`. Received: axes=1"):
        cycnn.Model.from_config(config)
    function["class_name"] = "Maen"
    with pytest.raises(TypeError, match=r"Unknown class. Did you mean 'Mean'\?"):
        cycnn.Model.from_config(config)


def test_functions_inside_layers_stay_inside():
    class Twice(layers.Layer):
        def call(self, x):
            return ops.add(x, x)

    x = cycnn.Input((3,))
    model = cycnn.Model(x, Twice()(x))
    assert [part["class_name"] for part in model.get_config()["layers"]] == ["InputLayer", "Twice"]
