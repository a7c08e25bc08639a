"""Sequential: layers in a row."""

import numpy as np

from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Graph, SymbolicTensor
from cycnn.layers.input_layer import InputLayer
from cycnn.layers.layer import Layer
from cycnn.models.model import BaseModel


class Sequential(BaseModel):
    """Layers in a row. Without an `Input` (or `input_shape=` of the first layer) it is built by the first data it sees.

    Args:
        layers: list of layers, or None.
        name: string.

    Example:

    ```python
    model = cycnn.Sequential([
        cycnn.Input((28, 28, 1)),
        cycnn.layers.Conv2D(32, 3, activation="relu"),
        cycnn.layers.Flatten(),
        cycnn.layers.Dense(10, activation="softmax"),
    ])
    model.output_shape  # (None, 10)
    ```
    """

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(name)
        self._layers = []
        self._graph = None
        self._input_shape = None  # of one sample, once known
        for layer in layers or []:
            self.add(layer)
        if not trainable:
            self.trainable = False

    def add(self, layer, rebuild=True):
        """Put a layer at the end.

        Raises:
            ValueError: it is no layer, its name is taken, or it does not fit behind the others.
        """
        if isinstance(layer, SymbolicTensor) and isinstance(layer.layer, InputLayer):
            layer = layer.layer
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise ValueError(f"Only instances of `Layer` can be added: {layer.__name__}(...). Received: the class itself.")
        if not isinstance(layer, Layer):
            raise ValueError(f"Only instances of `Layer` can be added. Received: {layer!r} (of type {type(layer)}).")
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. "
                f"Received: a second layer named {layer.name!r}."
            )
        if isinstance(layer, InputLayer):
            if self._layers:
                raise ValueError("An `Input` must come first in a Sequential model. Received: one behind other layers.")
            self._input_shape = layer.shape
            self._input = layer
        elif not self._layers and layer._input_shape_argument is not None:
            first = InputLayer(layer._input_shape_argument, layer._batch_size)
            self._layers.append(first)
            self._input_shape = first.shape
        self._layers.append(layer)
        self._changed()
        if self._input_shape is not None:
            try:
                self._extend()
            except Exception:
                self._layers.pop()
                self._changed()
                raise

    def pop(self, rebuild=True):
        """Take the last layer away and return it.

        Raises:
            ValueError: there is none.
        """
        if not self._all_layers():
            raise ValueError("There are no layers in the model.")
        layer = self._layers.pop()
        self._changed()
        return layer

    def _changed(self):
        self._graph = None
        self._function = None
        self._tensors = self._tensors[: len(self._layers)] if hasattr(self, "_tensors") else []

    def _extend(self):
        """Symbolic tensors for the layers that have none yet."""
        layers = self._all_layers()
        if not self._tensors:
            first = self._layers[0] if isinstance(self._layers[0], InputLayer) else None
            self._tensors = [first.output if first else SymbolicTensor(TensorSpec((None, *self._input_shape)))]
        while len(self._tensors) <= len(layers):
            self._tensors.append(layers[len(self._tensors) - 1](self._tensors[-1]))

    def build(self, input_shape=None):
        """Make the weights for an input shape, the sample axis first: `(None, 28, 28, 1)`."""
        if self._input_shape is None:
            if input_shape is None:
                raise ValueError(f"The model {self.name!r} has no input shape. Call `build(input_shape)` with one.")
            self._input_shape = tuple(input_shape)[1:]
        self._the_graph()

    def _build_from(self, x):
        if self._input_shape is None:
            shape = np.shape(x[0] if isinstance(x, (list, tuple)) and len(x) == 1 and hasattr(x[0], "shape") else x)
            if not shape:
                raise ValueError("The model is built from data with a sample axis. Received: no array of samples.")
            self._input_shape = tuple(shape[1:])
            try:
                self._the_graph()
            except Exception:
                self._input_shape = None
                self._tensors = []
                raise

    def _the_graph(self):
        if self._graph is None:
            if not self._all_layers():
                raise ValueError(f"The model {self.name!r} has no layers. Add some with `add` before using it.")
            if self._input_shape is None:
                raise ValueError(
                    f"The model {self.name!r} has never been called and thus has no defined input shape: give it an "
                    "`Input`, call `build(input_shape)`, or call it on data."
                )
            self._extend()
            self._graph = Graph(self._tensors[:1], [self._tensors[len(self._all_layers())]])
        return self._graph

    @property
    def built(self):
        return self._input_shape is not None and bool(self._all_layers())

    def _all_layers(self):
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def _apply(self, x):
        for layer in self._all_layers():
            x = layer(x)
        return x

    def output_shapes(self):
        """The output shape of each layer, None where it is not known yet."""
        if not self.built:
            return [None] * len(self._all_layers())
        self._the_graph()
        return [t.shape for t in self._tensors[1:]]
