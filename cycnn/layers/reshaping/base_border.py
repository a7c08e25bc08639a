"""What zero padding and cropping share."""

from cycnn.core import checks
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.layout import Crop, Pad


class BaseBorder(Layer):
    """So many elements before and after each axis of space. A leaf gives `dimensions`, how many there are, and says what
    happens to the border.
    """

    dimensions = 2

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        self.exact_ndim = self.dimensions + 2

    def _border(self, name, value):
        """An argument as one pair for each axis of space."""
        count = self.dimensions
        pairs = (value,) * count if count == 1 or checks.as_integer(value) is not None else value
        try:
            found = tuple(checks.non_negative_pair(name, pair) for pair in pairs)
        except (TypeError, ValueError):
            found = ()
        if len(found) != count:
            group = {1: "a pair (before, after)", 2: "a pair", 3: "a triple"}[count]
            more = "" if count == 1 else f" of integers, or {group} of pairs (before, after)"
            raise checks.refuse(name, f"an integer or {group}{more}, all at least 0", value)
        modest(name, [length for pair in found for length in pair])
        return found

    def _ends(self, pairs):
        """`(before, after)` for all axes of a sample."""
        before, after = ([pair[k] for pair in pairs] for k in (0, 1))
        return [([0, *v] if self.data_format == "channels_first" else [*v, 0]) for v in (before, after)]

    def _lengths(self, sample):
        """The axes of space of a sample's shape."""
        return sample[1:] if self.data_format == "channels_first" else sample[:-1]


class BaseZeroPadding(BaseBorder):
    """Zeros before and after each axis of space."""

    def __init__(self, padding, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        found = self._border("padding", padding)
        self.padding = found[0] if self.dimensions == 1 else found

    def call(self, x):
        pairs = (self.padding,) if self.dimensions == 1 else self.padding
        return Pad(*self._ends(pairs)).record(x)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


class BaseCropping(BaseBorder):
    """Without what lies at the ends of each axis of space."""

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        found = self._border("cropping", cropping)
        self.cropping = found[0] if self.dimensions == 1 else found

    def call(self, x):
        pairs = (self.cropping,) if self.dimensions == 1 else self.cropping
        lengths = self._lengths(x.shape[1:])
        if any(length is not None and sum(pair) >= length for pair, length in zip(pairs, lengths)):
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): `cropping` must leave something of every axis. "
                f"Received: input of shape {x.shape}, cropping={self.cropping}."
            )
        return Crop(*self._ends(pairs)).record(x)

    def get_config(self):
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}
