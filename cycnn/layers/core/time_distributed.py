"""TimeDistributed: one layer for every step."""

from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.core.activation import Activation
from cycnn.layers.core.dense import Dense
from cycnn.layers.core.wrapper import Wrapper
from cycnn.ops.layout import Crop, Reshape, Stack

BY_THEMSELVES = (Activation, Dense)  # layers that treat every step alone, whatever axes there are


class AnyStep(Operation):
    """A step of an unknown number of them: its shape, before there is anything to compute."""

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], *x.sample[1:]), x.dtype))


class AnySteps(Operation):
    """An unknown number of steps, of which one is given."""

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], None, *x.sample), x.dtype))


@export("keras.layers")
class TimeDistributed(Wrapper):
    """Applies a layer to every step of its input, with the same weights.

    Args:
        layer: the layer.

    Input shape:
        (n, steps, ...).

    Output shape:
        (n, steps, ...): the layer's output for each step.

    Example:

    ```python
    frames = cycnn.layers.TimeDistributed(cycnn.layers.Conv2D(8, 3))
    frames(np.zeros((2, 10, 16, 16, 3))).shape  # (2, 10, 14, 14, 8)
    ```
    """

    supports_masking = True
    min_ndim = 3
    takes_mask = True

    def build(self, input_shape):
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, x):
        if isinstance(self.layer, BY_THEMSELVES):
            return self.layer(x)
        steps, sample = x.shape[1], x.shape[2:]
        if steps is None:
            return AnySteps().record(self.layer(AnyStep().record(x)))
        zeros, found = (0,) * len(sample), []
        for k in range(steps):
            step = Crop((k, *zeros), (steps - 1 - k, *zeros)).record(x)
            found.append(self.layer(Reshape(sample).record(step)))
        return Stack().record(tuple(found)) if steps > 1 else Reshape((1, *found[0].shape[1:])).record(found[0])
