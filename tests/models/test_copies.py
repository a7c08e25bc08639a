"""Copies and pickles of models: what a `.keras` file holds, and nothing that runs."""

import copy
import io
import json
import pickle
import pickletools

import numpy as np
import pytest

import cycnn
from cycnn import layers, losses, metrics, optimizers
from cycnn.core.registry import ConfigError
from cycnn.saving import model_files

X = np.random.default_rng(0).normal(size=(12, 6, 6, 2)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(12) % 3]


def sequential():
    return cycnn.Sequential(
        [
            cycnn.Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional():
    inner, shared = sequential(), layers.Dense(3)
    x = cycnn.Input((6, 6, 2))
    h = inner(x)
    return cycnn.Model(x, layers.Softmax()(layers.Add()([shared(h), shared(shared(h))])))


class Scale(layers.Layer):
    """A layer of the user's own, which is not registered."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Own(cycnn.Model):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.flatten, self.scale, self.dense = layers.Flatten(), Scale(0.5), layers.Dense(units, "softmax")

    def call(self, x):
        return self.dense(self.scale(self.flatten(x)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def squared(y_true, y_pred):
    return cycnn.ops.mean(cycnn.ops.square(y_true - y_pred), axis=-1)


def trained(model, loss="categorical_crossentropy"):
    model.compile(optimizers.Adam(0.01), loss, metrics=["accuracy", metrics.TopKCategoricalAccuracy(2)])
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0)
    return model


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def joblibbed(thing):
    joblib = pytest.importorskip("joblib")
    file = io.BytesIO()
    joblib.dump(thing, file)
    file.seek(0)
    return joblib.load(file)


WAYS = [copy.deepcopy, copy.copy, pickled, joblibbed]


@pytest.mark.parametrize("make", [sequential, functional, lambda: Own(3)])
@pytest.mark.parametrize("way", WAYS)
def test_a_copy_predicts_and_learns_on_by_itself(make, way):
    model = trained(make())
    twin = way(model)
    assert type(twin) is type(model)
    np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))
    assert not {id(v) for v in twin.weights} & {id(v) for v in model.weights}
    assert int(twin.optimizer.iterations) == int(model.optimizer.iterations) == 6
    before = model.get_weights()
    logs = twin.fit(X, Y, batch_size=4, shuffle=False, verbose=0).history
    assert all(map(np.array_equal, before, model.get_weights()))
    # Slots of the optimizer, and the random numbers of Dropout, were those of the model.
    assert model.fit(X, Y, batch_size=4, shuffle=False, verbose=0).history == logs
    assert all(map(np.array_equal, twin.get_weights(), model.get_weights()))


@pytest.mark.parametrize("way", WAYS)
def test_models_that_have_not_learned_yet(way):
    model = sequential()
    assert not way(model).compiled
    model.compile("adam", "mse")
    twin = way(model)
    assert all(map(np.array_equal, twin.get_weights(), model.get_weights()))
    assert twin.compiled
    bare = cycnn.Sequential([layers.Dense(2)])
    assert way(bare).layers[0].units == 2


def test_a_shared_layer_stays_shared():
    twin = pickled(functional())
    assert len(twin.layers) == len(functional().layers)
    assert len(twin.weights) == len(functional().weights)


@pytest.mark.parametrize("way", WAYS)
def test_classes_and_functions_of_one_s_own_need_no_registration(way):
    model = trained(cycnn.Sequential([cycnn.Input((6, 6, 2)), layers.Flatten(), Scale(0.25), layers.Dense(3)]), squared)
    twin = way(model)
    assert type(twin.layers[1]) is Scale
    assert twin.layers[1].factor == 0.25
    assert twin.loss is squared
    np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(ConfigError, match="Scale"):  # nothing was registered on the way
        cycnn.layers.deserialize(cycnn.layers.serialize(Scale()))


def test_classes_within_functions_can_be_copied():
    class Local(Scale):
        pass

    model = cycnn.Sequential([cycnn.Input((2,)), Local(3.0)])
    np.testing.assert_array_equal(copy.deepcopy(model).predict(np.ones((1, 2)), verbose=0), [[3, 3]])
    with pytest.raises((AttributeError, pickle.PicklingError), match="Local"):
        pickle.dumps(model)


def test_what_holds_models_can_be_copied():
    model = sequential()
    model.compile("sgd", losses.CategoricalCrossentropy())
    history = pickled(model.fit(X, Y, verbose=0))
    assert history.history["loss"]
    np.testing.assert_array_equal(history.model.predict(X, verbose=0), model.predict(X, verbose=0))
    twins = copy.deepcopy([model, model])
    assert twins[0] is twins[1]


# What is in it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [sequential, functional])
def test_a_pickle_of_our_layers_names_one_function(make):
    """Everything else in it is text and bytes."""
    operations = [(code.name, argument) for code, argument, _ in pickletools.genops(pickle.dumps(trained(make()), 2))]
    assert [argument for name, argument in operations if name == "GLOBAL" and "_codecs" not in argument] == [
        "cycnn.saving.model_files revived"
    ]


def test_code_in_a_pickle_s_configuration_is_refused():
    _, (members, own) = model_files.reduced(sequential())
    config = json.loads(members["config.json"])
    config["config"]["layers"][1]["config"]["activation"] = {"class_name": "__lambda__", "config": {"value": "4wEA"}}
    members["config.json"] = json.dumps(config).encode()
    with pytest.raises(ValueError, match="lambda, that is, code"):
        model_files.revived(members, own)
    config["config"]["layers"][1] = {"module": "os", "class_name": "system", "config": {}, "registered_name": "system"}
    members["config.json"] = json.dumps(config).encode()
    with pytest.raises(TypeError, match="system"):
        model_files.revived(members, own)


def test_a_lambda_cannot_be_pickled_and_says_so():
    model = sequential()
    model.compile("sgd", lambda y_true, y_pred: cycnn.ops.mean(y_pred))
    with pytest.raises(ValueError, match="A lambda cannot be saved: write a named function"):
        pickle.dumps(model)
