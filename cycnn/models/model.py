"""Model: layers between inputs and outputs."""

import json
import warnings

import numpy as np

from cycnn.core import checks, names
from cycnn.core.array import PLAIN
from cycnn.core.registry import export, serialize_keras_object
from cycnn.core.spec import TensorSpec
from cycnn.core.structure import flatten, is_shape, map_leaves, map_shapes, pack
from cycnn.engine.function import KEPT, Source
from cycnn.engine.graph import Graph, SymbolicTensor, current_scope, recording
from cycnn.engine.plan import Plan
from cycnn.layers.layer import Layer, as_arrays, assign_all
from cycnn.models import configs
from cycnn.models.topology import Topology
from cycnn.ops import calls
from cycnn.ops.symbolic import Whole
from cycnn.training import data
from cycnn.training.trainer import Trainer


@export("keras.models")
@export("keras")
class Model(Trainer, Layer):
    """Layers between symbolic inputs and outputs, with `compile`, `fit`, `evaluate` and `predict`. A model is a layer, too:
    it may be called, and stand in other models.

    `Model(inputs, outputs)` makes a `Functional`. A subclass makes its layers in `__init__` and writes `call`, with these
    layers and `cycnn.ops`, as a layer does; it is recorded for each kind of data that the model meets, so conditions in it
    may depend on `training` and on shapes, but not on values. A subclass may override `train_step`, `test_step`,
    `predict_step`, `compute_loss` and `compute_metrics`, too; and `super().__init__(inputs, outputs)` makes it a functional
    model with steps of its own.

    Args:
        inputs, outputs: symbolic tensor, or a list or dictionary of them. Inputs may be what layers of another model gave.
        name: string.
        trainable: whether optimizers may change the weights.

    Example:

    ```python
    x = cycnn.Input((28, 28, 1))
    y = cycnn.layers.Dense(10)(cycnn.layers.Flatten()(x))
    model = cycnn.Model(x, y)

    features = cycnn.Model(model.inputs, model.layers[1].output)

    class Classifier(cycnn.Model):
        def __init__(self):
            super().__init__()
            self.flatten, self.dense = cycnn.layers.Flatten(), cycnn.layers.Dense(10)

        def call(self, inputs, training=None):
            return self.dense(self.flatten(inputs))
    ```
    """

    takes_mask = True
    _graph = None  # until the shape of the input is known

    def __new__(cls, *args, **kwargs):
        return super().__new__(Functional if cls is Model else cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        if len(args) == 2 or ("outputs" in kwargs and ("inputs" in kwargs or len(args) == 1)):
            _make_functional(type(self))
            Functional.__init__(self, *args, **kwargs)
            return
        Layer.__init__(self, *args, **kwargs)
        self._layers = []
        self._graphs = {}  # kinds of data → (`Graph`, structure of the outputs): the latest few
        self._outputs_struct = None
        self._start_training()

    # What a model is made of. Here, for subclasses: what `call` makes of data of one kind.

    def _the_graph(self):
        """The `Graph` from inputs to outputs.

        Raises:
            ValueError: it is not known yet.
        """
        if self._graph is None:
            raise ValueError(
                f"The model {self.name!r} does not know the shape of its input yet: call it on data, or call "
                "`build(input_shape)`."
            )
        return self._graph

    def _outputs_structure(self):
        """The outputs as the user gets them: a tensor, or a list or dictionary."""
        self._the_graph()
        return self._outputs_struct

    def _has_call(self):
        """Whether the model can be called, and not only trained by a `train_step` of its own."""
        return type(self).call is not Layer.call

    def _knows_graph(self):
        return self.built and (self._graph is not None or type(self)._the_graph is not Model._the_graph)

    def _build_from(self, x):
        """Make the graph from the shape of data, where it is not known yet."""
        arrays = as_arrays(x, "`x`")
        if not all(getattr(leaf, "ndim", 0) for leaf in flatten(arrays)):
            raise ValueError(f"`x` must hold arrays of samples. Received: x={checks.short(x)}.")
        self._trace_for(map_leaves(lambda array: (None, *array.shape[1:]), arrays))

    def _trace_for(self, shapes):
        """Let the graph be that for data of these shapes."""
        key = repr(shapes)
        if key not in self._graphs:
            inputs = _symbolic(shapes)
            with recording(layer=None, training=None, repeated=bool(self._graphs)):
                outputs = Layer.__call__(self, inputs)
            self._graphs[key] = Graph(flatten(inputs), flatten(outputs)), outputs
            for old in list(self._graphs)[:-KEPT]:
                del self._graphs[old]
        if self._graph is not self._graphs[key][0]:
            self._graph, self._outputs_struct = self._graphs[key]

    def build(self, input_shape=None):
        """Make the weights for an input shape, the sample axis first: `(None, 28, 28, 1)`; several inputs: a list of shapes,
        or a dictionary by name."""
        if current_scope().layer is not self:  # a call builds what it meets by itself
            self._trace_for(map_shapes(lambda shape: (None, *checks.shape("input_shape", shape)[1:]), input_shape))

    def _build_once(self, shape, more=None):
        if type(self).build is not Model.build:
            super()._build_once(shape, more)
        elif not self.built:
            self._enter_path()
            self._build_shapes, self.built = {"input_shape": shape}, True

    def build_from_config(self, config):
        """Make the weights as `get_build_config` says."""
        if config and config.get("input_shape") is not None and not self.built and type(self).build is Model.build:
            self.build(config["input_shape"])
        else:
            super().build_from_config(config)

    def _packed(self, outputs):
        structure = self._outputs_structure()
        if isinstance(structure, (list, tuple)) and len(structure) == 1:
            structure = structure[0]
        return outputs[0] if isinstance(structure, SymbolicTensor) else pack(structure, outputs)

    # Layers.

    @property
    def layers(self):
        """The layers, in order."""
        return self._sublayers()

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
        plain = len(args) == 1 and type(args[0]) in PLAIN and not kwargs
        if not plain and any(isinstance(leaf, SymbolicTensor) for leaf in flatten((args, kwargs))):
            return super().__call__(*args, **kwargs)
        return self._on_arrays(*args, **kwargs)

    def _on_arrays(self, *args, **kwargs):
        if len(args) != 1 or not set(kwargs) <= {"training"}:  # a `call` with more arguments
            return Layer.__call__(self, *args, **kwargs)
        with recording(layer=None, training=None):
            self._build_from(args[0])
        return self._on_graph(*args, **kwargs)

    def _on_graph(self, inputs, training=None, mask=None):
        if mask is not None:
            raise ValueError(f"Masks are not supported. Received: mask={checks.short(mask)}.")
        graph = self._graph_for(inputs)
        values = data.as_values(inputs, graph.inputs)
        outputs, added = calls.call(self._the_function(), values, training)
        self._note_added(graph, bool(training), added)
        return self._packed(outputs)

    def _graph_for(self, x):
        """The graph, made from the shape of data where it is not known yet, whatever is being recorded around."""
        if self._graph is None:
            with recording(layer=None, training=None):
                self._build_from(x)
                self._the_graph()
        return self._the_graph()

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
        from cycnn.models.summary import summary

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
        """The plan of a prediction in words: buffers with their places, kernel calls, and memory beside its lower bound.

        Raises:
            ValueError: the model takes inputs of any size.
        """
        function = self._the_function()
        if not function.graph.sized:
            raise ValueError(
                "A plan is made for inputs of known sizes: build the model with them. "
                f"Received: the model {self.name!r} with inputs of shapes {[t.shape for t in function.graph.inputs]}."
            )
        sources = [Source(np.empty((1, *t.spec.sample), np.float32)) for t in function.graph.inputs]
        feeds = [s.feed(f"input {k}") for k, s in enumerate(sources)]
        return Plan(function.graph, batch_size, training=training, feeds=feeds, labels=function.labels).summary()

    def profile(self, x, y=None, batch_size=32, repeat=10):
        """Where the time of a training step goes, or of a prediction, operation by operation.

        The model stays as it is: weights, optimizer, metrics and random numbers.

        Args:
            x: samples (n, ...), as in `fit`; the first `batch_size` are taken.
            y: targets: a training step; None: a prediction.
            batch_size: samples of a batch.
            repeat: runs, behind one that does not count; times are medians.

        Returns:
            `engine.profile.Profile`: print it, `plot()` it, write a `trace(path)` for chrome://tracing, or use its `rows`.

        Raises:
            ValueError: arguments that do not fit the model or each other, or `y` before `compile`.
            NotImplementedError: `y` for a model whose class has a training step of its own.

        Example:

        ```python
        profile = model.profile(x_train, y_train, batch_size=64)
        print(profile)
        print(profile.table(kernels=True))
        profile.trace("step.json")
        ```
        """
        from cycnn.training import profiling

        return profiling.profile(self, x, y, batch_size, repeat)

    # Files and configurations.

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Save the model: see `cycnn.saving.save_model`."""
        from cycnn import saving

        return saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def __reduce__(self):
        """Copies and pickles hold what a `.keras` file does."""
        from cycnn.saving import model_files

        return model_files.reduced(self)

    def save_weights(self, filepath, overwrite=True, **kwargs):
        """Save the weights: see `cycnn.saving.save_weights`."""
        from cycnn import saving

        return saving.save_weights(self, filepath, overwrite=overwrite, **kwargs)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Load weights: see `cycnn.saving.load_weights`."""
        from cycnn import saving

        return saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(self, filepath, format=None, verbose=None, input_signature=None, **kwargs):  # noqa: A002
        """Write the model for other runtimes, as an ONNX file: see `cycnn.onnx.export_model`.

        Args:
            kwargs: `opset_version`.
        """
        from cycnn import onnx

        onnx.export_model(self, filepath, format, verbose, input_signature, **kwargs)

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
        if cls is not Model and not {"name", "layers", "input_layers", "output_layers"} <= set(config):
            return super().from_config(config)
        inputs, outputs = configs.tensors_of(config, custom_objects, Functional)
        return (Functional if cls is Model else cls)(
            inputs, outputs, name=config.get("name"), trainable=config.get("trainable")
        )


@export("keras.models")
@export("keras.src.models.functional")
class Functional(Model):
    """`Model(inputs, outputs)`: the layers that lead from some symbolic tensors to others."""

    _on_arrays = Model._on_graph

    def __init__(self, inputs=None, outputs=None, name=None, trainable=None):
        for what, tensors in (("inputs", inputs), ("outputs", outputs)):
            if tensors is None:
                raise ValueError(f"`Model` needs `inputs` and `outputs`, symbolic tensors. Received: {what}=None.")
            for leaf in flatten(tensors):
                if isinstance(leaf, Whole):
                    leaf.refuse()
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

    @property
    def layers(self):
        """The layers, in order."""
        return list(self._layers)

    def _sublayers(self):
        """The layers of the graph, and those that a subclass has as attributes."""
        known = set(map(id, self._layers))
        return [*self._layers, *(layer for layer in super()._sublayers() if id(layer) not in known)]

    def build(self, input_shape=None):
        """Nothing is left to build."""

    def build_from_config(self, config):
        """Nothing is left to build."""

    def _build_from(self, x):
        pass

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
        if current_scope().repeated:  # for other sizes: the layers say what they take
            return
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


def _make_functional(cls):
    """Let a subclass of `Model`, made with inputs and outputs, be one of `Functional`."""
    if cls is Model:
        return Functional
    if issubclass(cls, Model) and not issubclass(cls, Functional):
        cls.__bases__ = tuple(map(_make_functional, cls.__bases__))
    return cls


def _symbolic(shapes, name=None):
    """Symbolic inputs of these shapes; those of a dictionary have the names of their keys."""
    if isinstance(shapes, dict):
        return {key: _symbolic(shape, key) for key, shape in shapes.items()}
    if is_shape(shapes):
        return SymbolicTensor(TensorSpec(tuple(shapes)), name=name)
    return type(shapes)(_symbolic(shape) for shape in shapes)
