"""Sequential: layers in a row."""

from cycnn.core import checks, names
from cycnn.core.registry import custom_object_scope, export, serialize_keras_object
from cycnn.core.structure import flatten
from cycnn.engine.graph import Graph, SymbolicTensor, current_scope, recording
from cycnn.layers.input_layer import InputLayer
from cycnn.layers.layer import Layer
from cycnn.models import configs
from cycnn.models.model import Model
from cycnn.training import data


@export("keras.models")
@export("keras")
class Sequential(Model):
    """Layers in a row. Without an `Input` (or `input_shape=` of the first layer) it is built by the first data it sees.

    Args:
        layers: list of layers, models among them, or None.
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

    _on_arrays = Model._on_graph

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(name=name, trainable=trainable)
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise checks.refuse("layers", "a list of layers", layers)
        self._graph = None
        self._tensors = []  # the input, and what each layer makes of it, as far as that is known
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._count_functional()

    @property
    def layers(self):
        """The layers, in order, the `InputLayer` left out."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    def _sublayers(self):
        known = set(map(id, self._layers))
        return [*self._layers, *(layer for layer in super()._sublayers() if id(layer) not in known)]

    def add(self, layer, rebuild=True):
        """Put a layer at the end.

        Args:
            layer: layer, model or `Input`.
            rebuild: accepted: what is known of the graph grows with each layer.

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
        if any(inner is self for inner in layer._flatten_layers()):
            raise ValueError(
                f"A model cannot be a layer of itself. Received: {layer!r}, within which the model {self.name!r} lies."
            )
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(
                f"The layers of the model {self.name!r} must have different names. Received: a second layer {layer.name!r}."
            )
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError("An `Input` must come first in a Sequential model. Received: one behind other layers.")
        before = list(self._layers)
        if not self._layers and layer._input_shape_argument is not None:
            self._layers.append(InputLayer(layer._input_shape_argument, layer._batch_size))
        elif not self._layers and isinstance(layer, Model) and layer.built and len(layer.inputs) == 1:
            self._layers.append(InputLayer(layer.input_shape[1:]))
        self._layers.append(layer)
        self._changed()
        if isinstance(self._layers[0], InputLayer):
            try:
                self._extend()
            except Exception:
                self._layers = before
                self._changed()
                raise
        if rebuild:
            self._count_functional()

    def _count_functional(self):
        """In Keras, each making of a graph takes an automatic name: the next functional model's shall be Keras's."""
        if self.built:
            names.auto_name("functional")

    def pop(self, rebuild=True):
        """Take the last layer away and return it.

        Raises:
            ValueError: there is none.
        """
        if not self.layers:
            raise ValueError(f"The model {self.name!r} has no layer to take away. Received: `pop()` on an empty model.")
        layer = self._layers.pop()
        self._changed()
        if rebuild:
            self._count_functional()
        return layer

    def _changed(self):
        self._graph = self._function = None
        self._tensors = self._tensors[: len(self._layers)]
        self.built = bool(self.layers) and isinstance(self._layers[0], InputLayer)

    def _extend(self):
        """Symbolic tensors for the layers that have none yet."""
        if not self._tensors:
            self._tensors = [self._layers[0].output]
        self._enter_path()
        with recording(layer=None, training=None, path=(*current_scope().path, self.name)):
            for layer in self._layers[len(self._tensors) :]:
                self._tensors.append(layer(self._tensors[-1]))

    def build(self, input_shape=None):
        """Make the weights for an input shape, the sample axis first: `(None, 28, 28, 1)`."""
        if not self._layers or not isinstance(self._layers[0], InputLayer):
            if input_shape is None:
                raise ValueError(f"The model {self.name!r} has no input shape. Call `build(input_shape)` with one.")
            self._build_for_sample(checks.shape("input_shape", input_shape)[1:])
        self._the_graph()

    def _build_from(self, x):
        if not self._layers or not isinstance(self._layers[0], InputLayer):
            one = isinstance(x, (list, tuple)) and len(x) == 1 and hasattr(x[0], "shape")
            self._build_for_sample(data.as_array(x[0] if one else x, "x").shape[1:])

    def _build_once(self, shape, more=None):
        if not self.built:
            self.build(shape)

    def _build_for_sample(self, sample):
        """Make the graph for samples of this shape; where it does not fit the layers, the model stays as it was."""
        fresh = [layer for layer in self.layers if not layer.built]
        before = list(self._layers)
        try:
            if before:
                self._layers.insert(0, InputLayer(sample))
                self._changed()
            self._the_graph()
            self._count_functional()
        except Exception:
            for layer, tensor in zip(self._layers[1:], self._tensors):
                layer._calls = [call for call in layer._calls if call.inputs[0] is not tensor]
            self._layers, self._tensors = before, []
            self._changed()
            for layer in fresh:
                layer._unbuild()
            raise

    def _unbuild(self):
        super()._unbuild()
        self._layers, self._tensors = self.layers, []
        self._changed()

    def _the_graph(self):
        if self._graph is None:
            if not self.layers:
                raise ValueError(f"The model {self.name!r} has no layers. Add some with `add` before using it.")
            if not self.built:
                raise ValueError(
                    f"The model {self.name!r} does not know the shape of its input yet: give it an `Input`, call "
                    "`build(input_shape)`, or call it on data."
                )
            self._extend()
            self._graph = Graph(self._tensors[:1], flatten(self._tensors[-1]))
        return self._graph

    def _outputs_structure(self):
        self._the_graph()
        return self._tensors[-1]

    def call(self, inputs):
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def get_build_config(self):
        return {"input_shape": self._layers[0].batch_shape} if self.built else None

    def get_config(self):
        config = Layer.get_config(self)
        config["layers"] = [serialize_keras_object(layer) for layer in self._layers]
        if self.built:
            config["build_input_shape"] = self._layers[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new model of this configuration, with new weights. One of Keras 2 may be just the list of layers."""
        if not isinstance(config, dict):
            config = {"name": names.auto_name("sequential"), "layers": config}
        if "name" not in config or "layers" not in config:
            raise ValueError(
                f"The config of a Sequential model must hold `name` and `layers`. Received: {checks.short(config)}."
            )
        with custom_object_scope(custom_objects):
            model = cls([configs.layer_of(layer) for layer in config["layers"]], name=config["name"])
        model._trainable = config.get("trainable", True)
        if not model.built and config.get("build_input_shape"):
            model.build(config["build_input_shape"])
        return model
