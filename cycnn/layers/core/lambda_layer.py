"""Lambda: a function as a layer."""

from cycnn.core import checks
from cycnn.core.registry import deserialize_keras_object, export, serialize_keras_object
from cycnn.core.structure import flatten, map_shapes
from cycnn.layers.layer import Layer, takes


@export("keras.layers")
class Lambda(Layer):
    """y = function(x), written with `cycnn.ops`. For weights, write a subclass of `Layer`.

    Args:
        function: of a symbolic tensor, or of a list of them; one with a parameter `training` gets the flag. A named
            function that is registered (`utils.register_keras_serializable`) can be saved, a lambda cannot.
        output_shape: shape of one sample of the output, or a function of the input shape, for `compute_output_shape`; found
            by itself where it is None.
        mask: not supported: None.
        arguments: dictionary of more arguments of the function.

    Input shape:
        Any.

    Output shape:
        That of the function's value.

    Example:

    ```python
    cycnn.layers.Lambda(lambda x: x**2)(np.array([[1.0, 2.0, 3.0]]))  # [[1, 4, 9]]
    ```
    """

    supports_masking = True
    takes_mask = True

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        if not callable(function):
            raise checks.refuse("function", "a function of a tensor", function)
        if mask is not None:
            raise ValueError(f"`mask` is not supported. Received: mask={mask!r}.")
        self.function = function
        self.arguments = dict(arguments or {})
        self._output_shape = output_shape

    def _takes_training(self):
        return takes(self.function, "training")

    def call(self, inputs, **kwargs):
        return self.function(inputs, **self.arguments, **kwargs)

    def compute_output_shape(self, input_shape):
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        samples = flatten(input_shape)[0]
        return map_shapes(lambda shape: (samples, *shape), self._output_shape)

    def get_config(self):
        config = {**super().get_config(), "function": serialize_keras_object(self.function)}
        if self._output_shape is not None:
            config["output_shape"] = serialize_keras_object(self._output_shape)
        return {**config, "arguments": serialize_keras_object(self.arguments)}

    @classmethod
    def from_config(cls, config):
        made = {key: deserialize_keras_object(config[key]) for key in ("function", "arguments") if key in config}
        shape = config.get("output_shape")
        if isinstance(shape, dict):
            made["output_shape"] = deserialize_keras_object(shape)
        elif shape is not None:
            made["output_shape"] = map_shapes(tuple, shape)
        return super().from_config({**config, **made})
