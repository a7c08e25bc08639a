"""Files that we write have the names and shapes inside that Keras's have."""

import json
import zipfile

import h5py
import pytest

import cycnn

from .recorded_files import CASES, data_of, files, model_of, unpack

# Ours, which Keras passes over; and automatic names, which count on within a process.
OURS = ("seed_generator",)


def listing(file):
    """`{path: shape | "group"}` of an HDF5 file."""
    found = {}
    file.visititems(lambda path, item: found.update({path: getattr(item, "shape", "group")}))
    return {path: kind for path, kind in found.items() if not path.startswith(OURS)}


@pytest.fixture(autouse=True)
def fresh_names():
    cycnn.utils.clear_session()
    registered = dict(cycnn.saving.get_custom_objects())
    yield
    cycnn.saving.get_custom_objects().clear()
    cycnn.saving.get_custom_objects().update(registered)


def trained(name):
    model = model_of(CASES[name])
    for _ in range(2):
        model.train_on_batch(*data_of(CASES[name]))
    return model


KERAS3 = sorted({name for name, _ in files(library="keras")})


@pytest.mark.parametrize("name", KERAS3)
def test_keras_files(name, tmp_path):
    trained(name).save(tmp_path / "ours.keras")
    with zipfile.ZipFile(tmp_path / "ours.keras") as ours, zipfile.ZipFile(unpack(f"{name}.keras", tmp_path)) as keras:
        assert ours.namelist() == keras.namelist()
        assert {"keras_version", "date_saved"} <= json.loads(ours.read("metadata.json")).keys()
        with h5py.File(ours.open("model.weights.h5")) as mine, h5py.File(keras.open("model.weights.h5")) as theirs:
            assert listing(mine) == listing(theirs)
            for path, kind in listing(theirs).items():
                if path.endswith("vars"):
                    assert mine[path].attrs["name"] == theirs[path].attrs["name"]
                elif kind != "group":
                    assert mine[path].dtype == theirs[path].dtype


@pytest.mark.parametrize("name", [n for n, e in files(lambda e: e == ".h5", "keras")])
def test_h5_files(name, tmp_path):
    trained(name).save(tmp_path / "ours.h5")
    with h5py.File(tmp_path / "ours.h5") as ours, h5py.File(unpack(f"{name}.h5", tmp_path)) as keras:
        assert listing(ours) == listing(keras)
        assert {*keras.attrs} <= {*ours.attrs}
        groups = ["model_weights", "optimizer_weights", *(f"model_weights/{group}" for group in keras["model_weights"])]
        for group in groups:
            for attribute in keras[group].attrs:
                if attribute.endswith("names"):
                    assert list(ours[group].attrs[attribute]) == list(keras[group].attrs[attribute])


@pytest.mark.parametrize("name", [n for n, e in files(lambda e: e == ".weights.h5", "keras")])
def test_weights_files(name, tmp_path):
    trained(name).save_weights(tmp_path / "ours.weights.h5")
    with h5py.File(tmp_path / "ours.weights.h5") as ours, h5py.File(unpack(f"{name}.weights.h5", tmp_path)) as keras:
        assert listing(ours) == listing(keras)


def test_long_lists_of_names_are_cut(tmp_path):
    """HDF5 attributes hold 64 KB; Keras numbers the parts."""
    from cycnn.saving import h5

    names = [f"layer_{k}_{'x' * 200}" for k in range(1000)]
    with h5py.File(tmp_path / "names.h5", "w") as file:
        h5.set_names(file, "layer_names", names)
        h5.set_names(file, "none", [])
        assert "layer_names0" in file.attrs
        assert "layer_names" not in file.attrs
        assert h5.names(file, "layer_names") == names
        assert h5.names(file, "none") == []
