"""Files that cannot be read, and models that they do not fit: a clear error, and the model as it was."""

import io
import json
import re
import shutil
import warnings
import zipfile

import h5py
import numpy as np
import pytest

import cycnn

from .recorded_files import CASES, model_of, unpack


@pytest.fixture
def model():
    return cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(4), cycnn.layers.Dense(2, name="out")], name="m")


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "m.keras"
    model.save(path)
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, found):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # two members of the same name
        for name, content in found.items() if isinstance(found, dict) else found:
            archive.writestr(name, content)


def changed(path, change):
    """Rewrite a `.keras` file with another config."""
    found = members(path)
    config = json.loads(found["config.json"])
    config = change(config) or config
    pack(path, {**found, "config.json": json.dumps(config)})


# --- parts that we lack


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_everything_that_is_lacking_is_named(ending, tmp_path):
    with pytest.raises(TypeError) as error:
        cycnn.saving.load_model(unpack(f"lacking{ending}", tmp_path))
    text = str(error.value)
    assert re.search(r"(layer|class) LSTM \('lstm\w*', 'second'\)", text)
    assert "Lambda layers that are Python code in a file, which cycnn does not run: 'twice'." in text
    assert "`compile=False`" not in text


def test_how_to_load_a_model_without_what_trains_it(model, tmp_path):
    model.compile("sgd", "mse")
    path = tmp_path / "m.keras"
    model.save(path)

    def change(config):
        config["compile_config"]["optimizer"]["class_name"] = "Shampoo"

    changed(path, change)
    with pytest.raises(TypeError, match=r"optimizer Shampoo.*`compile=False` loads the network"):
        cycnn.saving.load_model(path)
    assert cycnn.saving.load_model(path, compile=False).name == "m"


def test_own_classes_must_be_known(tmp_path):
    with pytest.raises(TypeError) as error:
        cycnn.saving.load_model(unpack("own.keras", tmp_path))
    assert re.search(
        r"class mine>Scale \('scale\w*'\), class mine>Block \('block\w*'\), which cycnn does not have", str(error.value)
    )
    assert "register_keras_serializable" in str(error.value)
    assert "custom_objects" in str(error.value)


def test_lambda_of_a_registered_function(tmp_path):
    @cycnn.saving.register_keras_serializable("mine")
    def twice(x):
        return x * 2

    model = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Lambda(twice, name="twice")])
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        again = cycnn.saving.load_model(tmp_path / name)
        np.testing.assert_array_equal(again.predict(np.ones((2, 3)), verbose=0), np.full((2, 3), 2))
    cycnn.saving.get_custom_objects().pop("mine>twice")
    with pytest.raises(TypeError, match="function mine>twice"):
        cycnn.saving.load_model(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="lambda cannot be saved"):
        cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Lambda(lambda x: x * 2)]).save(tmp_path / "n.keras")


def test_unknown_functions_are_named(saved):
    def change(config):
        config["config"]["layers"][1]["config"]["activation"] = {
            "module": "builtins", "class_name": "function", "config": "my_activation", "registered_name": "function",
        }  # fmt: skip

    changed(saved, change)
    with pytest.raises(TypeError, match="function my_activation"):
        cycnn.saving.load_model(saved)


def test_code_in_a_file_is_not_run(saved, tmp_path):
    def change(config):
        config["config"]["layers"][1]["config"]["activation"] = {
            "class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None},
        }  # fmt: skip

    changed(saved, change)
    with pytest.raises((TypeError, ValueError), match="lambda"):
        cycnn.saving.load_model(saved, safe_mode=False)

    witness = tmp_path / "ran"

    def modules(config):
        config["config"]["layers"][1].update(module="os", class_name="system", registered_name="system")
        config["config"]["layers"][1]["config"] = {"command": f"touch {witness}"}

    changed(saved, modules)
    with pytest.raises(TypeError, match="class system"):
        cycnn.saving.load_model(saved)
    assert not witness.exists()


# --- files that are none of ours


def test_foreign_files_come_with_a_recipe(tmp_path, model):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"\x08\x01")
    (tmp_path / "empty").mkdir()
    (tmp_path / "net.pt").write_bytes(b"PK\x03\x04....")
    for name in ("net.pb", "net.onnx", "net.tflite", "net.pkl", "net.bin", "net.keras", "net.h5"):
        (tmp_path / name).write_bytes(b"nothing of Keras's")
    for name, words in (
        ("saved", r"SavedModel.*tf_keras.models.load_model\(path\).save\('model.h5'\)"),
        ("net.pb", "SavedModel"),
        ("empty", "without config.json"),
        ("net.pt", r"PyTorch checkpoint.*model.save\('model.keras'\)"),
        ("net.onnx", "ONNX"),
        ("net.tflite", "TensorFlow Lite"),
        ("net.pkl", "runs code"),
        ("net.bin", r"one of Keras's.*model.save\('model.keras'\)"),
        ("net.keras", "damaged"),
        ("net.h5", "damaged"),
    ):
        for load in (cycnn.saving.load_model, lambda path: cycnn.saving.load_weights(model, path)):
            with pytest.raises(ValueError, match=words):
                load(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="where there is none"):
        cycnn.saving.load_model(tmp_path / "none.keras")
    with pytest.raises(ValueError, match="local file"):
        cycnn.saving.load_model("hf://somebody/net")
    with pytest.raises(TypeError, match="string or a path"):
        cycnn.saving.load_model(io.BytesIO())


def test_content_tells_the_kind_of_a_file(tmp_path, model, saved):
    """Files are renamed: `.h5` files of Keras 2 are often called `.keras` or `.weights.h5`."""
    shutil.copy(unpack("digits.h5", tmp_path), tmp_path / "renamed.keras")
    assert cycnn.saving.load_model(tmp_path / "renamed.keras").name == "digits"
    case = model_of(CASES["digits"], compiled=False)
    shutil.copy(tmp_path / "digits.h5", tmp_path / "renamed.weights.h5")
    case.load_weights(tmp_path / "renamed.weights.h5")
    shutil.copy(unpack("digits.weights.h5", tmp_path), tmp_path / "renamed.h5")
    case.load_weights(tmp_path / "renamed.h5")
    shutil.copy(saved, tmp_path / "renamed.zip")
    assert cycnn.saving.load_model(tmp_path / "renamed.zip").name == "m"


# --- damaged files


def test_wrong_members(saved, tmp_path):
    found = members(saved)
    for parts, words in (
        ({"config.json": found["config.json"]}, "without model.weights.h5"),
        ({"model.weights.h5": found["model.weights.h5"]}, "without config.json"),
        ({}, "holds nothing"),
        ({**found, "../../evil": b""}, r"'../../evil' lies outside"),
        ({**found, "/etc/evil": b""}, "lies outside"),
        ({**found, "..\\evil": b""}, "lies outside"),
        ([*found.items(), ("config.json", b"{}")], "same name"),
        ({**found, "config.json": b"{"}, "no JSON"),
        ({**found, "config.json": b"[]"}, "no dictionary"),
        ({**found, "config.json": b"{}"}, "class_name"),
        ({**found, "config.json": b"\xff\xfe"}, "no JSON"),
        ({**found, "config.json": b"[" * 100_000}, "no JSON"),
        ({**found, "config.json": b'{"a":' * 100_000}, "no JSON"),
        ({**found, "model.weights.h5": b"x" * 100}, "damaged"),
        ({**found, "model.weights.h5": found["model.weights.h5"][:1000]}, "damaged"),
        ({**found, "config.json": json.dumps({"module": "keras.layers", "class_name": "Dense", "registered_name": None,
                                              "config": {"units": 3}})}, "holds a Dense"),
    ):  # fmt: skip
        pack(tmp_path / "bad.keras", parts)
        with pytest.raises((ValueError, TypeError), match=words):
            cycnn.saving.load_model(tmp_path / "bad.keras")
    assert not list(tmp_path.parent.glob("evil*"))


def test_bombs_are_not_unpacked(saved, tmp_path):
    found = members(saved)
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", found["config.json"])
        with archive.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(1 << 20))
    with pytest.raises(ValueError, match="claims 314572800 bytes"):
        cycnn.saving.load_model(tmp_path / "bomb.keras")


def test_arrays_larger_than_their_file_are_not_read(model, tmp_path):
    with h5py.File(tmp_path / "bomb.weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset("0", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")
        group.create_dataset("1", (4,), "f4")
    before = model.get_weights()
    with pytest.raises(ValueError, match="backed by the bytes of its file"):
        model.load_weights(tmp_path / "bomb.weights.h5")
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_links_are_not_followed(model, tmp_path):
    model.save_weights(tmp_path / "secret.weights.h5")
    for link in (h5py.ExternalLink("secret.weights.h5", "/layers"), h5py.SoftLink("/elsewhere")):
        with h5py.File(tmp_path / "link.weights.h5", "w") as file:
            file["layers"] = link
            file.create_group("elsewhere")
        with pytest.raises(ValueError, match="hold its arrays itself"):
            model.load_weights(tmp_path / "link.weights.h5")
    with h5py.File(tmp_path / "outside.weights.h5", "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset("0", (3, 4), "f4", external=[(str(tmp_path / "secret.weights.h5"), 0, 48)])
        group.create_dataset("1", (4,), "f4")
    with pytest.raises(ValueError, match="hold its arrays itself"):
        model.load_weights(tmp_path / "outside.weights.h5")


@pytest.mark.filterwarnings("ignore:The state of the optimizer")
@pytest.mark.parametrize("name", ["digits.keras", "digits.h5", "keras2_adam.h5"])
def test_broken_files_raise_errors_that_say_so(name, tmp_path):
    """Truncated anywhere, or with a byte changed anywhere: a model, or an error of the documented kinds."""
    whole = unpack(name, tmp_path).read_bytes()
    rng, path, refused = np.random.default_rng(0), tmp_path / f"broken{name[-3:]}", 0
    for trial in range(60):
        content = bytearray(whole)
        place = int(rng.integers(len(whole)))
        if trial % 3:
            content[place] ^= int(rng.integers(1, 256))
        else:
            del content[place:]
        path.write_bytes(content)
        try:
            cycnn.saving.load_model(path)
        except (ValueError, TypeError):
            refused += 1
    assert refused >= 20


# --- files that do not fit


@pytest.mark.parametrize("ending", [".weights.h5", ".h5", ".keras"])
def test_mismatches_are_listed_and_nothing_changes(ending, tmp_path):
    def make(units, inputs=3):
        return cycnn.Sequential(
            [cycnn.Input((inputs,)), cycnn.layers.Dense(4), cycnn.layers.Dense(units, name="out")], name="m"
        )

    path = tmp_path / f"m{ending}"
    other = make(2)
    other.save_weights(path) if "weights" in ending else other.save(path)
    model = make(5)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"does not fit the model 'm', which stays as it is") as error:
        model.load_weights(path)
    assert "'out" in str(error.value)
    assert "shape (4, 5), the file's array (4, 2)" in str(error.value)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.warns(UserWarning, match="These weights stay as they are") as caught:
        model.load_weights(path, skip_mismatch=True)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])
    np.testing.assert_array_equal(model.get_weights()[2], before[2])


def test_missing_weights(tmp_path, model):
    small = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(4)])
    small.save_weights(tmp_path / "small.weights.h5")
    with pytest.raises(ValueError, match=r"layer 'out' \(layers/dense_1\): it has 2 weights, the file 0"):
        model.load_weights(tmp_path / "small.weights.h5")
    small.save(tmp_path / "small.h5")
    with pytest.raises(ValueError, match="has 2 layers with weights"):
        model.load_weights(tmp_path / "small.h5")
    bare = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(4, use_bias=False), cycnn.layers.Dense(2)])
    bare.save_weights(tmp_path / "bare.weights.h5")
    with pytest.raises(ValueError, match="it has 2 weights, the file 1"):
        model.load_weights(tmp_path / "bare.weights.h5")


def test_a_refusing_layer_leaves_the_model_as_it_was(tmp_path):
    class Picky(cycnn.layers.Layer):
        def call(self, x):
            return x * 1.0

        def load_own_variables(self, store):
            raise ValueError("not mine")

    model = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(3), Picky()])
    model.save_weights(tmp_path / "m.weights.h5")
    model.layers[0].set_weights([np.ones((3, 3)), np.ones(3)])
    with pytest.raises(ValueError, match="not mine"):
        model.load_weights(tmp_path / "m.weights.h5")
    assert model.get_weights()[0].min() == 1


def test_files_without_a_model(tmp_path, model):
    model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="holds weights alone"):
        cycnn.saving.load_model(tmp_path / "m.weights.h5")


def test_arguments(tmp_path, model):
    for call, words in (
        (lambda: model.save(tmp_path / "m"), r"end in `.keras`"),
        (lambda: model.save(tmp_path / "m", save_format="tf"), "save_format='tf'"),
        (lambda: model.save(tmp_path / "m.keras", zipped=False), "names a folder"),
        (lambda: model.save(tmp_path / "m.keras", signatures=None), "signatures"),
        (lambda: model.save_weights(tmp_path / "m.h5"), r"m.weights.h5'"),
        (lambda: model.save_weights(tmp_path / "m.keras"), r"must end in `.weights.h5`"),
        (lambda: model.save_weights(tmp_path / "m.weights.h5", max_shard_size=1), "max_shard_size"),
        (lambda: model.load_weights(tmp_path / "m.weights.h5", by_name=True), "older `.h5` files"),
        (lambda: model.load_weights(tmp_path / "m.weights.h5", options=1), "options"),
        (lambda: cycnn.Sequential([cycnn.layers.Dense(1)]).save_weights(tmp_path / "n.weights.h5"), "cannot be saved"),
        (lambda: cycnn.Sequential([cycnn.layers.Dense(1)]).load_weights(tmp_path / "m.weights.h5"), "cannot be loaded"),
    ):
        model.save_weights(tmp_path / "m.weights.h5")
        with pytest.raises(ValueError, match=words):
            call()
    model.save(tmp_path / "m.keras", save_format="keras")
    model.save(tmp_path / "m.h5", save_format="h5")


def test_without_h5py(tmp_path, model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    for call in (
        lambda: model.save(tmp_path / "m.keras"),
        lambda: model.save_weights(tmp_path / "m.weights.h5"),
        lambda: model.load_weights(unpack("digits.weights.h5", tmp_path)),
        lambda: cycnn.saving.load_model(unpack("digits.h5", tmp_path)),
    ):
        with pytest.raises(ImportError, match=r"pip install h5py"):
            call()
    assert not (tmp_path / "m.keras").exists()
    assert cycnn.saving.load_model(unpack("digits.keras", tmp_path)).built
