"""CenterCrop: the middle of pictures."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.layers.reshaping.resizing import resized
from cycnn.ops.layout import Crop


@export("keras.layers")
class CenterCrop(Layer):
    """The middle of each picture. One that is too small is cut to the wanted proportions and enlarged, bilinearly.

    Args:
        height, width: of the output.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, height, width, c).
    """

    exact_ndim = 4

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.height, self.width = checks.positive_int("height", height), checks.positive_int("width", width)
        modest("height, width", (self.height, self.width))
        self.data_format = global_data_format(data_format)

    def call(self, x):
        first = self.data_format == "channels_first"
        h, w = x.shape[2:] if first else x.shape[1:3]
        if None in (h, w) or h < self.height or w < self.width:
            return resized(x, self.height, self.width, self.data_format, fit="crop")
        top, left = (h - self.height) // 2, (w - self.width) // 2
        before, after = (top, left), (h - self.height - top, w - self.width - left)
        return Crop(*(((0, *v) if first else (*v, 0)) for v in (before, after))).record(x)

    def get_config(self):
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "data_format": self.data_format,
        }
