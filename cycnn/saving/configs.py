"""Configurations as files hold them: those of Keras 2 and of `.h5` files made into Keras 3's and back, and what one asks
for that cycnn lacks.

    Keras 3, `.keras`      {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": None}
    `.h5`, Keras 2 and 3   {"class_name": "Dense", "config": {...}}
    Keras 2                "batch_input_shape", nodes as [[["dense", 0, 0, {}]]], metrics as MeanMetricWrapper
"""

import json

from cycnn.core import registry
from cycnn.saving import paths

_FUNCTIONAL = "keras.src.models.functional"  # has no public name, so Keras 3 writes this one
_TRAINING = ("loss", "loss_weights", "metrics", "weighted_metrics")  # of an `.h5` file's training_config


def decoded(text, where):
    """The dictionary that a JSON text holds.

    Raises:
        ValueError: It holds none.
    """
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise paths.damaged(where, f"its configuration is no JSON ({error})") from error
    if not isinstance(config, dict):
        raise paths.damaged(where, "its configuration is no dictionary")
    return config


# To Keras 3's form --------------------------------------------------------------------------------------------------


def modern(config):
    """The config of a model or layer in Keras 3's form, whichever Keras wrote it; what is so already stays.

    Raises:
        ConfigError: It is not the config of a model.
    """
    if not isinstance(config.get("class_name"), str) or "config" not in config:
        raise registry.ConfigError("The config of a model must hold `class_name` and `config`.")
    config = _modern_layer(config)
    compiled = config.get("compile_config")
    if isinstance(compiled, dict):
        compiled = config["compile_config"] = dict(compiled)
        if isinstance(compiled.get("optimizer"), dict):
            compiled["optimizer"] = _modern_optimizer(compiled["optimizer"])
        if compiled.get("loss") is not None:
            compiled["loss"] = _each(compiled["loss"], _modern_loss)
        for name in ("metrics", "weighted_metrics"):
            if compiled.get(name) is not None:
                compiled[name] = _each(compiled[name], _modern_metric)
    return config


def _modern_layer(config):
    config = dict(config)
    if "module" not in config:
        config.update(_named(config["class_name"], "keras.layers"))
    name, inner = config["class_name"], config.get("config")
    if name == "Sequential" and isinstance(inner, list):  # before Keras 2.2.3
        inner = {"name": "sequential", "layers": inner}
    if not isinstance(inner, dict):
        return config
    inner = dict(inner)
    if name == "InputLayer" and "batch_input_shape" in inner:
        inner["batch_shape"] = inner.pop("batch_input_shape")
    if name == "Lambda" and "function_type" in inner:  # Keras 2
        for key in ("module", "function_type", "output_shape_type", "output_shape_module"):
            inner.pop(key, None)
        if isinstance(inner["function"], str):
            inner["function"] = {"class_name": "function", "config": inner["function"], "module": "builtins"}
    if isinstance(inner.get("layers"), list):
        inner["layers"] = _modern_layers(inner["layers"])
        if "output_layers" in inner:
            _move_nodes(inner)
    return {**config, "config": inner}


def _modern_layers(layers):
    if not all(isinstance(layer, dict) and isinstance(layer.get("class_name"), str) for layer in layers):
        raise registry.ConfigError("`layers` in the config of a model must be a list of configs of layers.")
    return [_modern_layer(layer) for layer in layers]


# Keras's own layers that cycnn leaves out; any other name without a module may be that of the user's class.
LEFT_OUT = {
    "AdditiveAttention", "Attention", "Bidirectional", "CategoryEncoding", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
    "Discretization", "GRU", "GRUCell", "GroupQueryAttention", "HashedCrossing", "Hashing", "IntegerLookup", "JaxLayer",
    "LSTM", "LSTMCell", "MultiHeadAttention", "RNN", "SimpleRNN", "SimpleRNNCell", "StackedRNNCells", "StringLookup",
    "TFSMLayer", "TorchModuleWrapper",
}  # fmt: skip


def _named(class_name, module):
    """The three names of a class that an `.h5` file calls by one."""
    name = class_name.rpartition(">")[2]
    if name in ("Model", "Functional"):
        return {"module": _FUNCTIONAL, "class_name": "Functional", "registered_name": "Functional"}
    if name == "Sequential":
        return {"module": "keras", "class_name": name, "registered_name": None}
    builtin = {"module": module, "class_name": name, "registered_name": None}
    if registry.get_registered_object(class_name) is None and (name in LEFT_OUT or registry.find(builtin) is not None):
        return builtin  # Keras 2 writes "Custom>SGD"
    return {"module": None, "class_name": name, "registered_name": class_name}


def _move_nodes(inner):
    """Keras 2's calls of layers to Keras 3's, in the config of a functional model."""
    models = {layer.get("name") for layer in inner["layers"] if layer["class_name"] in ("Sequential", "Functional")}
    sequential = {layer.get("name") for layer in inner["layers"] if layer["class_name"] == "Sequential"}
    old = False
    for layer in inner["layers"]:
        nodes = layer.get("inbound_nodes") or []
        if any(isinstance(node, list) for node in nodes):
            old = True
            layer["inbound_nodes"] = [_modern_node(node, models) if isinstance(node, list) else node for node in nodes]
    if old:
        inner["output_layers"] = [
            [name, number - (name in sequential), tensor] for name, number, tensor in inner["output_layers"]
        ]


def _modern_node(node, models):
    """One call. Keras 2 counts the making of a model as its first call."""
    if node and isinstance(node[0], str):
        node = [node]
    tensors, arguments = [], {}
    for name, number, tensor, *more in node:
        history = [name, number - (name in models), tensor]
        tensors.append({"class_name": "__keras_tensor__", "config": {"shape": None, "keras_history": history}})
        arguments.update(*more)
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": arguments}


def compile_config(training):
    """What a `.keras` file calls compile_config, from the training_config of an `.h5` file."""
    found = {name: training[name] for name in _TRAINING if training.get(name) is not None}
    for name in ("metrics", "weighted_metrics"):
        if isinstance(found.get(name), list) and len(found[name]) == 1 and isinstance(found[name][0], list):
            found[name] = found[name][0]  # Keras 2 keeps a list for each output
    if training.get("optimizer_config"):
        found["optimizer"] = training["optimizer_config"]
    return found


def _each(value, change):
    """Strings and configs in nested lists and dictionaries, changed one by one."""
    if isinstance(value, list):
        return [_each(part, change) for part in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _each(part, change) for key, part in value.items()}
    return change(value)


def _modern_loss(config):
    if not isinstance(config, dict) or isinstance(config.get("config"), str):  # a name, or a function's config
        return config
    inner = dict(config.get("config") or {})
    if isinstance(inner.get("fn"), str):  # Keras 2 writes the function of every loss
        del inner["fn"]
    names = {} if "module" in config else _named(config["class_name"], "keras.losses")
    return {**config, **names, "config": inner}


def _modern_metric(config):
    if not isinstance(config, dict):
        return config
    if config["class_name"] == "MeanMetricWrapper":  # Keras 2's `metrics=["accuracy"]`, with the function it stood for
        inner = config["config"]
        return inner["name"] if inner["name"] in ("accuracy", "acc") else inner["fn"]
    return config if "module" in config else {**config, **_named(config["class_name"], "keras.metrics")}


def _modern_optimizer(config):
    inner = dict(config["config"])
    rate = inner.get("learning_rate")
    if isinstance(rate, dict) and "module" not in rate:
        inner["learning_rate"] = {**rate, **_named(rate["class_name"], "keras.optimizers.schedules")}
    names = {} if "module" in config else _named(config["class_name"], "keras.optimizers")
    return {**config, **names, "config": inner}


# To the form of `.h5` files -----------------------------------------------------------------------------------------


def legacy(config):
    """The config of a model or layer as `.h5` files hold it, from Keras 3's form."""
    inner = config["config"]
    if str(config.get("module")).startswith("keras.src.ops."):  # Keras cannot read its own files with these
        return config
    if isinstance(inner, dict) and isinstance(inner.get("layers"), list):
        inner = {**inner, "layers": [legacy(layer) for layer in inner["layers"]]}
    kept = {key: config[key] for key in ("name", "inbound_nodes") if key in config}
    return {"class_name": config.get("registered_name") or config["class_name"], "config": inner, **kept}


def training_config(compiled):
    """The training_config of an `.h5` file, from what `get_compile_config` returned."""
    optimizer = compiled["optimizer"]
    rest = {key: _each(value, _legacy_part) for key, value in compiled.items() if key != "optimizer"}
    return {**rest, "optimizer_config": _legacy_part(optimizer)}


def _legacy_part(config):
    if not isinstance(config, dict):
        return config
    if config["class_name"] == "function":
        return config["config"]
    return {"class_name": config.get("registered_name") or config["class_name"], "config": config["config"]}


# What is missing ----------------------------------------------------------------------------------------------------


def check(config, where):
    """Refuse a config that names what is neither cycnn's nor the user's, with everything it names so.

    Raises:
        ConfigError: A TypeError.
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    unregistered: dict[tuple[str, str], list[str]] = {}
    code = []
    for part in _objects(config):
        if part["class_name"] == "Lambda" and _is_code(part["config"]):
            code.append(part["config"].get("name"))
        if registry.find(part) is not None:
            continue
        module, name = part["module"], part["class_name"]
        what = _what(module)
        if name == "function":
            what, name = "function", str(part["config"])
        elif not (module or "").startswith("keras."):
            name = part.get("registered_name") or name  # what `custom_objects` must call it
        table = lacking if (module or "").startswith("keras.") else unregistered
        inner = part["config"] if isinstance(part["config"], dict) else {}
        table.setdefault((what, name), []).append(inner.get("name") or "")
    if not lacking and not unregistered and not code:
        return
    sentences = []
    if lacking:
        sentences.append(f"The model in {where!r} needs what cycnn does not have: {_listed(lacking)}.")
    if code:
        sentences.append(
            f"The model in {where!r} has Lambda layers that are Python code in a file, which cycnn does not run: "
            f"{', '.join(map(repr, code))}. Write them with named functions, decorated with "
            "`@cycnn.saving.register_keras_serializable()`, or as classes of your own, and save the model again."
        )
    if unregistered:
        sentences.append(
            f"The model in {where!r} needs {_listed(unregistered)}, which cycnn does not have. What is your own is found if "
            "it is decorated with `@cycnn.saving.register_keras_serializable()`, or given by name in `custom_objects`."
        )
    if any(what in ("loss", "metric", "optimizer") for what, _ in (*lacking, *unregistered)):
        sentences.append("`compile=False` loads the network without its optimizer, loss and metrics.")
    raise registry.ConfigError(" ".join(sentences))


def _objects(config):
    """Every config of an object within a config, in order."""
    if isinstance(config, (list, tuple)):
        for part in config:
            yield from _objects(part)
    elif isinstance(config, dict):
        if isinstance(config.get("class_name"), str) and {"module", "config"} <= config.keys():
            if config["class_name"] == "DTypePolicy":
                return
            yield config
        for part in config.values():
            yield from _objects(part)


def _is_code(inner):
    """Whether a Lambda's config holds marshalled code: a dictionary in Keras 3, a list in Keras 2."""
    function = inner.get("function") if isinstance(inner, dict) else None
    return isinstance(function, list) or (isinstance(function, dict) and function.get("class_name") == "__lambda__")


def _what(module):
    place = next((part for part in (module or "").split(".") if part in registry.PLACES), None)
    singular = {"losses": "loss", "activations": "activation"}
    return "class" if place is None else singular.get(place, place.removesuffix("s"))


def _listed(table):
    """`layer LSTM ('lstm', 'lstm_1'), optimizer Lion`"""
    return ", ".join(
        f"{what} {name}" + (f" ({', '.join(map(repr, filter(None, names)))})" if any(names) else "")
        for (what, name), names in table.items()
    )
