"""clone_model: a model like another one, with new layers and weights."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.structure import flatten, map_leaves, pack
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.input_layer import Input, InputLayer
from cycnn.models.functions import Function
from cycnn.models.model import Functional
from cycnn.models.sequential import Sequential


@export("keras.models")
def clone_model(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """A model like another one, with new layers and so with new weights.

    Args:
        model: Sequential or functional model.
        input_tensors: symbolic inputs of the new model, like those of the old one; new ones by default.
        clone_function: called as `clone_function(layer)` for each layer but inputs; returns the layer to use in its place.
        call_function: called as `call_function(layer, *args, **kwargs)` to call a new layer, for functional models.
        recursive: whether the layers of models within the model are cloned one by one, too.

    Returns:
        The new model, compiled like the old one.

    Raises:
        ValueError: arguments that do not fit the model.

    Example:

    ```python
    def without_dropout(layer):
        config = layer.get_config()
        if isinstance(layer, cycnn.layers.Dropout):
            config["rate"] = 0.0
        return type(layer).from_config(config)

    model = cycnn.models.clone_model(model, clone_function=without_dropout)
    ```
    """
    if not isinstance(model, (Sequential, Functional)):
        raise ValueError(f"`model` must be a Sequential or functional model. Received: model={model!r}.")
    if clone_function is not None and not callable(clone_function):
        raise checks.refuse("clone_function", "a function of a layer", clone_function)
    if isinstance(model, Sequential) and call_function is not None:
        raise ValueError(
            "`call_function` is for functional models: the layers of a Sequential model are only listed. "
            f"Received: call_function={call_function!r} for the model {model.name!r}."
        )
    return _clone(model, input_tensors, clone_function or _from_config, call_function or _call, recursive, {})


def _from_config(layer):
    return type(layer).from_config(layer.get_config())


def _call(layer, *args, **kwargs):
    return layer(*args, **kwargs)


def _clone(model, inputs, clone_function, call_function, recursive, done):
    def clone(layer):
        """The new layer for an old one, always the same."""
        if id(layer) not in done:
            if isinstance(layer, Function):
                done[id(layer)] = layer
            elif recursive and isinstance(layer, (Sequential, Functional)):
                done[id(layer)] = _clone(layer, None, clone_function, call_function, recursive, done)
            else:
                done[id(layer)] = clone_function(layer)
        return done[id(layer)]

    if inputs is not None:
        given = flatten(inputs)
        if len(given) != len(model.inputs) or not all(isinstance(t, SymbolicTensor) for t in given):
            raise ValueError(
                f"`input_tensors` must be symbolic tensors like the model's {len(model.inputs)} inputs. "
                f"Received: input_tensors={checks.short(inputs)}."
            )
    if isinstance(model, Sequential):
        first = [layer for layer in model._layers if isinstance(layer, InputLayer)]
        shape = flatten(inputs)[0].shape[1:] if inputs is not None else first[0].shape if first else None
        head = [] if shape is None else [InputLayer(shape, name=first[0].name if first else None)]
        made = Sequential([*head, *map(clone, model.layers)], name=model.name, trainable=model.trainable)
    else:
        topology = model._topology

        def fresh(tensor):
            return Input(tensor.shape[1:], name=topology.call_of(tensor).layer.name)

        inputs = map_leaves(fresh, model._inputs_struct) if inputs is None else inputs
        value_of = topology.run(
            flatten(inputs), lambda layer, *args, **kwargs: call_function(clone(layer), *args, **kwargs)
        )
        made = Functional(inputs, pack(model.output, [value_of(t) for t in model.outputs]), name=model.name)
    if model.compiled:
        made.compile_from_config(model.get_compile_config())
    return made
