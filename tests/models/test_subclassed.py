"""Models by subclassing, where no recorded program looks: refusals, files, steps of one's own."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, ops
from cycnn.models import Functional, Model, Sequential

X = np.random.default_rng(5).normal(size=(10, 6)).astype(np.float32)
Y = X[:, :2] ** 2


@cycnn.utils.register_keras_serializable("tests")
class Small(Model):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.zoom = layers.Dense(units, activation="tanh")
        self.blocks = [layers.Dense(3), layers.Dense(2)]

    def call(self, inputs, training=None):
        x = self.zoom(inputs)
        for block in self.blocks:
            x = block(x)
        return x

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Bare(Model):
    """A step, and nothing that could be called."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def train_step(self, data):
        with cycnn.GradientTape() as tape:
            loss = ops.mean(self.net(data) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.net.trainable_weights), self.net.trainable_weights)
        return {"size": loss}


def trained(model=None):
    model = Small(name="small") if model is None else model
    model.compile(cycnn.optimizers.Adam(0.0625), "mse", metrics=["mae"])
    model.fit(X, Y, batch_size=5, epochs=2, verbose=0)
    return model


def test_a_subclass_trains_in_one_plan():
    model = trained()
    assert not model.takes_own("train")
    assert model.output_shape == (None, 2)
    assert len(model.layers) == 3
    assert model.count_params() == 6 * 4 + 4 + 4 * 3 + 3 + 3 * 2 + 2


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_files_of_a_subclass(ending, tmp_path):
    model, path = trained(), tmp_path / f"small{ending}"
    if ending == ".keras":
        model.save(path)
        again = cycnn.saving.load_model(path)
        assert isinstance(again, Small)
        expected = [model.train_on_batch(X, Y) for _ in range(2)]
        assert [again.train_on_batch(X, Y) for _ in range(2)] == expected
    else:
        model.save_weights(path)
        again = Small()
        again.build((None, 6))
        again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_names_in_files_are_those_of_attributes(tmp_path):
    """What is behind "layers" in the alphabet is written there, as Keras does it."""
    h5py = pytest.importorskip("h5py")
    trained().save_weights(tmp_path / "small.weights.h5")
    with h5py.File(tmp_path / "small.weights.h5") as file:
        assert [name for name in file if name != "vars"] == ["blocks", "layers", "optimizer"]
        assert list(file["blocks"]) == ["dense", "dense_1"]
        assert list(file["layers"]) == ["dense"]


def test_build_makes_the_weights():
    model = Small()
    assert not model.built
    assert model.weights == []
    model.build((None, 6))
    assert model.built
    assert len(model.weights) == 6
    assert model.get_build_config() == {"input_shape": (None, 6)}
    assert model.inputs[0].shape == (None, 6)


def test_a_summary_says_the_shapes(capsys):
    trained().summary()
    text = capsys.readouterr().out
    assert "(None, 4)" in text
    assert "Trainable params: 51" in text


def test_inputs_and_outputs_make_it_functional():
    class Mine(Model):
        def train_step(self, data):
            return {"loss": super().train_step(data)["loss"]}

    x = cycnn.Input((6,))
    model = Mine(inputs=x, outputs=layers.Dense(2)(x))
    assert isinstance(model, Functional)
    model.compile("sgd", "mse", metrics=["mae"])
    assert list(model.fit(X, Y, verbose=0).history) == ["loss"]
    again = Mine.from_config(model.get_config())
    assert isinstance(again, Mine)
    assert again.output_shape == (None, 2)


def test_a_sequential_subclass_has_steps_too():
    class Mine(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 2 * super().compute_loss(x, y, y_pred, sample_weight)

    plain = Sequential([cycnn.Input((6,)), layers.Dense(2, kernel_initializer="ones")])
    twice = Mine([cycnn.Input((6,)), layers.Dense(2, kernel_initializer="ones")])
    for model in (plain, twice):
        model.compile("sgd", "mse")
    assert twice.evaluate(X, Y, verbose=0) == pytest.approx(2 * plain.evaluate(X, Y, verbose=0), rel=1e-6)


def test_a_model_that_cannot_be_called_trains():
    net = Sequential([cycnn.Input((6,)), layers.Dense(3)])
    model = Bare(net)
    model.compile("sgd")
    found = model.fit(X, batch_size=10, epochs=3, verbose=0).history["size"]
    assert found[2] < found[0]
    with pytest.raises(NotImplementedError, match="must have a method `call"):
        model(X)
    with pytest.raises(NotImplementedError, match="must have a method `call"):
        model.predict(X, verbose=0)


def test_callbacks_see_what_steps_return():
    seen = []

    class Watch(cycnn.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, *logs))

    model = Bare(Sequential([cycnn.Input((6,)), layers.Dense(3)]))
    model.compile("sgd")
    model.fit(X, batch_size=5, verbose=0, callbacks=[Watch()])
    assert seen == [(0, "size"), (1, "size")]


def test_shapes_that_change_are_recorded_anew():
    class Any(Model):
        def __init__(self):
            super().__init__()
            self.pool, self.head = layers.GlobalAveragePooling2D(), layers.Dense(2)

        def call(self, x):
            return self.head(self.pool(x)) + float(x.shape[1])

    model, image = Any(), np.ones((2, 4, 4, 3), np.float32)
    np.testing.assert_allclose(model(image[:, :3]) + 1, model(image), rtol=1e-6)
    assert len(model.weights) == 2
    assert len(model._graphs) == 2


@pytest.mark.parametrize(
    ("action", "kind", "message"),
    [
        (lambda: Small().predict(X[:, 0][0], verbose=0), ValueError, "`x` must hold arrays"),
        (lambda: Small().inputs, ValueError, "does not know the shape of its input yet"),
        (lambda: trained().fit(X, Y[:3], verbose=0), ValueError, "same number of samples"),
        (lambda: Bare(None).fit(X, verbose=0), ValueError, "compile"),
    ],
)
def test_refusals(action, kind, message):
    with pytest.raises(kind, match=message):
        action()


def test_control_flow_on_values_is_refused():
    class Looks(Model):
        def call(self, x):
            return x if ops.sum(x) > 0 else -x

    with pytest.raises(TypeError, match="no values"):
        Looks()(X)


def test_a_step_must_return_a_dictionary():
    class Wrong(Bare):
        def train_step(self, data):
            return 3.0

    model = Wrong(None)
    model.compile("sgd")
    with pytest.raises(ValueError, match="`train_step` must return a dictionary"):
        model.fit(X, verbose=0)


def test_a_step_of_its_own_with_one_value_gives_a_number_whatever_metrics_are_compiled():
    class Loss(Bare):
        def test_step(self, data):
            x, y = data
            self.compute_metrics(x, y, np.zeros_like(y))
            return {"loss": 2.0}

    model = Loss(None)
    model.compile("sgd", "mse", metrics=["mae"])
    y = np.ones((len(X), 1), np.float32)
    assert model.test_on_batch(X, y) == 2.0
    assert model.evaluate(X, y, verbose=0) == 2.0
