"""Resizing: pictures of one size."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.elementwise import Affine
from cycnn.ops.layout import Crop, Pad, Resize


@export("keras.layers")
class Resizing(Layer):
    """Pictures in another size. Pixels are squares: corners come to lie on corners.

    Args:
        height, width: of the output.
        interpolation: `"bilinear"`: each pixel mixes its two neighbours along each axis; or `"nearest"`.
        crop_to_aspect_ratio: whether to cut off first, from both sides, what would make the picture look distorted.
        pad_to_aspect_ratio: whether to add a border first, for the same purpose.
        fill_mode: `"constant"`.
        fill_value: number: the added border's.
        antialias: False.
        data_format: `"channels_last"` or `"channels_first"`.

    Input shape:
        (n, h, w, c).

    Output shape:
        (n, height, width, c).
    """

    exact_ndim = 4

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.height, self.width = checks.positive_int("height", height), checks.positive_int("width", width)
        modest("height, width", (self.height, self.width))
        self.interpolation = checks.one_of("interpolation", interpolation, ("nearest", "bilinear"))
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError(
                "Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` may be True. Received: True for both."
            )
        self.fill_mode = checks.one_of("fill_mode", fill_mode, ("constant",))
        self.fill_value = checks.number("fill_value", fill_value)
        if antialias:
            raise checks.refuse("antialias", "False: pixels mix their two neighbours only", antialias)
        self.antialias = False
        self.data_format = global_data_format(data_format)

    def call(self, x):
        fit = "crop" if self.crop_to_aspect_ratio else "pad" if self.pad_to_aspect_ratio else None
        return resized(x, self.height, self.width, self.data_format, self.interpolation, fit, self.fill_value)

    def get_config(self):
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
            "data_format": self.data_format,
        }


def resized(x, height, width, data_format, interpolation="bilinear", fit=None, fill_value=0.0):
    """A picture in another size. Arguments as of `Resizing`; `fit`: `"crop"` or `"pad"` to keep its proportions."""
    first = data_format == "channels_first"

    def whole(rows, columns, channels):
        return (channels, rows, columns) if first else (rows, columns, channels)

    h, w = x.shape[2:] if first else x.shape[1:3]
    channels = x.shape[1] if first else x.shape[3]
    if fit is not None and None not in (h, w):
        # The sides that the picture would have with the other one's length and the wanted proportions.
        rows, columns = int(w * height / width), int(h * width / height)
        if fit == "crop":
            rows, columns = max(1, min(h, rows)), max(1, min(w, columns))
            top, left = (h - rows) // 2, (w - columns) // 2
            x = Crop(whole(top, left, 0), whole(h - rows - top, w - columns - left, 0)).record(x)
        else:  # as much on both sides: a row or a column may be missing
            ends = whole((max(h, rows) - h) // 2, (max(w, columns) - w) // 2, 0)
            x = Affine(1.0, -fill_value).record(x) if fill_value else x
            x = Pad(ends, ends).record(x)
    x = Resize(whole(height, width, channels), interpolation == "bilinear").record(x)
    return Affine(1.0, fill_value).record(x) if fit == "pad" and fill_value else x
