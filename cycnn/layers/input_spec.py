"""InputSpec: what a layer expects of its input."""

from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.structure import flatten


@export("keras")
class InputSpec:
    """What a layer expects of one input; a layer with an attribute `input_spec`, one of these or a list of them, refuses others.

    Args:
        dtype: string or None.
        shape: tuple, the sample axis included; None in it fits any length.
        ndim, max_ndim, min_ndim: number of axes.
        axes: dictionary, axis → length.
        allow_last_axis_squeeze: whether a last axis of length 1 may be missing, or be there besides.
        name: key of the input in dictionaries.
        optional: whether None may stand in the input's place.

    Raises:
        TypeError: `axes` is no dictionary of integers.
        ValueError: it names an axis that there cannot be.

    Example:

    ```python
    class Colours(cycnn.layers.Layer):
        def __init__(self):
            super().__init__()
            self.input_spec = cycnn.layers.InputSpec(ndim=4, axes={-1: 3})
    ```
    """

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None,
                 allow_last_axis_squeeze=False, name=None, optional=False):  # fmt: skip
        self.dtype = dtype
        self.shape = None if shape is None else checks.shape("shape", shape)
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim, self.min_ndim, self.name, self.optional = max_ndim, min_ndim, name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): length for axis, length in (axes or {}).items()}
        except (AttributeError, TypeError, ValueError):
            raise TypeError(f"`axes` must be a dictionary with integer keys. Received: axes={axes!r}.") from None
        most = self.ndim or max_ndim
        if most is not None and self.axes and max(self.axes) >= most:
            raise ValueError(f"`axes` must be axes of an input with at most {most}. Received: axes={axes}.")

    def refusal(self, shape, dtype):
        """What is expected and is not so, as text; None, where an input fits."""
        if self.ndim is not None and not self.allow_last_axis_squeeze and len(shape) != self.ndim:
            return f"{self.ndim} axes, the sample axis included"
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"at most {self.max_ndim} axes"
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"at least {self.min_ndim} axes"
        if self.dtype is not None and dtype != self.dtype:
            return f"dtype {self.dtype}"
        for axis, length in self.axes.items():
            if length is not None and shape[axis] not in (length, None):
                return f"length {length} along axis {axis}"
        if self.shape is not None:
            wanted = self.shape
            if self.allow_last_axis_squeeze:
                shape, wanted = (lengths[:-1] if lengths[-1:] == (1,) else lengths for lengths in (shape, wanted))
            if len(shape) != len(wanted) or any(None not in (a, b) and a != b for a, b in zip(shape, wanted)):
                return f"shape {self.shape}"
        return None

    def get_config(self):
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __repr__(self):
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{name}={getattr(self, name)}' for name in names if getattr(self, name))})"


def check_input(layer, inputs):
    """Refuse inputs that are not as the layer's `input_spec` says.

    Raises:
        ValueError: they are not.
    """
    specs, what = flatten(layer.input_spec), f"Layer {layer.name!r} ({type(layer).__name__}) expects"
    if isinstance(inputs, dict) and all(spec.name for spec in specs):
        missing = [spec.name for spec in specs if spec.name not in inputs]
        if missing:
            raise ValueError(f"{what} inputs named {[spec.name for spec in specs]}. Received: {list(inputs)}.")
        inputs = [inputs[spec.name] for spec in specs]
    inputs = flatten(inputs)
    if len(inputs) != len(specs):
        raise ValueError(f"{what} {len(specs)} inputs. Received: {len(inputs)}.")
    for k, (spec, x) in enumerate(zip(specs, inputs)):
        if spec is None or (x is None and spec.optional):
            continue
        expected = spec.refusal(tuple(x.shape), str(x.dtype))
        if expected is not None:
            raise ValueError(f"{what} {expected} of input {k}. Received: shape={tuple(x.shape)}, dtype={x.dtype}.")
