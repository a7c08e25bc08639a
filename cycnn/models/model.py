"""Model: layers between inputs and outputs."""

import json
import warnings

import numpy as np

from cycnn.core import checks, names
from cycnn.core.registry import export, serialize_keras_object
from cycnn.core.structure import flatten, is_shape, map_leaves, pack
from cycnn.engine.function import Source
from cycnn.engine.graph import Graph, SymbolicTensor, recording
from cycnn.engine.plan import Plan
from cycnn.layers.layer import Layer, assign_all
from cycnn.models import configs
from cycnn.models.summary import summary
from cycnn.models.topology import Topology
from cycnn.training import data
from cycnn.training.trainer import Trainer


@export("keras.models")
@export("keras")
class Model(Trainer, Layer):
    """Layers between symbolic inputs and outputs, with `compile`, `fit`, `evaluate` and `predict`. A model is a layer, too:
    it may be called, and stand in other models.

    `Model(inputs, outputs)` makes a `Functional`.

    Args:
        inputs, outputs: symbolic tensor, or a list or dictionary of them. Inputs may be what layers of another model gave.
        name: string.
        trainable: whether optimizers may change the weights.

    Raises:
        NotImplementedError: for subclasses with a `call` of their own.

    Example:

    ```python
    x = cycnn.Input((28, 28, 1))
    y = cycnn.layers.Dense(10)(cycnn.layers.Flatten()(x))
    model = cycnn.Model(x, y)

    features = cycnn.Model(model.inputs, model.layers[1].output)
    ```
    """

    takes_mask = True

    def __new__(cls, *args, **kwargs):
        return super().__new__(Functional if cls is Model else cls, *args, **kwargs)

    def __init__(self, *, name=None, trainable=True):
        if type(self)._the_graph is Model._the_graph:
            raise NotImplementedError(
                "Models made by subclassing `Model` are not supported. Write the same layers as a functional model, "
                "x = cycnn.Input(shape); y = layer(x); model = cycnn.Model(x, y); or move `call` to a subclass of "
                f"`cycnn.layers.Layer`, and put that layer into a model. Received: class {type(self).__name__}."
            )
        Layer.__init__(self, name=name, trainable=trainable)
        self._layers = []
        self._start_training()

    # A subclass says what it is made of.

    def _the_graph(self):
        """The `Graph` from inputs to outputs.

        Raises:
            ValueError: it is not known yet.
        """
        raise NotImplementedError

    def _outputs_structure(self):
        """The outputs as the user gets them: a tensor, or a list or dictionary."""
        raise NotImplementedError

    def _build_from(self, x):
        """Make the graph from the shape of data, where it is not known yet."""

    def _produced(self):
        """`{symbolic tensor: layer}` for the tensors that operations compute, to name a plan's calls."""
        return {node.output: node.layer for node in self._the_graph().nodes if node.layer is not None}

    def _packed(self, outputs):
        structure = self._outputs_structure()
        if isinstance(structure, (list, tuple)) and len(structure) == 1:
            structure = structure[0]
        return pack(structure, outputs)

    # Layers.

    @property
    def layers(self):
        """The layers, in order."""
        return list(self._layers)

    def _sublayers(self):
        return self._layers

    def get_layer(self, name=None, index=None):
        """A layer by its name or its number.

        Raises:
            ValueError: there is no such layer, or not exactly one of `name` and `index` is given.
        """
        if (name is None) == (index is None):
            raise ValueError(f"Either `name` or `index` must be given. Received: name={name!r}, index={index!r}.")
        if index is not None:
            place = checks.as_integer(index)
            if place is None or not -len(self.layers) <= place < len(self.layers):
                raise checks.refuse("index", f"the number of one of {len(self.layers)} layers", index)
            return self.layers[place]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(checks.unknown("layer", name, [layer.name for layer in self.layers]))

    def set_weights(self, weights):
        """Assign a list of arrays like that of `get_weights`.

        Raises:
            ValueError: another number of arrays, one of another shape, or one that holds no numbers; nothing is changed then.
        """
        assign_all(f"the model {self.name!r}", self.weights, weights)

    # Calls.

    def __call__(self, *args, **kwargs):
        """The outputs for symbolic tensors or, at once, for arrays of samples.

        Args:
            args: one argument, like the model's inputs.
            training: the training flag.
        """
        if any(isinstance(leaf, SymbolicTensor) for leaf in flatten((args, kwargs))):
            return super().__call__(*args, **kwargs)
        return self._on_arrays(*args, **kwargs)

    def _on_arrays(self, inputs, training=None, mask=None):
        if mask is not None:
            raise ValueError(f"Masks are not supported. Received: mask={checks.short(mask)}.")
        with recording(layer=None, training=None):
            self._build_from(inputs)
            arrays = data.as_inputs(inputs, self._the_graph().inputs)
            return self._packed(self._the_function()(arrays, training=bool(training)))

    def summary(self, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                layer_range=None):  # fmt: skip
        """Print layers, output shapes and numbers of parameters.

        Args:
            line_length: characters of a line; as many as fit into the terminal, and no more than are useful, by default.
            positions: where the columns end, as shares of the line.
            print_fn: function that gets the whole text; `print` by default.
            expand_nested: whether to show the layers of models within the model.
            show_trainable: whether to say which layers are trained.
            layer_range: pair of names, or regular expressions: the first and the last layer to show.

        Raises:
            ValueError: the line is too short for its columns, or `layer_range` names no layers.
        """
        text = summary(self, line_length, positions, expand_nested, show_trainable, layer_range)
        print(text) if print_fn is None else print_fn(f"{text}\n")

    @property
    def inputs(self):
        """The symbolic inputs, as a flat list."""
        return list(self._the_graph().inputs)

    @property
    def outputs(self):
        """The symbolic outputs, as a flat list."""
        return flatten(self._outputs_structure())

    @property
    def input(self):
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self):
        return self._outputs_structure()

    @property
    def input_shape(self):
        shapes = [tensor.shape for tensor in self.inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self):
        shapes = [tensor.shape for tensor in self.outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def plan_summary(self, batch_size=32, training=False):
        """The plan of a prediction in words: buffers with their places, kernel calls, and memory beside its lower bound."""
        graph, function = self._the_graph(), self._the_function()
        sources = [Source(np.empty((1, *t.spec.sample), np.float32)) for t in graph.inputs]
        feeds = [s.feed(f"input {k}") for k, s in enumerate(sources)]
        return Plan(graph, batch_size, training=training, feeds=feeds, labels=function.labels).summary()

    # Files and configurations.

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Save the model: see `cycnn.saving.save_model`."""
        from cycnn import saving

        return saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, **kwargs):
        """Save the weights: see `cycnn.saving.save_weights`."""
        from cycnn import saving

        return saving.save_weights(self, filepath, overwrite=overwrite, **kwargs)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Load weights: see `cycnn.saving.load_weights`."""
        from cycnn import saving

        return saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def to_json(self, **kwargs):
        """The configuration as text: `models.model_from_json` makes the model again, with new weights.

        Args:
            kwargs: for `json.dumps`: `indent=2`.
        """
        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new model of this configuration, with new weights.

        Raises:
            ValueError: its layers do not lead from its inputs to its outputs.
        """
        inputs, outputs = configs.tensors_of(config, custom_objects, Functional)
        return (Functional if cls is Model else cls)(
            inputs, outputs, name=config.get("name"), trainable=config.get("trainable")
        )


@export("keras.models")
@export("keras.src.models.functional")
class Functional(Model):
    """`Model(inputs, outputs)`: the layers that lead from some symbolic tensors to others."""

    def __init__(self, inputs=None, outputs=None, name=None, trainable=None):
        for what, tensors in (("inputs", inputs), ("outputs", outputs)):
            if tensors is None:
                raise ValueError(f"`Model` needs `inputs` and `outputs`, symbolic tensors. Received: {what}=None.")
            for leaf in flatten(tensors):
                if not isinstance(leaf, SymbolicTensor):
                    raise ValueError(
                        f"`{what}` must be symbolic tensors, made by `Input` and layers. Received: {checks.short(leaf)} "
                        f"among {what}={checks.short(tensors)}."
                    )
            if not flatten(tensors):
                raise ValueError(f"`{what}` must hold at least one symbolic tensor. Received: {what}={tensors}.")
        if isinstance(inputs, dict):
            for key, tensor in inputs.items():
                if isinstance(tensor, SymbolicTensor) and key != tensor.name:
                    warnings.warn(
                        f"The keys of `inputs` must be the names of the inputs: `Input(..., name={key!r})`. "
                        f"Received: {key!r} for the input {tensor.name!r}.",
                        stacklevel=2,
                    )
        super().__init__(name=name or names.auto_name("functional"), trainable=trainable is None or trainable)
        copied = map_leaves(lambda tensor: tensor, (inputs, outputs))
        self._inputs_struct, self._outputs_struct = copied
        self._topology = Topology(flatten(inputs), flatten(outputs))
        self._graph = Graph(flatten(inputs), flatten(outputs))
        self._layers = [layer for layer in self._topology.operations if isinstance(layer, Layer)]
        self.built = True

    def _the_graph(self):
        return self._graph

    def _outputs_structure(self):
        return self._outputs_struct

    @property
    def input(self):
        return self._inputs_struct

    @property
    def output_names(self):
        """Names of the outputs, those of their layers: keys of dictionaries of targets, losses and metrics."""
        return [self._topology.call_of(tensor).layer.name for tensor in self.outputs]

    def _build_once(self, shape, more=None):
        """Nothing is left to build; another shape than that of the inputs is refused."""
        given, wanted = self._in_order(shape, is_leaf=is_shape), self.inputs
        for k, (found, tensor) in enumerate(zip(given, wanted, strict=True)):
            fits = len(found) == tensor.ndim and all(None in (a, b) or a == b for a, b in zip(found, tensor.shape))
            if not fits:
                raise ValueError(
                    f"Input {k} with name {tensor.name!r} of model {self.name!r} is incompatible with it: expected "
                    f"shape={tensor.shape}. Received: shape={tuple(found)}."
                )

    def _in_order(self, given, is_leaf=lambda value: not isinstance(value, (list, tuple, dict))):
        """One value for each input."""
        if isinstance(given, dict) and not isinstance(self._inputs_struct, dict):
            values = [given[t.name] for t in self.inputs] if {t.name for t in self.inputs} <= set(given) else []
        elif isinstance(given, dict):
            values = (
                [given[key] for key in sorted(self._inputs_struct)] if set(given) >= set(self._inputs_struct) else []
            )
        else:
            values = [given] if is_leaf(given) else list(given)
        if len(values) != len(self.inputs):
            names_ = [tensor.name for tensor in self.inputs]
            raise ValueError(
                f"The model {self.name!r} must be called with its {len(names_)} inputs {names_}. "
                f"Received: {checks.short(given)}."
            )
        return values

    def call(self, inputs):
        value_of = self._topology.run(self._in_order(inputs))
        outputs = map_leaves(value_of, self._outputs_struct)
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs

    def get_build_config(self):
        return {"input_shape": None}

    def get_config(self):
        return {"name": self.name, "trainable": self.trainable, **configs.of_topology(self, self._topology, Functional)}
