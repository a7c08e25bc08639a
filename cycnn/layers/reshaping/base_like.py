"""What the layers that take their size from another feature map share."""

from cycnn.layers.layer import Layer, global_data_format


class BaseLike(Layer):
    """The first input in the size that the second one has. Only the size of the second matters, so it gets no gradient.

    A leaf gives `_fitted`. With rank 3, 4 or 5, there are one, two or three axes of space.
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            received = f"{len(inputs)}" if isinstance(inputs, (list, tuple)) else "one"
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}) should be called on a list of two inputs: a feature map, and "
                f"one of the wanted size. Received: {received}."
            )
        x, like = inputs
        if x.ndim != like.ndim or not 3 <= x.ndim <= 5:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): both inputs must have as many axes, from 3 to 5. "
                f"Received: shapes {x.shape} and {like.shape}."
            )
        first = self.data_format == "channels_first"
        wanted = (x.shape[1], *like.shape[2:]) if first else (*like.shape[1:-1], x.shape[-1])
        return self._fitted(x, wanted)

    def _fitted(self, x, wanted):
        """`x` with samples of the shape `wanted`."""
        raise NotImplementedError(f"{type(self).__name__} does nothing")

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}
