"""What is saved comes back: weights, training, the user's own classes."""

import os

import h5py
import numpy as np
import pytest

import cycnn

from .recorded_files import CASES, data_of, files, model_of

KERAS3 = sorted({name for name, _ in files(library="keras")})


@pytest.fixture(autouse=True)
def own_names():
    registered = dict(cycnn.saving.get_custom_objects())
    yield
    cycnn.saving.get_custom_objects().clear()
    cycnn.saving.get_custom_objects().update(registered)


def same(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def dropout_model():
    model = cycnn.Sequential([
        cycnn.Input((6, 6, 1)), cycnn.layers.Conv2D(4, 3, activation="relu"), cycnn.layers.BatchNormalization(),
        cycnn.layers.Dropout(0.4), cycnn.layers.Flatten(), cycnn.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(count=20):
    rng = np.random.default_rng(3)
    return rng.normal(size=(count, 6, 6, 1)).astype("float32"), rng.integers(0, 3, count)


@pytest.mark.parametrize("ending", [".keras", ".h5", "folder"])
@pytest.mark.parametrize("name", KERAS3)
def test_training_goes_on_bit_by_bit(name, ending, tmp_path):
    model = model_of(CASES[name])
    x, y = data_of(CASES[name])
    for _ in range(3):
        model.train_on_batch(x, y)
    path = tmp_path / f"model{ending}"
    model.save(path, zipped=False if ending == "folder" else None)
    again = cycnn.saving.load_model(path)
    same(again.get_weights(), model.get_weights())
    for _ in range(3):
        assert np.array_equal(again.train_on_batch(x, y), model.train_on_batch(x, y))
    same(again.get_weights(), model.get_weights())
    same(*([np.asarray(v) for v in m.optimizer.variables] for m in (again, model)))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_random_operations_go_on_bit_by_bit(ending, tmp_path):
    """Dropout's masks follow from seed and step, which are in the file."""
    model, (x, y) = dropout_model(), batches()
    model.fit(x, y, batch_size=5, epochs=2, verbose=0)
    model.save(tmp_path / f"model{ending}")
    again = cycnn.saving.load_model(tmp_path / f"model{ending}")
    for m in (model, again):
        cycnn.utils.set_random_seed(5)  # the order of the samples
        m.fit(x, y, batch_size=5, epochs=2, verbose=0)
    same(again.get_weights(), model.get_weights())


def test_weights_alone_leave_the_seed_to_the_program(tmp_path):
    model, (x, y) = dropout_model(), batches()
    model.fit(x, y, epochs=1, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    cycnn.utils.set_random_seed(5)
    expected = dropout_model()
    expected.set_weights(model.get_weights())
    cycnn.utils.set_random_seed(6)
    expected.train_on_batch(x, y)
    cycnn.utils.set_random_seed(5)
    found = dropout_model()
    with pytest.warns(UserWarning, match="stays as it is"):
        found.load_weights(tmp_path / "model.weights.h5")
    cycnn.utils.set_random_seed(6)
    found.train_on_batch(x, y)
    same(found.get_weights(), expected.get_weights())


def test_weights_bring_the_state_of_a_built_optimizer(tmp_path):
    model, (x, y) = dropout_model(), batches()
    model.fit(x, y, epochs=1, verbose=0)
    model.save_weights(tmp_path / "model.weights.h5")
    again = dropout_model()
    again.optimizer.build(again.trainable_variables)
    again.load_weights(tmp_path / "model.weights.h5")
    for _ in range(2):
        assert np.array_equal(again.train_on_batch(x, y), model.train_on_batch(x, y))
    same(again.get_weights(), model.get_weights())


def test_saving_changes_nothing(tmp_path):
    first, second = dropout_model(), dropout_model()
    second.set_weights(first.get_weights())
    x, y = batches()
    for m in (first, second):
        cycnn.utils.set_random_seed(5)
        m.fit(x, y, epochs=1, verbose=0)
        if m is second:
            m.save(tmp_path / "model.keras")
            m.save_weights(tmp_path / "model.weights.h5")
            m.save(tmp_path / "model.h5")
        cycnn.utils.set_random_seed(6)
        m.fit(x, y, epochs=1, verbose=0)
    same(second.get_weights(), first.get_weights())


def test_h5_file_without_optimizer(tmp_path):
    model = model_of(CASES["digits"])
    model.train_on_batch(*data_of(CASES["digits"]))
    model.save(tmp_path / "model.h5", include_optimizer=False)
    with h5py.File(tmp_path / "model.h5") as file:
        assert "training_config" not in file.attrs
        assert "optimizer_weights" not in file
    again = cycnn.saving.load_model(tmp_path / "model.h5")
    assert not again.compiled
    same(again.get_weights(), model.get_weights())


def test_uncompiled_and_unbuilt_models(tmp_path):
    model = cycnn.Sequential([cycnn.layers.Dense(2)])
    with pytest.warns(UserWarning, match="saved without weights") as caught:
        model.save(tmp_path / "unbuilt.keras")
    assert caught[0].filename == __file__
    again = cycnn.saving.load_model(tmp_path / "unbuilt.keras")
    assert not again.built
    again.predict(np.ones((2, 3), "float32"), verbose=0)
    again.save(tmp_path / "built.keras")
    same(cycnn.saving.load_model(tmp_path / "built.keras").get_weights(), again.get_weights())


def test_custom_objects_stand_for_what_is_not_registered(tmp_path):
    class Offset(cycnn.layers.Layer):
        def build(self, input_shape):
            self.offset = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="offset")

        def call(self, x):
            return x + self.offset

    model = cycnn.Sequential([cycnn.Input((3,)), Offset(), cycnn.layers.Dense(2)])
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        with pytest.raises(TypeError, match=r"class Offset.*`custom_objects`"):
            cycnn.saving.load_model(tmp_path / name)
        again = cycnn.saving.load_model(tmp_path / name, custom_objects={"Offset": Offset})
        assert type(again.layers[0]) is Offset
        with cycnn.saving.custom_object_scope({"Offset": Offset}):
            same(cycnn.saving.load_model(tmp_path / name).get_weights(), model.get_weights())


def test_functions_of_one_s_own_are_found_by_name(tmp_path):
    def bent(x):
        return cycnn.ops.tanh(x) * 2

    def cubed(y_true, y_pred):
        return cycnn.ops.mean(cycnn.ops.abs(cycnn.ops.subtract(y_true, y_pred)) ** 3, axis=-1)

    model = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(2, activation=bent)])
    activation = model.layers[0].get_config()["activation"]
    assert activation == {  # as Keras writes it, who finds no bare name
        "module": "builtins", "class_name": "function", "config": "bent", "registered_name": "function",
    }  # fmt: skip
    model.compile("sgd", cubed, metrics=[cubed, "mae"])
    x, y = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3), np.ones((4, 2))
    model.fit(x, y, verbose=0)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        with pytest.raises(TypeError, match=r"function bent.*`custom_objects`"):
            cycnn.saving.load_model(tmp_path / name)
        again = cycnn.saving.load_model(tmp_path / name, custom_objects={"bent": bent, "cubed": cubed})
        assert again.layers[0].activation is bent
        assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_layers_that_write_their_own_state(tmp_path):
    @cycnn.saving.register_keras_serializable("mine")
    class Counter(cycnn.layers.Layer):
        seen = 0

        def call(self, x):
            return x * self.scale

        def build(self, input_shape):
            self.scale = self.add_weight(shape=(), name="scale")

        def save_own_variables(self, store):
            super().save_own_variables(store)
            store["seen"] = np.array([self.seen])

        def load_own_variables(self, store):
            super().load_own_variables(store)
            self.seen = int(store["seen"][0])

    model = cycnn.Sequential([cycnn.Input((3,)), Counter(), cycnn.layers.Dense(2)])
    model.layers[0].seen = 7
    model.save(tmp_path / "model.keras")
    again = cycnn.saving.load_model(tmp_path / "model.keras")
    assert again.layers[0].seen == 7
    same(again.get_weights(), model.get_weights())


def test_shared_layers_and_shared_names(tmp_path):
    """Two inner models whose layers have the same names; a layer used twice."""

    def inner(name):
        return cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(3, name="same")], name=name)

    x = cycnn.Input((3,))
    shared = cycnn.layers.Dense(3)
    outer = cycnn.Sequential([cycnn.Input((3,)), inner("one"), inner("two")], name="outer")
    model = cycnn.Model(x, shared(outer(shared(x))))
    data = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        again = cycnn.saving.load_model(tmp_path / name)
        same(again.get_weights(), model.get_weights())
        np.testing.assert_array_equal(again.predict(data, verbose=0), model.predict(data, verbose=0))


def test_shared_objects_stay_one_object(tmp_path):
    """From the second place on, as in Keras: where the first one is written, nobody knows that more will come."""
    shared = cycnn.regularizers.L2(0.5)
    layers = [cycnn.layers.Dense(3, kernel_regularizer=shared) for _ in range(3)]
    cycnn.Sequential([cycnn.Input((3,)), *layers]).save(tmp_path / "model.keras")
    first, second, third = (
        layer.kernel_regularizer for layer in cycnn.saving.load_model(tmp_path / "model.keras").layers
    )
    assert second is third
    assert first.get_config() == second.get_config()


def test_frozen_layers_stay_frozen(tmp_path):
    model = dropout_model()
    model.layers[0].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.save(tmp_path / "model.keras")
    again = cycnn.saving.load_model(tmp_path / "model.keras")
    assert [layer.trainable for layer in again.layers] == [layer.trainable for layer in model.layers]
    assert len(again.trainable_weights) == len(model.trainable_weights)


def test_paths_and_links(tmp_path, monkeypatch):
    model = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(2)])
    monkeypatch.chdir(tmp_path)
    model.save("model.keras")  # no folder in the name
    (tmp_path / "link.keras").symlink_to("model.keras")
    os.chmod("model.keras", 0o640)
    model.save("link.keras")
    assert (tmp_path / "link.keras").is_symlink()
    assert os.stat("model.keras").st_mode & 0o777 == 0o640
    model.save(tmp_path / "new" / "folder" / "model.h5")  # made for this format alone, as in Keras
    with pytest.raises(FileNotFoundError, match="folder to save into"):
        model.save(tmp_path / "none" / "model.keras")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="path of a file"):
        model.save(tmp_path / "folder.keras")
