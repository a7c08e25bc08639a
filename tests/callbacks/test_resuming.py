"""Trainings that were interrupted, with real files: to the bit as if nothing had happened."""

import numpy as np
import pytest

import cycnn
from cycnn import layers, optimizers, utils
from cycnn.callbacks import BackupAndRestore, LambdaCallback, ModelCheckpoint

pytest.importorskip("h5py")

RNG = np.random.default_rng(8)
X = RNG.standard_normal((20, 5, 5, 2)).astype("float32")
Y = RNG.integers(0, 3, 20)


def network(seed=1):
    utils.set_random_seed(seed)
    model = cycnn.Sequential(
        [
            cycnn.Input((5, 5, 2)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model, *callbacks, epochs=4, **arguments):
    return model.fit(
        X, Y, batch_size=8, epochs=epochs, shuffle=False, verbose=0, callbacks=[*callbacks], **arguments
    ).history


def state(model):
    return [*model.get_weights(), *(np.array(v) for v in model.optimizer.variables)]


def same(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("damaged", [False, True])
def test_a_training_goes_on_where_it_was_interrupted(tmp_path, damaged):
    def fail(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    whole = network()
    expected = fit(whole)
    backup = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        fit(network(), BackupAndRestore(backup, double_checkpoint=True), LambdaCallback(on_epoch_begin=fail))
    if damaged:  # half of it, as after a power cut
        content = (backup / "latest.weights.h5").read_bytes()
        (backup / "latest.weights.h5").write_bytes(content[: len(content) // 2])
    resumed = network(seed=2)  # the weights and the random numbers are those of the files
    history = fit(resumed, BackupAndRestore(backup, double_checkpoint=True))
    assert history == {name: values[1 if damaged else 2 :] for name, values in expected.items()}
    assert same(state(resumed), state(whole))
    assert not backup.exists()


def test_a_checkpoint_is_the_model_of_its_epoch(tmp_path):
    model, kept = network(), []
    fit(
        model,
        ModelCheckpoint(tmp_path / "deep" / "{epoch:02d}-{loss:.3f}.keras"),
        ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
        LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append((f"{logs['loss']:.3f}", state(model)))),
    )
    assert len(list(tmp_path.iterdir())) == 5
    for epoch, (loss, values) in enumerate(kept, 1):
        loaded = cycnn.models.load_model(tmp_path / "deep" / f"{epoch:02d}-{loss}.keras")
        assert same(state(loaded), values)
        other = network(seed=3)
        other.optimizer.build(other.trainable_weights)
        other.load_weights(tmp_path / f"{epoch}.weights.h5")
        assert same(state(other), values)


def test_a_loaded_checkpoint_trains_on(tmp_path):
    whole = network()
    fit(whole, ModelCheckpoint(tmp_path / "{epoch}.keras"))
    loaded = cycnn.models.load_model(tmp_path / "2.keras")
    fit(loaded, initial_epoch=2)
    assert same(state(loaded), state(whole))


def test_a_checkpoint_in_the_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IsADirectoryError, match="must be the path of a file"):
        fit(network(), ModelCheckpoint(tmp_path / "m.keras"))
