"""Wrapper: a layer around another."""

from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.layers.layer import Layer


@export("keras.layers")
class Wrapper(Layer):
    """Base of layers that use another one.

    Args:
        layer: the other one.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"`layer` must be a layer. Received: layer={layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        """Make the inner layer's weights."""
        if not self.layer.built:
            self.layer._build_once(input_shape)
        self.built = True

    def get_config(self):
        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config):
        layer = config["layer"]
        layer = layer if isinstance(layer, Layer) else deserialize_keras_object(layer)
        return super().from_config({**config, "layer": layer})
