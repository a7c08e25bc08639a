"""CroppingLike: a feature map cut to the size of another."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.reshaping.base_like import BaseLike
from cycnn.ops.layout import Crop


@export("cycnn.layers")
class CroppingLike(BaseLike):
    """The part of the first feature map that is as large as the second: its middle, or what begins at `offset`. U-Net
    joins its two sides with such a layer.

    Keras has no such layer.

    Args:
        offset: where the part begins along each axis of space: integer or tuple; None: the middle.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        List of two: (n, steps, c), (n, h, w, c) or (n, d, h, w, c), and another with as many axes, at most as long; their
        channels may differ.

    Output shape:
        The second one's, with the first one's channels.

    Raises:
        ValueError: the first map is smaller than the second, or the part does not lie in it.

    Example:

    ```python
    cycnn.layers.CroppingLike()([np.zeros((1, 8, 8, 3)), np.zeros((1, 6, 4, 1))]).shape  # (1, 6, 4, 3)
    ```

    Reference:
        Ronneberger, Fischer and Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI 2015.
    """

    def __init__(self, offset=None, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        self.offset = offset
        if isinstance(offset, (list, tuple)):
            self.offset = tuple(checks.non_negative_int("offset", place) for place in offset)
        elif offset is not None:
            self.offset = checks.non_negative_int("offset", offset)

    def _fitted(self, x, wanted):
        if None in x.shape[1:] or None in wanted:
            return Crop((0,) * len(wanted), (0,) * len(wanted)).record(x)
        have = x.shape[1:]
        spare = [a - b for a, b in zip(have, wanted)]
        if self.offset is None:
            before = [length // 2 for length in spare]
        else:
            places = self.offset if isinstance(self.offset, tuple) else (self.offset,) * (len(have) - 1)
            before = [0, *places] if self.data_format == "channels_first" else [*places, 0]
        if len(before) != len(spare) or any(not 0 <= a <= b for a, b in zip(before, spare)):
            where = "its middle" if self.offset is None else f"from offset={self.offset} on"
            raise ValueError(
                f"Layer {self.name!r} (CroppingLike): a part as large as the second map must lie in the first, {where}. "
                f"Received: samples of shapes {tuple(have)} and {tuple(wanted)}."
            )
        return Crop(before, [a - b for a, b in zip(spare, before)]).record(x)

    def get_config(self):
        return {**super().get_config(), "offset": self.offset}
