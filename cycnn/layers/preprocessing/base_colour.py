"""What layers share that change pixels where they are."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.preprocessing.base_augmentation import BaseAugmentation


class Recolour(Operation):
    """Pictures through one of the kernels of `image` that work pixel by pixel: of pictures and numbers (n, draws).

    Args:
        verb: the kernel.
        column: which of the numbers is the first that it takes.
        arguments: of the kernel, behind the column.
    """

    def __init__(self, verb, column, arguments):
        self.verb, self.column, self.arguments = verb, column, tuple(map(float, arguments))

    def memory(self, x):
        return Memory(TensorSpec(x[0].shape))

    def forward(self, emit, x, y, work, *, training):
        x, numbers = x
        h, w, c = x.shape
        lengths = (x.size,) if self.verb == "brightness" else (h * w, c)
        kernel = getattr(kernels.image, self.verb)
        emit(kernel, x.view(*lengths), numbers, y.view(*lengths), self.column, *self.arguments)

    def backward(self, emit, x, y, dy, dx, work):
        raise NotImplementedError(
            f"Random {self.verb} has no gradient: ask for that of the pictures behind it, or pass `training=False`."
        )


class BaseColour(BaseAugmentation):
    """Changes what pixels are by one of the kernels of `image`, which a leaf names as `verb`.

    Such a layer passes no gradient on to its pictures while training; layers of pictures have no weights before them.
    """

    verb = None
    rgb = True  # whether it takes pictures of three channels only

    def __init__(self, value_range, seed, data_format, **kwargs):
        super().__init__(seed, data_format, **kwargs)
        pair = value_range if isinstance(value_range, (list, tuple)) and len(value_range) == 2 else (None, None)
        try:
            low, high = (checks.number("value_range", value) for value in pair)
        except ValueError:
            raise checks.refuse("value_range", "a pair of numbers", value_range) from None
        self.value_range = (min(low, high), max(low, high))

    def _limits(self):
        """Arguments of the kernel, behind the column."""
        return (*self.factor, *self.value_range)

    def changed(self, x, numbers, column=0):
        """The pictures, changed by the numbers of these columns."""
        if self.rgb and x.shape[-1] != 3:
            self._refuse_input("pictures with three channels: red, green and blue", f"shape={x.shape}")
        return Recolour(self.verb, column, self._limits()).record((x, numbers))

    def _augmented(self, x, numbers, is_mask):
        return self.changed(x, numbers)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
