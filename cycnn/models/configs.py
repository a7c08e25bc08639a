"""Graphs of layers as plain data, in Keras 3's format, and back.

    {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": None,
                 "build_config": {"input_shape": (None, 4)}, "name": "dense",
                 "inbound_nodes": [{"args": (tensor,), "kwargs": {}}]}, ...],
     "input_layers": ["input_layer", 0, 0], "output_layers": ["dense", 0, 0]}

A tensor is written as where it comes from: the name of a layer, the number of its call, the number of the output.
"""

from cycnn.core import registry
from cycnn.core.checks import short
from cycnn.core.structure import flatten, map_leaves
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.layer import Layer, takes
from cycnn.models import functions
from cycnn.models.topology import map_tensors

TENSOR = "__keras_tensor__"


def of_topology(model, topology, functional):
    """The layers of a functional model, their calls, and its inputs and outputs.

    Args:
        functional: the class `Functional`: the calls of such models are counted from 1, but not in `keras_history`.

    Raises:
        ValueError: a function that is not one of `cycnn.ops` is among the layers.
    """

    def history(tensor):
        layer, call, index = topology.place(tensor)
        return {
            "class_name": TENSOR,
            "config": {"shape": tensor.shape, "dtype": tensor.dtype, "keras_history": [layer.name, call, index]},
        }

    def place(tensor):
        layer, call, index = topology.place(tensor)
        return [layer.name, call + isinstance(layer, functional), index]

    layers = []
    for layer in topology.operations:
        is_function = isinstance(layer, functions.Function)
        nodes = []
        for call in layer._calls:
            if call in topology.depths and call.inputs:
                kwargs = dict(call.kwargs)
                alone = not kwargs and len(call.args) == 1 and isinstance(call.args[0], SymbolicTensor)
                if isinstance(layer, functional) or (alone and not is_function and _has_mask(layer)):
                    kwargs["mask"] = None  # as Keras has it
                args, kwargs = map_tensors(history, (call.args, kwargs))
                nodes.append(
                    {"args": registry.serialize_keras_object(args), "kwargs": registry.serialize_keras_object(kwargs)}
                )
        config = layer.serialize() if is_function else registry.serialize_keras_object(layer)
        layers.append({**config, "name": layer.name, "inbound_nodes": nodes})
    return {
        "layers": layers,
        "input_layers": map_leaves(place, model._inputs_struct),
        "output_layers": map_leaves(place, model._outputs_struct),
    }


def _has_mask(layer):
    return layer.takes_mask or takes(type(layer).call, "mask")


def tensors_of(config, custom_objects, functional):
    """`(inputs, outputs)` of a functional model's config: its layers are made, and called as it says.

    Raises:
        ValueError: calls are in a circle, or need a layer that is not there.
    """
    layers, waiting, made = {}, {}, {}
    for part in config["layers"]:
        layer = functions.deserialize(part) if functions.is_function(part) else layer_of(part, custom_objects)
        name = part.get("name", layer.name)
        layers[name], waiting[name] = layer, list(part["inbound_nodes"])
        made[name] = [] if waiting[name] else [layer._calls[0].outputs]

    def tensor(name, call, index):
        return made[name][call][index]  # IndexError: not yet

    def value(part):
        if isinstance(part, dict):
            if part.get("class_name") == TENSOR:
                return tensor(*part["config"]["keras_history"])
            if "class_name" in part and "config" in part:
                return registry.deserialize_keras_object(part, custom_objects)
            return {key: value(inner) for key, inner in part.items()}
        return [value(inner) for inner in part] if isinstance(part, (list, tuple)) else part

    while any(waiting.values()):
        before = sum(map(len, waiting.values()))
        for name, nodes in waiting.items():
            while nodes:
                try:
                    args, kwargs = value(nodes[0]["args"]), value(nodes[0]["kwargs"])
                    if isinstance(layers[name], functions.Function):
                        args = functions.arguments(layers[name], args)
                except IndexError:
                    break
                except KeyError as error:
                    raise ValueError(
                        f"The calls of layer {name!r} in a config must be fed by its layers. Received: layer {error}."
                    ) from None
                made[name].append(flatten(layers[name](*args, **kwargs)))
                nodes.pop(0)
        if sum(map(len, waiting.values())) == before:
            left = [name for name, nodes in waiting.items() if nodes]
            raise ValueError(
                "The layers of a config must be connected without circles. "
                f"Received: the inputs of {', '.join(map(repr, left))} are never computed."
            )

    def place(structure):
        if isinstance(structure, dict):
            return {key: place(part) for key, part in structure.items()}
        if len(structure) == 3 and isinstance(structure[0], str):
            name, call, index = structure
            try:
                return tensor(name, call - isinstance(layers[name], functional), index)
            except (KeyError, IndexError):
                raise ValueError(
                    f"The inputs and outputs in a config must come from its layers. Received: {structure}."
                ) from None
        return type(structure)(place(part) for part in structure)

    return place(config["input_layers"]), place(config["output_layers"])


def layer_of(config, custom_objects=None):
    """The layer of a config; one without a module, as Keras 2 wrote it, is a layer or model of Keras's."""
    if "module" not in config:
        name = config.get("class_name")
        config = {"module": "keras" if name in ("Functional", "Model", "Sequential") else "keras.layers", **config}
        if name == "Functional":
            config["class_name"] = "Model"
    layer = registry.deserialize_keras_object(config, custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(f"A config must be that of a layer. Received: {short(config)}.")
    return layer
