"""RandomErasing: pictures with a rectangle of noise."""

from cycnn import kernels
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.preprocessing.base_augmentation import bounds
from cycnn.layers.preprocessing.base_colour import BaseColour


class Erase(Operation):
    """Rectangles of pictures filled; of pictures and numbers (n, 8). Arguments as of the kernel."""

    def __init__(self, noise, *arguments):
        self.noise, self.arguments = noise, tuple(map(float, arguments))

    def memory(self, x):
        return Memory(TensorSpec(x[0].shape))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.image.erase, *x, y, self.noise, *self.arguments)

    def backward(self, emit, x, y, dy, dx, work):
        raise NotImplementedError(
            "RandomErasing has no gradient: ask for that of the pictures behind it, or pass `training=False`."
        )


@export("keras.layers")
class RandomErasing(BaseColour):
    """While training, fills a rectangle somewhere in a picture. Else, y = x.

    Args:
        factor: how likely it is, from 0 to this; or from the smallest to the largest probability of a pair.
        scale: height and width of the rectangle are square roots of shares between these two of the picture's; one
            number: from 0 to this.
        fill_value: what fills it, a number or one for each of three channels; None: random numbers of a normal
            distribution around 0, with the upper end of the range as standard deviation, clipped to the range.
        value_range: the smallest and the largest number that a pixel may have.
        seed: integer or None.
        data_format: `"channels_last"`, or `"channels_first"` (slower: transposed at the border).

    Input shape:
        (n, h, w, c).

    Output shape:
        The input's.

    Reference:
        Zhong, Zheng, Kang, Li and Yang, Random Erasing Data Augmentation, AAAI 2020.
    """

    draws = 8

    def __init__(
        self,
        factor=1.0,
        scale=(0.02, 0.33),
        fill_value=None,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = bounds("factor", factor, 0, 1, least=0.0)
        self.scale = bounds("scale", scale, 0, 1, least=0.0)
        self.fill_value = fill_value
        low, high = self.value_range
        fills = fill_value if isinstance(fill_value, (list, tuple)) else (fill_value,) * 3
        if fill_value is None:
            self._fill = (low, high, 0.0)
        elif len(fills) != 3:
            raise checks.refuse("fill_value", "a number, three numbers or None", fill_value)
        else:
            self._fill = tuple(min(max(checks.number("fill_value", value), low), high) for value in fills)

    def changed(self, x, numbers, column=0):
        if isinstance(self.fill_value, (list, tuple)) and x.shape[-1] != 3:
            self._refuse_input("pictures with as many channels as `fill_value` has numbers", f"shape={x.shape}")
        return Erase(self.fill_value is None, *self.factor, *self.scale, *self._fill).record((x, numbers))

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "fill_value": self.fill_value}
