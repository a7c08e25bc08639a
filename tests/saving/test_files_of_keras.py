"""Files that Keras wrote, read here: what the models answer, and one training step more."""

import json
import zipfile

import h5py
import numpy as np
import pytest

import cycnn
from cycnn.saving import configs, h5

from .recorded_files import CASES, check_outputs, data_of, files, model_of, unpack

WHOLE = files(lambda ending: "weights" not in ending)
WEIGHTS = files(lambda ending: "weights" in ending)


@pytest.fixture(autouse=True)
def own_names():
    """Registered classes end with the test."""
    registered = dict(cycnn.saving.get_custom_objects())
    yield
    cycnn.saving.get_custom_objects().clear()
    cycnn.saving.get_custom_objects().update(registered)


def load(name, ending, folder):
    if name == "own":
        model_of(CASES[name])  # registers its classes
    return cycnn.saving.load_model(unpack(f"{name}{ending}", folder))


@pytest.mark.parametrize(("name", "ending"), WHOLE)
def test_model_answers_as_keras_s(name, ending, tmp_path):
    model = load(name, ending, tmp_path)
    assert len(model.get_weights()) == CASES[name]["weights"]
    check_outputs(name, model.predict(data_of(CASES[name])[0], verbose=0))


@pytest.mark.parametrize(("name", "ending"), [(n, e) for n, e in WHOLE if "loss" in CASES[n]])
def test_training_goes_on_as_keras_s(name, ending, tmp_path):
    model = load(name, ending, tmp_path)
    x, y = data_of(CASES[name])
    assert int(model.optimizer.iterations) == 2
    loss = model.train_on_batch(x, y)
    np.testing.assert_allclose(np.ravel(loss)[0], CASES[name]["loss"], rtol=1e-5)
    check_outputs(name, model.predict(x, verbose=0), after=True)


@pytest.mark.parametrize(("name", "ending"), WEIGHTS)
def test_weights_answer_as_keras_s(name, ending, tmp_path):
    case = CASES[name]
    model = model_of(case, compiled=False)
    model.load_weights(unpack(f"{name}{ending}", tmp_path))
    check_outputs(name, model.predict(data_of(case)[0], verbose=0))


@pytest.mark.parametrize("name", [n for n, e in WEIGHTS if e == ".weights.h5" and CASES[n]["library"] == "keras"])
def test_weights_bring_the_optimizer_s_state(name, tmp_path):
    model = model_of(CASES[name])
    model.optimizer.build(model.trainable_variables)
    model.load_weights(unpack(f"{name}.weights.h5", tmp_path))
    x, y = data_of(CASES[name])
    model.train_on_batch(x, y)
    check_outputs(name, model.predict(x, verbose=0), after=True)


def test_weights_leave_an_optimizer_that_is_not_built_alone(tmp_path):
    """As in Keras, where the optimizer's state is skipped with a warning."""
    model = model_of(CASES["digits"])
    with pytest.warns(UserWarning, match=r"optimizer 'adam\w*' stays as it is: it has 2 variables, the file .* 16"):
        model.load_weights(unpack("digits.weights.h5", tmp_path))
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_weights_of_a_whole_model_s_file(ending, tmp_path):
    case = CASES["digits"]
    model = model_of(case, compiled=False)
    model.load_weights(unpack(f"digits{ending}", tmp_path))
    check_outputs("digits", model.predict(data_of(case)[0], verbose=0))


def test_weights_as_keras_2_13_named_them(tmp_path):
    path = unpack("functional.weights.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        file.move("layers/sequential/layers", "layers/sequential/_layer_checkpoint_dependencies")
        file.move("layers", "_layer_checkpoint_dependencies")
    model = model_of(CASES["functional"], compiled=False)
    model.load_weights(path)
    check_outputs("functional", model.predict(data_of(CASES["functional"])[0], verbose=0))


def test_lambda_of_keras_2():
    """Named functions are found where they are registered; code is not run."""
    named = {"class_name": "Lambda", "config": {
        "name": "twice", "function": "double", "function_type": "function", "module": "somewhere", "output_shape": None,
        "output_shape_type": "raw", "output_shape_module": None, "arguments": {},
    }}  # fmt: skip
    with cycnn.saving.custom_object_scope({"double": lambda x: x * 2}):
        layer = cycnn.saving.deserialize_keras_object(configs.modern(named))
    assert layer(np.ones((1, 2), "float32")).tolist() == [[2, 2]]
    code = {"class_name": "Lambda", "config": {
        "name": "twice", "function": ["4wEAAA==", None, None], "function_type": "lambda", "arguments": {},
    }}  # fmt: skip
    with pytest.raises(TypeError, match="code in a file, which cycnn does not run: 'twice'"):
        configs.check(configs.modern(code), "model.h5")


def test_by_name_loads_what_has_the_name(tmp_path):
    model = cycnn.Sequential(
        [cycnn.Input((4,)), cycnn.layers.Dense(3, name="other"), cycnn.layers.Dense(4, name="dense")], name="new"
    )
    path = unpack("keras2_functional_weights.h5", tmp_path)
    with h5py.File(path) as file:
        names = {name: h5.names(file[name], "weight_names") for name in h5.names(file, "layer_names")}
        name = next(name for name, weights in names.items() if len(weights) == 2 and name not in ("inner", "other"))
        kernel = file[name][names[name][0]][()]
    model = cycnn.Sequential([cycnn.Input((kernel.shape[0],)), cycnn.layers.Dense(2, name=name)])
    model.load_weights(path, by_name=True)
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    other = cycnn.Sequential([cycnn.Input((3,)), cycnn.layers.Dense(2, name="unheard_of")])
    before = other.get_weights()
    other.load_weights(path, by_name=True)
    np.testing.assert_array_equal(other.get_weights()[0], before[0])


def test_compile_false_leaves_the_model_uncompiled(tmp_path):
    for ending in (".keras", ".h5"):
        model = cycnn.saving.load_model(unpack(f"digits{ending}", tmp_path), compile=False)
        assert not model.compiled
        assert model.optimizer is None
        check_outputs("digits", model.predict(data_of(CASES["digits"])[0], verbose=0))


def test_loaded_models_know_how_they_were_compiled(tmp_path):
    for ending in (".keras", ".h5"):
        model = cycnn.saving.load_model(unpack(f"regularized{ending}", tmp_path))
        x, y = data_of(CASES["regularized"])
        assert {*model.evaluate(x, y, verbose=0, return_dict=True)} == {"loss", "right"}
        assert model.layers[0].kernel.constraint.max_value == 0.75
        assert model.optimizer.amsgrad


def test_schedule_is_read(tmp_path):
    model = cycnn.saving.load_model(unpack("schedule.keras", tmp_path))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    assert not model.layers[0].trainable


# --- configurations: Keras's own files hold the same model in both forms


def config_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def without_ids(config):
    if isinstance(config, dict):
        return {key: without_ids(value) for key, value in config.items() if key != "shared_object_id"}
    return [without_ids(value) for value in config] if isinstance(config, list) else config


@pytest.mark.parametrize("name", [n for n, e in files(lambda e: e == ".keras", "keras")])
def test_json_of_keras_makes_the_model(name, tmp_path):
    """Its configs hold settings of what we do not do, and private modules of its backend."""
    if name == "own":
        model_of(CASES[name])
    model = cycnn.models.model_from_json(json.dumps(config_of(unpack(f"{name}.keras", tmp_path))))
    assert model.compiled
    assert len(model.get_weights()) == CASES[name]["weights"]


@pytest.mark.parametrize("name", [n for n, e in files(lambda e: e == ".h5", "keras")])
def test_configs_of_h5_files_are_keras_s(name, tmp_path):
    config = config_of(unpack(f"{name}.keras", tmp_path))
    with h5py.File(unpack(f"{name}.h5", tmp_path)) as file:
        model = json.loads(file.attrs["model_config"])
        training = json.loads(file.attrs["training_config"])
    assert without_ids(configs.legacy(config)) == model
    assert configs.training_config(config["compile_config"]) == training


@pytest.mark.parametrize("name", [n for n, e in files(lambda e: e == ".h5", "keras")])
def test_configs_of_h5_files_become_those_of_keras_files(name, tmp_path):
    def plain(config):
        """Without what `.h5` files do not hold."""
        if isinstance(config, dict):
            left_out = ("build_config", "compile_config", "shared_object_id")
            return {key: plain(value) for key, value in config.items() if key not in left_out}
        return [plain(value) for value in config] if isinstance(config, list) else config

    if name == "own":
        model_of(CASES[name])
    with h5py.File(unpack(f"{name}.h5", tmp_path)) as file:
        found = configs.modern(json.loads(file.attrs["model_config"]))
    expected = plain(configs.modern(config_of(unpack(f"{name}.keras", tmp_path))))
    for config in (found, expected):
        for layer in config["config"]["layers"]:
            if layer["class_name"] in ("Scale", "Block"):
                layer["module"] = None  # which Keras looks at, and we do not
    assert plain(found) == expected
