"""The `.h5` files of Keras 2, which Keras 3 still reads and writes.

    model_config, training_config             attributes, JSON
    model_weights/                            its attribute layer_names: the order of the layers
        conv2d/                               its attribute weight_names: the order of the arrays
            conv2d/kernel
    optimizer_weights/                        its attribute weight_names

A file of weights alone is what lies in `model_weights`. Trainable weights come before the others of a layer. Keras 2 names
arrays `conv2d/kernel:0` and slots `Adam/conv2d/kernel/m:0` or `Adam/m/conv2d/kernel:0`.
"""

import json

import numpy as np

from cycnn._version import __version__
from cycnn.core.registry import serialize_keras_object
from cycnn.saving import configs, h5, state
from cycnn.saving.state import Reader

KERAS = "3.15.1"  # the version whose files ours are
_TOP = "top_level_model_weights"

# Keras 2's names of slots, where Keras 3 has others.
_SLOTS = {
    "m": "momentum",
    "v": "velocity",
    "u": "norm",
    "vhat": "velocity_hat",
    "rms": "velocity",
    "mg": "average_gradient",
    "accum_grad": "accumulated_grad",
    "accum_var": "accumulated_delta_var",
    "accumulator": "accumulator",
    "momentum": "momentum",
}


# Writing -------------------------------------------------------------------------------------------------------------


def write(file, model, include_optimizer=True):
    """Write a whole model into an open HDF5 file."""
    config = serialize_keras_object(model)
    file.attrs["keras_version"] = KERAS
    file.attrs["cycnn_version"] = __version__
    file.attrs["backend"] = "cycnn"
    file.attrs["model_config"] = json.dumps(configs.legacy(config))
    compiled = config.get("compile_config")
    if include_optimizer and compiled:
        file.attrs["training_config"] = json.dumps(configs.training_config(compiled))
    weights = file.create_group("model_weights")
    weights.attrs["keras_version"] = KERAS
    weights.attrs["backend"] = "cycnn"
    h5.set_names(weights, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        _write_arrays(weights.create_group(layer.name), _ordered(layer))
    _write_arrays(weights.create_group(_TOP), [])
    if include_optimizer and model.optimizer is not None and model.optimizer.variables:
        _write_arrays(file.create_group("optimizer_weights"), model.optimizer.variables)
        state.write_random_state(file, model)


def _write_arrays(group, variables):
    names: list[str] = []
    for variable in variables:
        taken = sum(name.partition("#")[0] == variable.path for name in names)
        names.append(f"{variable.path}#{taken}" if taken else variable.path)
    h5.set_names(group, "weight_names", names)
    for name, variable in zip(names, variables, strict=True):
        group.create_dataset(name, data=np.asarray(variable))


def _ordered(layer):
    return [*layer.trainable_weights, *layer.non_trainable_weights]


# Reading -------------------------------------------------------------------------------------------------------------


def is_one(file):
    """Whether an open HDF5 file has this format, whatever it is called; else, Keras 3's."""
    return "layer_names" in file.attrs or "layer_names0" in file.attrs or "model_weights" in file


def read_weights(file, model, path, skip_mismatch=False, by_name=False):
    """The weights of a `.h5` file.

    Args:
        file: The open HDF5 file.
        model, path, skip_mismatch: As for `state.Reader`.
        by_name: Whether layers are found by name, and those without their like left alone; else by their order among
            the layers that have weights.

    Returns:
        `state.Reader`.

    Raises:
        ValueError: There is another number of layers.
    """
    reader = Reader(model, path, skip_mismatch)
    group = h5.child(file, "model_weights") if "model_weights" in file else file
    saved = {name: h5.names(_layer_group(group, name), "weight_names") for name in h5.names(group, "layer_names")}
    if by_name:
        pairs = [(layer, layer.name) for layer in model.layers if layer.name in saved]
    else:
        layers = [layer for layer in model.layers if _ordered(layer)]
        names = [name for name, weights in saved.items() if weights]
        if len(layers) != len(names):
            raise ValueError(
                f"The model {model.name!r} has {len(layers)} layers with weights. "
                f"Received: {path!r} with {len(names)}; `by_name=True` loads those whose names are the same."
            )
        pairs = list(zip(layers, names, strict=True))
    for layer, name in pairs:
        variables, weights = _ordered(layer), saved[name]
        whose = f"layer {layer.name!r}" + (f" (in the file {name!r})" if name != layer.name else "")
        if len(variables) != len(weights):
            reader.problems.append(f"{whose}: it has {len(variables)} weights, the file {len(weights)}")
            continue
        for variable, weight in zip(variables, weights, strict=True):
            reader.match(variable, h5.array(_layer_group(group, name), weight), whose)
    return reader


def _layer_group(group, name):
    found = h5.child(group, name)
    if found is None:
        raise ValueError(f"A file must hold what its layer_names say. Received: no group {name!r}.")
    return found


def config(file, path, compiled=True):
    """The configuration of a whole model, in Keras 3's form but for its layers.

    Args:
        file: The open HDF5 file.
        path: Its path, for errors.
        compiled: Whether to say how it was compiled.

    Raises:
        ValueError: The file holds no model.
    """
    text = h5.attribute(file, "model_config")
    if text is None:
        raise ValueError(
            "A file to load a model from must hold its configuration. "
            f"Received: {path!r}, which holds weights alone: make the model, then `model.load_weights(path)`."
        )
    found = configs.decoded(text, path)
    training = h5.attribute(file, "training_config") if compiled else None
    if training is not None:
        found["compile_config"] = configs.compile_config(configs.decoded(training, path))
    return found


def read(file, model, path):
    """Weights and optimizer state of a whole model's file, for the model that its configuration has made.

    Returns:
        `state.Reader`.
    """
    reader = read_weights(file, model, path)
    group = h5.child(file, "optimizer_weights")
    if group is not None and model.optimizer is not None:
        _read_optimizer(reader, model.optimizer, group)
        state.read_random_state(file, reader)
    return reader


def _read_optimizer(reader, optimizer, group):
    """The state of an optimizer, in Keras 3's order or by Keras 2's names; one that does not fit is left alone."""
    if not optimizer.built:
        optimizer.build(reader.model.trainable_variables)
    names, variables = h5.names(group, "weight_names"), optimizer.variables
    if len(names) == len(variables):
        pairs = list(zip(variables, names, strict=True))
    else:
        pairs = _pairs_of_keras2(variables, names)
    found = [(variable, h5.array(group, name)) for variable, name in pairs]
    if not found or any(dataset is None or dataset.shape != variable.shape for variable, dataset in found):
        reader.notes.append(
            f"The state of the optimizer in {reader.path!r} does not fit {type(optimizer).__name__}, which begins anew."
        )
        return
    reader.values += [(variable, h5.values(dataset)) for variable, dataset in found]
    reader.goes_on = True


def _pairs_of_keras2(variables, names):
    """`(variable, name)` of an optimizer's variables and Keras 2's names for them, which come in another order; empty
    where they do not fit. The learning rate is in the configuration there."""
    slots: dict[str, list[str]] = {}
    for name in names[1:]:  # behind the iterations
        parts = name.removesuffix(":0").split("/")
        kind = parts[-1] if parts[-1] in _SLOTS else parts[1]
        slots.setdefault(_SLOTS.get(kind, kind), []).append(name)
    pairs = list(zip(variables, names[:1], strict=False))
    for kind, found in slots.items():
        ours = [variable for variable in variables if variable.path.endswith(f"_{kind}")]
        if len(ours) != len(found):
            return []
        pairs += zip(ours, found, strict=True)
    rest = len(variables) - len(pairs) - sum(variable.name == "learning_rate" for variable in variables)
    return pairs if rest == 0 else []
