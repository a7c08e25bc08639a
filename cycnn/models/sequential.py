"""Sequential: layers in a row."""

from cycnn.core import checks
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Graph, SymbolicTensor
from cycnn.layers.input_layer import InputLayer
from cycnn.layers.layer import Layer
from cycnn.models.model import BaseModel
from cycnn.training import data


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
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise checks.refuse("layers", "a list of layers", layers)
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
            raise ValueError(
                f"`layer` must be a layer, made by {layer.__name__}(...). Received: the class {layer.__name__}."
            )
        if not isinstance(layer, Layer):
            raise checks.refuse("layer", "a layer", layer)
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(
                f"The layers of the model {self.name!r} must have different names. Received: a second layer {layer.name!r}."
            )
        before = list(self._layers), self._input_shape
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
                self._layers, self._input_shape = before
                self._changed()
                raise

    def pop(self, rebuild=True):
        """Take the last layer away and return it.

        Raises:
            ValueError: there is none.
        """
        if not self._all_layers():
            raise ValueError(f"The model {self.name!r} has no layer to take away. Received: `pop()` on an empty model.")
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
            self._build_for(checks.shape("input_shape", input_shape)[1:])
        self._the_graph()

    def _build_from(self, x):
        if self._input_shape is None:
            one = isinstance(x, (list, tuple)) and len(x) == 1 and hasattr(x[0], "shape")
            self._build_for(data.as_array(x[0] if one else x, "x").shape[1:])

    def _build_for(self, sample):
        """Make the graph for samples of this shape; where it does not fit the layers, the model stays as it was."""
        fresh = [layer for layer in self._all_layers() if not layer.built]
        self._input_shape = tuple(sample)
        try:
            self._the_graph()
        except Exception:
            self._input_shape, self._tensors = None, []
            for layer in fresh:
                layer._unbuild()
            raise

    def _the_graph(self):
        if self._graph is None:
            if not self._all_layers():
                raise ValueError(f"The model {self.name!r} has no layers. Add some with `add` before using it.")
            if self._input_shape is None:
                raise ValueError(
                    f"The model {self.name!r} does not know the shape of its input yet: give it an `Input`, call "
                    "`build(input_shape)`, or call it on data."
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
