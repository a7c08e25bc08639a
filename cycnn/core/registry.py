"""Objects to configs and back, in Keras 3's format:

    {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None}

A name in a config leads to a class only through the tables here: what cycnn exports under Keras's name for it, what
the user registered, what a `custom_object_scope` holds. Only modules of cycnn in these tables are imported by name, and
no code is read from a file.

    export                           cycnn's own classes and functions, under their names in Keras
    export_later                     those whose modules are imported when a config names them
    register_keras_serializable      the user's, under "package>name"
    custom_object_scope              the user's, by any name, for a while
    Family                           the named objects of a package: `initializers.get("he_normal")` and its like
"""

import contextlib
import importlib
import types
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np

from cycnn.core.checks import short, unknown
from cycnn.core.names import to_snake_case

# Where Keras keeps classes and functions that a config may name.
PLACES = ("activations", "constraints", "initializers", "layers", "losses", "metrics", "optimizers", "regularizers")

_builtin: dict[str, Any] = {}  # "keras.initializers.Zeros" → class
_later: dict[str, Any] = {}  # "keras.layers" → name → the module of cycnn that exports it; or what exports them all
_builtin_names: dict[Any, tuple[str, str]] = {}  # class → ("keras.initializers", "Zeros")
_custom: dict[str, Any] = {}  # "package>name" → class or function
_custom_names: dict[Any, str] = {}  # class or function → "package>name"
_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default=types.MappingProxyType({}))

# Within `noting`: the user's own classes and functions that were written, name → object.
_noted: ContextVar[dict | None] = ContextVar("noted_objects", default=None)

# Within `sharing`: what was written, id → (config, object, number), and what was read, number → object.
_shared: ContextVar[tuple[dict, dict] | None] = ContextVar("shared_objects", default=None)


# Names ---------------------------------------------------------------------------------------------------------------


def export(module, *aliases):
    """Decorator: the class or function is Keras's `module.<its name>`, and may be called by the aliases too.

    Args:
        module: Where Keras has it: `"keras.layers"`.
        aliases: Further names in that module: `"Convolution2D"`.
    """

    def decorate(thing):
        _builtin_names.setdefault(thing, (module, thing.__name__))
        for name in (thing.__name__, *aliases):
            _builtin[f"{module}.{name}"] = thing
        return thing

    return decorate


def export_later(module, modules):
    """Say where classes and functions are that enter the tables when their modules are imported.

    Args:
        module: Where Keras has them: `"keras.layers"`.
        modules: Dictionary, name → module of cycnn; `"module:name there"` for an alias. Or a function that exports all.
    """
    _later[module] = modules


def _exported(module, name):
    """cycnn's own class or function; `None` where there is none. Only modules in the tables are imported."""
    key = f"{module}.{name}"
    if key not in _builtin:
        root, *parts = module.split(".")
        place = next((part for part in parts if part in PLACES), None)
        if place is not None and root in ("cycnn", "keras"):
            importlib.import_module(f"cycnn.{place}")
        later = _later.get(module, {})
        if callable(later):
            later()
        elif name in later:
            importlib.import_module(later[name].partition(":")[0])
    return _builtin.get(key)


def register_keras_serializable(package="Custom", name=None):
    """Decorator: let files refer to the user's class or function as `"package>name"`.

    Args:
        package: String.
        name: String; the name of the class or function where it is `None`.

    Raises:
        ValueError: If a class has no `get_config`.

    Example:

    ```python
    @cycnn.utils.register_keras_serializable("mine")
    class Small(cycnn.regularizers.Regularizer):
        ...
    ```
    """

    def decorate(thing):
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(f"A registered class must have a `get_config` method. Received: {thing!r}.")
        registered_name = f"{package}>{name or thing.__name__}"
        _custom[registered_name] = thing
        _custom_names[thing] = registered_name
        return thing

    return decorate


def get_custom_objects():
    """The dictionary itself of what is registered, name → class or function."""
    return _custom


def get_registered_name(obj):
    """The name that a class or function is registered under; its own name where it is not."""
    try:
        return _custom_names.get(obj) or obj.__name__
    except TypeError:  # not hashable, so never registered
        return obj.__name__


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The class or function of a name, or `None`.

    Args:
        name: String.
        custom_objects: Dictionary that is asked after the scopes and what is registered.
        module_objects: Dictionary that is asked last.
    """
    for table in (_scope.get(), _custom, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None


@contextlib.contextmanager
def custom_object_scope(custom_objects):
    """Within this scope, names in configs and strings may stand for the user's own classes and functions.

    Args:
        custom_objects: Dictionary, name → class or function. Within another scope it adds to that one.

    Example:

    ```python
    with cycnn.utils.custom_object_scope({"tiny": tiny_initializer}):
        layer = cycnn.layers.Dense(3, kernel_initializer="tiny")
    ```
    """
    token = _scope.set({**_scope.get(), **(custom_objects or {})})
    try:
        yield
    finally:
        _scope.reset(token)


CustomObjectScope = custom_object_scope


# Objects → configs ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def sharing():
    """Within this scope an object that occurs twice is written with one `shared_object_id`, and read as one object."""
    token = _shared.set(({}, {}))
    try:
        yield
    finally:
        _shared.reset(token)


@contextlib.contextmanager
def noting():
    """A dictionary that takes the user's own classes and functions that configs name within this scope, name → object: with
    it as `custom_objects` the configs can be read again, whether anything is registered or not."""
    found: dict[str, Any] = {}
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def _note(name, thing):
    noted = _noted.get()
    if noted is not None and thing not in _builtin_names and not thing.__module__.startswith("cycnn.ops."):
        noted[name] = thing


def serialize_keras_object(obj):
    """The config of an object: plain data that JSON can hold.

    Args:
        obj: An object with `get_config`, a named function, an array, plain data, or lists and dictionaries of those.

    Raises:
        TypeError: If it is none of these.
        ValueError: If it is a lambda, which has no name to be found by again.
    """
    if isinstance(obj, np.generic):  # before float, which np.float64 is
        return obj.item()
    if obj is None or isinstance(obj, (bool, int, float, str)):
        return obj
    if isinstance(obj, np.ndarray):
        if obj.ndim == 0:
            return obj.item()
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, tuple):
        return tuple(serialize_keras_object(part) for part in obj)
    if isinstance(obj, list):
        return [serialize_keras_object(part) for part in obj]
    if isinstance(obj, dict):
        return {key: serialize_keras_object(part) for key, part in obj.items()}
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode()}}
    if isinstance(obj, slice):
        parts = {"start": obj.start, "stop": obj.stop, "step": obj.step}
        return {"class_name": "__slice__", "config": serialize_keras_object(parts)}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, types.FunctionType):
        if obj.__name__ == "<lambda>":
            raise ValueError(
                "A lambda cannot be saved: write a named function and decorate it with "
                f"`@cycnn.utils.register_keras_serializable()`. Received: {obj!r}."
            )
        name = get_registered_name(obj)
        _note(name, obj)
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    if isinstance(obj, type) or not hasattr(obj, "get_config"):
        raise TypeError(f"An object must have a `get_config` method to be serialized. Received: {obj!r}.")
    return _serialize_instance(obj)


def _serialize_instance(obj):
    kind = type(obj)
    inner = obj.get_config()
    if not isinstance(inner, dict):
        raise TypeError(f"`get_config` of {kind.__name__} must return a dictionary. Received: {inner!r}.")
    module: str | None
    if kind in _builtin_names:
        module, name = _builtin_names[kind]
        own = name if module.startswith("keras.src.") else None  # a class without a public name
        config = {"module": module, "class_name": name, "config": inner, "registered_name": own}
    else:
        module = None if kind.__module__ == "__main__" else kind.__module__
        name = get_registered_name(kind)
        _note(name, kind)
        config = {"module": module, "class_name": kind.__name__, "config": inner, "registered_name": name}
    config["config"] = serialize_keras_object(inner)
    for state in ("build_config", "compile_config"):
        found = getattr(obj, f"get_{state}", lambda: None)()
        if found is not None:
            config[state] = serialize_keras_object(found)
    shared = _shared.get()
    if shared is not None:
        written, _ = shared
        # The object is kept beside its config: a freed one could lend its id to another.
        first, _, number = written.setdefault(id(obj), (config, obj, len(written)))
        if first is not config:
            first["shared_object_id"] = config["shared_object_id"] = number
    return config


# Configs → objects ---------------------------------------------------------------------------------------------------


class ConfigError(TypeError):
    """A config that names something unknown, or does not fit what it names."""


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, module_objects=None):
    """The object of a config.

    Args:
        config: What `serialize_keras_object` returned, or what Keras wrote.
        custom_objects: Dictionary of the user's own classes and functions, name → object.
        safe_mode: Accepted for programs that pass it; a lambda is refused in either case.
        module_objects: Dictionary of the names that a string, or a config without `"module"`, may use.

    Raises:
        ConfigError: A TypeError, if the config names what is neither cycnn's nor registered, or does not fit it.
        ValueError: If it holds a lambda.
    """
    module_objects = module_objects or {}
    with custom_object_scope({**(custom_objects or {}), **_scope.get()}):
        if isinstance(config, str):
            found = get_registered_object(config, module_objects=module_objects)
            if found is None:
                return config
            return found() if isinstance(found, type) and config in module_objects else found
        if isinstance(config, dict) and config.get("class_name") in [*module_objects]:
            config = {"config": {}, **config}
        return _deserialize(config, module_objects)


def find(config, module_objects=None):
    """The class or function that a config names; `None` where it is neither cycnn's nor registered."""
    module, name = config.get("module"), config["class_name"]
    registered_name = config.get("registered_name", name)  # None, in a config of Keras's own: nobody's class
    if name == "function":
        name = registered_name = config["config"]
    found = get_registered_object(registered_name)
    if found is None and module is not None:
        found = _exported(module, name)
    if found is None and ("module" not in config or module == "builtins"):
        found = (module_objects or {}).get(name)
    if found is None and module == "builtins":
        # Keras writes its own functions without saying where they live.
        places = (f"keras.{place}" for place in PLACES if place != "layers")
        found = next(filter(None, (_exported(place, name) for place in places)), None)
    if found is None and module is not None and module.partition(".")[0] in ("keras", "tf_keras"):
        found = _exported(_public(module), name)
    return found


def _public(module):
    """Keras's public module for one of its private ones, which it writes for some classes, and which differ by version
    and backend: `keras.optimizers` for `keras.src.backend.torch.optimizers.torch_adam`."""
    parts = module.split(".")
    place = next((part for part in parts if part in PLACES), None)
    if place is None:
        return "keras.src.models.functional" if parts[-1] == "functional" else "keras"
    return f"keras.{place}.schedules" if "schedules" in parts else f"keras.{place}"


def _deserialize(config, module_objects):
    if config is None or isinstance(config, (bool, int, float)):
        return config
    if isinstance(config, str):
        found = get_registered_object(config)
        return config if found is None else found
    if isinstance(config, (list, tuple)):
        return [_deserialize(part, {}) for part in config]
    if not isinstance(config, dict):
        raise ConfigError(f"A config must be made of dictionaries, lists and plain data. Received: {short(config)}.")
    if "class_name" not in config or "config" not in config:
        return {key: _deserialize(part, {}) for key, part in config.items()}
    name, inner = config["class_name"], config["config"]
    if not isinstance(name, str):
        raise ConfigError(f"`class_name` in a config must be a string. Received: class_name={short(name)}.")
    if name in _PLAIN:
        try:
            return _PLAIN[name](inner)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"The config of a {name} is not valid: {error!r}. Received: {short(config)}.") from error
    if name == "function" and not isinstance(inner, str):
        raise ConfigError(f"The config of a function must be its name. Received: config={short(inner)}.")
    shared, number = _shared.get(), config.get("shared_object_id")
    if shared is not None and number in shared[1]:
        return shared[1][number]
    found = find(config, module_objects)
    if found is None:
        raise ConfigError(_not_found(config, module_objects))
    made = _make(found, config) if isinstance(found, type) else found
    if shared is not None and number is not None:
        shared[1][number] = made
    return made


def _make(kind, config):
    inner = {} if config["config"] is None else config["config"]
    if not isinstance(inner, dict):
        raise ConfigError(f"The config of {kind.__name__} must be a dictionary. Received: config={short(inner)}.")
    if not hasattr(kind, "from_config"):
        raise ConfigError(f"A class must have a `from_config` method to be made from a config. Received: {kind!r}.")
    try:
        made = kind.from_config(inner)
    except ConfigError:  # of an object within this one
        raise
    except TypeError as error:
        raise ConfigError(
            f"{kind.__name__} cannot be made from its config: {error}. Received: config={short(inner)}."
        ) from error
    if config.get("build_config") and not getattr(made, "built", False):
        made.build_from_config(config["build_config"])
        made.built = True
    if config.get("compile_config"):
        made.compile_from_config(config["compile_config"])
    return made


def _not_found(config, module_objects):
    what, name, module = "class", config["class_name"], config.get("module")
    if name == "function":
        what, name = "function", config["config"]
    known = {key.rpartition(".")[2] for key in _builtin if key.rpartition(".")[0] == module}
    later = _later.get(module, ())
    known |= {*(() if callable(later) else later), *module_objects, *_scope.get(), *_custom}
    return (
        f"{unknown(what, name, known)} A {what} of your own is found if it is decorated with "
        "`@cycnn.utils.register_keras_serializable()` or given in `custom_objects`."
    )


def _read_array(inner):
    array = np.array(inner["value"], np.dtype(inner["dtype"]))
    if array.dtype.kind not in "biufSU":
        raise TypeError(f"An array in a config must hold numbers or text. Received: dtype={inner['dtype']!r}.")
    return array


def _read_slice(inner):
    return slice(*(_deserialize(inner[part], {}) for part in ("start", "stop", "step")))


def _refuse_lambda(inner):
    raise ValueError(
        "The config holds a lambda, that is, code in a file, which cycnn does not run. Write it as a named function, "
        "decorate it with `@cycnn.utils.register_keras_serializable()`, and save the model again."
    )


# Configs that are values, not objects of a class.
_PLAIN = {
    "__numpy__": _read_array,
    "__tensor__": _read_array,
    "__bytes__": lambda inner: inner["value"].encode(),
    "__slice__": _read_slice,
    "__ellipsis__": lambda inner: Ellipsis,
    "__lambda__": _refuse_lambda,
}


# The named objects of a package --------------------------------------------------------------------------------------


class Family:
    """The named objects of one package, behind its `get`, `serialize` and `deserialize`.

    Args:
        module: Keras's name of the package: `"keras.initializers"`.
        what: What a member is, for errors: `"initializer"`.
        members: Classes and functions; each is known by its name and by that in snake case, and exported.
        aliases: Dictionary of further names.
    """

    def __init__(self, module, what, members, aliases=None):
        self.what = what
        self.objects = {}
        for member in members:
            for name in (member.__name__, to_snake_case(member.__name__)):
                export(module, name)(member)
                self.objects[name] = member
        self.names = tuple(self.objects)  # those to suggest
        for alias, member in (aliases or {}).items():
            export(module, alias)(member)
            self.objects[alias] = member

    def get(self, identifier):
        """The object that an argument means: a name, a config, a class, an object (any callable) or `None`."""
        if identifier is None:
            return None
        if isinstance(identifier, str):
            found = get_registered_object(identifier, module_objects=self.objects)
            if found is None:
                raise ValueError(unknown(self.what, identifier, {*self.names, *_scope.get(), *_custom}, self.objects))
        else:
            found = self.deserialize(identifier) if isinstance(identifier, dict) else identifier
        if isinstance(found, type):
            found = found()
        if not callable(found):
            raise ValueError(
                f"An argument for a {self.what} must be a name, a config, a callable object or None. "
                f"Received: {identifier!r}."
            )
        return found

    def deserialize(self, config, custom_objects=None):
        """The object of a config, of this family or of the user's own classes."""
        return deserialize_keras_object(config, custom_objects, module_objects=self.objects)
