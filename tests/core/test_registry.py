"""Objects to configs and back. That the configs are Keras's own is tested beside recorded ones."""

import json

import numpy as np
import pytest

from cycnn import initializers, regularizers  # noqa: F401  they enter the tables once, when they are imported
from cycnn.core import registry
from cycnn.core.registry import (
    custom_object_scope,
    deserialize_keras_object,
    register_keras_serializable,
    serialize_keras_object,
)


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for table in ("_builtin", "_builtin_names", "_custom", "_custom_names"):
        monkeypatch.setattr(registry, table, dict(getattr(registry, table)))


class Thing:
    def __init__(self, size=1):
        self.size = size

    def get_config(self):
        return {"size": self.size}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __call__(self):
        return self.size


def double(x):
    return 2 * x


def round_trip(obj, **how):
    return deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(obj))), **how)


# Plain data


def test_plain_data():
    data = {"a": [1, 2.5, "x", None, True], "b": {"c": [[]]}}
    assert serialize_keras_object(data) == data
    assert round_trip(data) == data
    assert serialize_keras_object((1, (2,))) == (1, (2,))
    assert serialize_keras_object([np.float64(0.5), np.bool_(True), np.array(3)]) == [0.5, True, 3]
    assert [type(x) for x in serialize_keras_object([np.float64(0.5), np.bool_(True)])] == [float, bool]


def test_values_that_json_lacks():
    found = round_trip([slice(1, None, 2), b"abc", Ellipsis])
    assert found == [slice(1, None, 2), b"abc", Ellipsis]
    array = np.arange(6, dtype="int16").reshape(2, 3)
    found = round_trip(array)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    tensor = {"class_name": "__tensor__", "config": {"value": [[1.0]], "dtype": "float32"}}
    assert deserialize_keras_object(tensor).dtype == np.float32


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "__numpy__", "config": {}},
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "bfloat16"}},
        {"class_name": "__numpy__", "config": None},
        {"class_name": "__slice__", "config": {"start": 1}},
        {"class_name": "__bytes__", "config": {"value": 1}},
    ],
)
def test_broken_values_are_refused(config):
    with pytest.raises(TypeError, match=f"The config of a {config['class_name']} is not valid.*Received: "):
        deserialize_keras_object(config)


# Registered classes and functions


def test_exported_classes_go_by_keras_s_name():
    registry.export("keras.things", "OldThing")(Thing)
    config = serialize_keras_object(Thing(3))
    assert config == {"module": "keras.things", "class_name": "Thing", "config": {"size": 3}, "registered_name": None}
    assert round_trip(Thing(3)).size == 3
    assert deserialize_keras_object({**config, "class_name": "OldThing"}).size == 3


def test_a_subclass_is_not_its_exported_parent():
    registry.export("keras.things")(Thing)

    @register_keras_serializable("mine")
    class Child(Thing):
        pass

    config = serialize_keras_object(Child(2))
    assert config["module"] == Child.__module__
    assert (config["class_name"], config["registered_name"]) == ("Child", "mine>Child")
    assert type(round_trip(Child(2))) is Child


def test_registered_names():
    assert register_keras_serializable("mine", "Other")(Thing) is Thing
    assert registry.get_registered_name(Thing) == "mine>Other"
    assert registry.get_registered_object("mine>Other") is Thing
    assert registry.get_custom_objects()["mine>Other"] is Thing
    assert registry.get_registered_name(double) == "double"
    assert registry.get_registered_object("double") is None
    assert registry.get_registered_object("double", {"double": double}) is double
    with pytest.raises(ValueError, match=r"A registered class must have a `get_config` method. Received: "):
        register_keras_serializable()(int)


def test_functions():
    register_keras_serializable("mine")(double)
    config = serialize_keras_object(double)
    assert config == {
        "module": "builtins",
        "class_name": "function",
        "config": "mine>double",
        "registered_name": "function",
    }
    assert deserialize_keras_object(config) is double


def test_functions_of_keras_are_found_wherever_they_live():
    registry.export("keras.activations")(double)
    config = {"module": "builtins", "class_name": "function", "config": "double", "registered_name": "function"}
    assert deserialize_keras_object(config) is double


def test_scopes_nest_and_end():
    config = {"class_name": "Mine", "config": {"size": 4}}
    with custom_object_scope({"Mine": Thing}):
        with registry.CustomObjectScope({"double": double}):
            assert deserialize_keras_object(config).size == 4
            assert deserialize_keras_object("double") is double
        assert deserialize_keras_object("double") == "double"
    with pytest.raises(TypeError, match="Unknown class"):
        deserialize_keras_object(config)
    with pytest.raises(ZeroDivisionError), custom_object_scope({"Mine": Thing}):
        raise ZeroDivisionError
    assert registry.get_registered_object("Mine") is None


def test_custom_objects_reach_nested_configs():
    class Outer(Thing):
        @classmethod
        def from_config(cls, config):
            return cls(deserialize_keras_object(config["size"]))

    config = {"class_name": "Outer", "config": {"size": {"class_name": "Inner", "config": {"size": 9}}}}
    assert deserialize_keras_object(config, {"Outer": Outer, "Inner": Thing}).size.size == 9


def test_custom_objects_do_not_replace_keras_s_own():
    """A config of a built-in class names no registered class; one of a Keras without that entry may be overridden."""
    registry.export("keras.things")(Thing)

    class Mine(Thing):
        pass

    config = serialize_keras_object(Thing())
    assert type(deserialize_keras_object(config, {"Thing": Mine})) is Thing
    del config["registered_name"]
    assert type(deserialize_keras_object(config, {"Thing": Mine})) is Mine


def test_a_user_s_class_from_a_script_is_not_mistaken_for_a_built_in_one():
    config = {"module": None, "class_name": "Thing", "config": {}, "registered_name": "Thing"}
    with pytest.raises(TypeError, match="Unknown class"):
        deserialize_keras_object(config, module_objects={"Thing": Thing})


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.src.initializers.constant_initializers", "Zeros"),
        ("tf_keras.src.initializers", "Zeros"),
        ("keras.src.regularizers.regularizers", "L2"),
    ],
)
def test_private_modules_of_keras_are_known(module, name):
    """Keras writes them for some classes: `keras.src.backend.torch.optimizers.torch_adam`."""
    read = deserialize_keras_object({"module": module, "class_name": name, "config": {}, "registered_name": name})
    assert type(read).__name__ == name


def test_build_and_compile_configs():
    @register_keras_serializable("mine")
    class Model(Thing):
        built = False

        def get_build_config(self):
            return {"input_shape": (None, 4)}

        def build_from_config(self, config):
            self.shape = config["input_shape"]

        def get_compile_config(self):
            return {"loss": "mse"}

        def compile_from_config(self, config):
            self.loss = config["loss"]

    config = serialize_keras_object(Model())
    assert config["build_config"] == {"input_shape": (None, 4)}
    read = round_trip(Model())
    assert (read.shape, read.loss, read.built) == ([None, 4], "mse", True)


def test_shared_objects_stay_one_object():
    register_keras_serializable("mine")(Thing)
    one, other = Thing(1), Thing(1)
    with registry.sharing():
        configs = serialize_keras_object([one, other, one])
    assert configs[0]["shared_object_id"] == configs[2]["shared_object_id"]
    assert "shared_object_id" not in configs[1]
    with registry.sharing():
        a, b, c = deserialize_keras_object(configs)
    assert a is c
    assert a is not b
    a, _, c = deserialize_keras_object(configs)
    assert a is not c


# What is refused


def test_names_are_not_imported():
    for module, name in (("os", "system"), ("builtins", "eval"), ("cycnn.core.registry", "Family"), ("keras", "eval")):
        for config in (
            {"module": module, "class_name": name, "config": {}, "registered_name": None},
            {"module": module, "class_name": "function", "config": name, "registered_name": name},
        ):
            with pytest.raises(TypeError, match=r"Unknown (class|function)"):
                deserialize_keras_object(config)


def test_an_unknown_class_gets_its_nearest_name_and_the_remedy():
    registry.export("keras.things")(Thing)
    config = {"module": "keras.things", "class_name": "Thinng", "config": {}, "registered_name": None}
    with pytest.raises(TypeError, match=r"Did you mean 'Thing'. Received: 'Thinng'.*register_keras_serializable"):
        deserialize_keras_object(config)
    assert registry.find(config) is None
    assert registry.find({**config, "class_name": "Thing"}) is Thing


def test_lambdas_are_refused_both_ways():
    with pytest.raises(ValueError, match=r"A lambda cannot be saved.*Received: <function"):
        serialize_keras_object({"activation": lambda x: x})
    config = {"class_name": "__lambda__", "config": {"value": ["4wEAAA", None, None]}}
    for safe_mode in (True, False):
        with pytest.raises(ValueError, match="The config holds a lambda"):
            deserialize_keras_object(config, safe_mode=safe_mode)


def test_what_cannot_be_serialized_is_refused():
    for obj in (object(), Thing, {1, 2}):
        with pytest.raises(TypeError, match=r"An object must have a `get_config` method to be serialized. Received: "):
            serialize_keras_object(obj)

    class Wrong(Thing):
        def get_config(self):
            return [1]

    with pytest.raises(TypeError, match=r"`get_config` of Wrong must return a dictionary. Received: \[1\]"):
        serialize_keras_object(Wrong())


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({"class_name": "Thing", "config": {"length": 3}}, "Thing cannot be made from its config.*length"),
        ({"class_name": "Thing", "config": [3]}, r"The config of Thing must be a dictionary. Received: config=\[3\]"),
        ({"class_name": ["Thing"], "config": {}}, "`class_name` in a config must be a string"),
        ({"class_name": "function", "config": {}}, "The config of a function must be its name"),
        ({"class_name": "Bare", "config": {}}, "must have a `from_config` method"),
        (object(), "A config must be made of dictionaries"),
    ],
)
def test_broken_configs_are_refused(config, match):
    with pytest.raises(TypeError, match=match):
        deserialize_keras_object(config, {"Thing": Thing, "Bare": object})


def test_an_error_within_an_object_is_told_once():
    class Outer(Thing):
        @classmethod
        def from_config(cls, config):
            return cls(deserialize_keras_object(config["inner"]))

    config = {"class_name": "Outer", "config": {"inner": {"class_name": "Thang", "config": {}}}}
    with pytest.raises(registry.ConfigError, match=r"^Unknown class. Did you mean 'Thing'\? Received: 'Thang'."):
        deserialize_keras_object(config, {"Outer": Outer, "Thing": Thing})


# Families


@pytest.fixture
def family(clean):
    return registry.Family("keras.things", "thing", (Thing, double), {"old": Thing})


def test_family_finds_names_classes_objects_and_configs(family):
    thing = Thing(2)
    assert family.get(None) is None
    assert family.get(thing) is thing
    assert family.get(double) is family.get("double") is double
    assert [type(family.get(name)) for name in ("Thing", "thing", "old", Thing)] == [Thing] * 4
    assert family.get({"class_name": "thing", "config": {"size": 5}}).size == 5
    assert family.get({"class_name": "Thing"}).size == 1
    assert family.get(serialize_keras_object(Thing(6))).size == 6
    assert type(family.deserialize("old")) is Thing


def test_family_finds_the_user_s_own(family):
    with custom_object_scope({"tiny": Thing}):
        assert type(family.get("tiny")) is Thing
    register_keras_serializable("mine")(double)
    assert family.get("mine>double") is double


def test_family_refuses_what_it_does_not_know(family):
    with pytest.raises(ValueError, match=r"Unknown thing. Did you mean 'Thing'\? Received: 'Thimg'."):
        family.get("Thimg")
    for identifier in (3, True, ["thing"]):
        with pytest.raises(ValueError, match=r"An argument for a thing must be a name, a config.* Received: "):
            family.get(identifier)
