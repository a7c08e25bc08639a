"""Pipeline: one layer after the other, for arrays."""

from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.core.structure import flatten
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.layer import Layer


@export("keras.layers")
class Pipeline(Layer):
    """Layers that are called one after the other, each with the result of the one before.

    Unlike a model it takes what its layers take, dictionaries too, and augments unless `training=False`. Layers with a
    seed draw in the order of the calls: that is chance in a dataset's `map` with several threads, and not without them;
    each layer uses all threads anyway.

    Args:
        layers: list of layers.
        name: string.

    Input shape:
        That of the first layer.

    Output shape:
        That of the last layer.

    Example:

    ```python
    augment = layers.Pipeline([layers.RandomFlip("horizontal"), layers.RandomRotation(0.05)])
    photos = photos.map(lambda x, y: (augment(x), y))
    ```
    """

    built_from_start = True

    def __init__(self, layers, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        if not isinstance(layers, (list, tuple)) or not all(isinstance(layer, Layer) for layer in layers):
            raise ValueError(f"`layers` must be a list of layers. Received: layers={layers!r}.")
        self.layers = list(layers)

    def __call__(self, x, *args, training=None, **kwargs):
        if any(isinstance(leaf, SymbolicTensor) for leaf in flatten(x)):
            return super().__call__(x, *args, training=training, **kwargs)
        for layer in self.layers:
            x = layer(x, training=training is None or bool(training))
        return x

    def call(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def get_config(self):
        return {"name": self.name, "layers": [serialize_keras_object(layer) for layer in self.layers]}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "layers": [deserialize_keras_object(layer) for layer in config["layers"]]})
