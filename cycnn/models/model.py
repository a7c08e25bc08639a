"""Model: layers between inputs and outputs."""

import numpy as np

from cycnn.core import checks, names
from cycnn.engine.graph import Graph, SymbolicTensor
from cycnn.layers.layer import assign_all
from cycnn.models.summary import summary
from cycnn.training.trainer import Trainer


class BaseModel(Trainer):
    """What models of any kind share: weights, calls, `summary`."""

    def __init__(self, name=None, trainable=True):
        self.name = name or names.auto_name(type(self).__name__)
        self._trainable = bool(trainable)
        self._start_training()

    # A subclass says what it is made of.

    def _the_graph(self):
        """The `Graph` from inputs to outputs.

        Raises:
            ValueError: it is not known yet.
        """
        raise NotImplementedError

    def _build_from(self, x):
        """Make the graph from the shape of data, where it is not known yet."""

    def _all_layers(self):
        """Layers with weights or without, `InputLayer` left out, in order."""
        raise NotImplementedError

    def _produced(self):
        """`{symbolic tensor: layer}` for the tensors that operations compute, to name a plan's calls."""
        graph = self._the_graph()
        owner, found = None, {}
        for node in reversed(graph.nodes):
            owner = node.output.layer or owner
            if owner is not None:
                found[node.output] = owner
        return found

    # Weights.

    @property
    def layers(self):
        return list(self._all_layers())

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for layer in self._all_layers():
            layer.trainable = value

    @property
    def variables(self):
        return self.weights

    @property
    def weights(self):
        """The weights of all layers, in the order of the layers."""
        return [v for layer in self._all_layers() for v in layer.weights]

    @property
    def trainable_weights(self):
        return [v for layer in self._all_layers() for v in layer.trainable_weights] if self._trainable else []

    @property
    def non_trainable_weights(self):
        trainable = set(self.trainable_weights)
        return [v for v in self.weights if v not in trainable]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self):
        """Copies of all weights, layer by layer."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights):
        """Assign a list of arrays like that of `get_weights`.

        Raises:
            ValueError: another number of arrays, one of another shape, or one that holds no numbers; nothing is changed then.
        """
        assign_all(f"the model {self.name!r}", self.weights, weights)

    def count_params(self):
        """Numbers in all weights.

        Raises:
            ValueError: the model is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"The model {self.name!r} has no weights yet, so they cannot be counted: give it an `Input`, call "
                "`build(input_shape)`, or call it on data first."
            )
        return sum(int(np.prod(v.shape)) for v in self.weights)

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

    # Calls.

    def __call__(self, x, training=None):
        """The output for a symbolic tensor or, at once, for an array of samples."""
        if isinstance(x, SymbolicTensor):
            return self._apply(x)
        from cycnn.training import data

        self._build_from(x)
        outputs = self._the_function()(data.as_inputs(x, self._the_graph().inputs), training=bool(training))
        return outputs[0] if len(outputs) == 1 else outputs

    def summary(self, line_length=None, positions=None, print_fn=None, expand_nested=False, show_trainable=False,
                layer_range=None):  # fmt: skip
        """Print layers, output shapes and numbers of parameters.

        Args:
            line_length: characters of a line.
            print_fn: function to print with; `print` by default.
            show_trainable: whether to say which layers are trained.
        """
        (print_fn or print)(summary(self, line_length, show_trainable))

    @property
    def inputs(self):
        return list(self._the_graph().inputs)

    @property
    def outputs(self):
        return list(self._the_graph().outputs)

    @property
    def input(self):
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self):
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self):
        return self.inputs[0].shape

    @property
    def output_shape(self):
        return self.outputs[0].shape

    def plan_summary(self, batch_size=32, training=False):
        """The plan of a prediction in words: buffers with their places, kernel calls, and memory beside its lower bound."""
        from cycnn.engine.plan import Plan

        graph, function = self._the_graph(), self._the_function()
        from cycnn.engine.function import Source

        sources = [Source(np.empty((1, *t.spec.sample), np.float32)) for t in graph.inputs]
        feeds = [s.feed(f"input {k}") for k, s in enumerate(sources)]
        return Plan(graph, batch_size, training=training, feeds=feeds, labels=function.labels).summary()

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


class Model(BaseModel):
    """Layers between symbolic inputs and outputs.

    Args:
        inputs, outputs: symbolic tensor, or a list of them.
        name: string.

    Example:

    ```python
    x = cycnn.Input((28, 28, 1))
    y = cycnn.layers.Dense(10)(cycnn.layers.Flatten()(x))
    model = cycnn.Model(x, y)
    ```
    """

    built = True

    def __init__(self, inputs=None, outputs=None, name=None, trainable=True):
        if inputs is None or outputs is None:
            raise ValueError("`Model` needs `inputs` and `outputs`, symbolic tensors or lists of them.")
        super().__init__(name or names.auto_name("functional"))
        one = lambda t: list(t) if isinstance(t, (list, tuple)) else [t]  # noqa: E731
        for what, tensors in (("inputs", one(inputs)), ("outputs", one(outputs))):
            if not all(isinstance(t, SymbolicTensor) for t in tensors):
                raise ValueError(f"`{what}` must be symbolic tensors, made by `Input` and layers. Received: {tensors}.")
        self._graph = Graph(one(inputs), one(outputs))
        if not trainable:
            self.trainable = False

    def _the_graph(self):
        return self._graph

    def _all_layers(self):
        seen = {}
        for layer in self._produced_in_order():
            seen.setdefault(id(layer), layer)
        return list(seen.values())

    def _produced_in_order(self):
        for node in self._graph.nodes:
            if node.output.layer is not None:
                yield node.output.layer

    def _apply(self, x):
        raise ValueError("Calling a functional model on a symbolic tensor is not supported yet.")
