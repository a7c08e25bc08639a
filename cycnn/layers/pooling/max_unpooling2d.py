"""MaxUnpooling2D: values back to where the maxima were."""

from cycnn import kernels
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.pooling.base_pooling import BasePooling
from cycnn.ops.layout import channels_to_first, channels_to_last


@export("cycnn.layers")
class MaxUnpooling2D(BasePooling):
    """Undoes a max-pooling: each value goes to the place of the maximum of its window, and all other places are zero.

    The places ("switches") are those of `MaxPooling2D` with the same arguments, found again from the map that it saw,
    which is the second input and gets no gradient. Where windows overlap and share a maximum, their values add up: the
    layer is the transpose of the pooling.

    Keras has no such layer.

    Args:
        pool_size: integer or pair: height and width of the window.
        strides: integer or pair; None: the window's size.
        padding: `"valid"` or `"same"`.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        List of two: (n, oh, ow, c), as `MaxPooling2D` gives it, and (n, h, w, c), the map that was pooled.

    Output shape:
        (n, h, w, c).

    Example:

    ```python
    before = cycnn.layers.Conv2D(32, 3)(pictures)
    pooled = cycnn.layers.MaxPooling2D(2)(before)
    again = cycnn.layers.MaxUnpooling2D(2)([pooled, before])  # as large as `before`
    ```

    Reference:
        Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014.
    """

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
        self.exact_ndim = None  # of one input: there are two

    def call(self, inputs):
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2 or any(x.ndim != 4 for x in inputs):
            received = [x.shape for x in inputs] if isinstance(inputs, (list, tuple)) else inputs.shape
            raise ValueError(
                f"Layer {self.name!r} (MaxUnpooling2D) should be called on a list of two inputs with 4 axes: the map to "
                f"unpool, and the map that was pooled. Received: shapes {received}."
            )
        if self.data_format == "channels_first":
            return channels_to_first(self.record(tuple(map(channels_to_last, inputs))))
        return self.record(tuple(inputs))

    def memory(self, x):
        pooled, before = x
        expected = self._output(before)
        if None not in (*expected.sample, *pooled.sample) and expected.sample != pooled.sample:
            raise ValueError(
                f"Layer {self.name!r} (MaxUnpooling2D): the map to unpool must be as large as the other one pooled, "
                f"{expected.sample} (rows, columns, channels). Received: shapes {pooled.shape} and {before.shape}."
            )
        if None in expected.sample:
            return Memory(TensorSpec(before.shape))
        work = {"largest": per_sample(expected.sample), "argmax": per_sample(expected.sample, "int32")}
        return Memory(TensorSpec(before.shape), work)

    def forward(self, emit, x, y, work, *, training):
        (pooled, before), pool = x, kernels.pool
        window = self._passes(before.shape)[0].window
        emit(pool.max_forward, before, work["largest"], work["argmax"], *window, False, units=pooled.shape[0])
        emit(pool.max_backward, pooled, work["argmax"], y, *window)

    def backward(self, emit, x, y, dy, dx, work):
        if dx[0]:
            emit(kernels.pool.max_gather, dy, work["argmax"], dx[0], *self._passes(y.shape)[0].window)
        if dx[1]:
            emit(kernels.layout.zero, dx[1].view(dx[1].size))

    def flops(self, x):
        return super().flops(x[1])
