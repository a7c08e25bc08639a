"""What poolings over windows share."""

import math
from typing import NamedTuple

from cycnn import kernels
from cycnn.core import checks, shapes
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, per_sample
from cycnn.layers.layer import Layer, global_data_format, modest
from cycnn.ops.layout import channels_to_first, channels_to_last


class Axis(NamedTuple):
    """Windows along one axis: how many, how wide, how far apart (0: adaptive), and the padding before the first."""

    count: int
    width: int
    stride: int
    before: int


STILL = Axis(1, 1, 1, 0)  # an axis of length 1


class Pass(NamedTuple):
    """One call of a kernel, which pools (h, w, c) maps: `x` and `y` are such shapes, `window` is its geometry, and a sample
    has `maps` of them."""

    x: tuple
    y: tuple
    window: tuple
    maps: int = 1


class SlidingWindows(Layer):
    """Base of the layers with windows over one, two or three axes of space. A family says what a window becomes, by
    `_pool` and `_spread`; a leaf gives `dimensions`.
    """

    dimensions = 2
    built_from_start = True
    keeps_places = False  # whether backward needs to know where in its window each output comes from

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = global_data_format(data_format)
        self.exact_ndim = self.dimensions + 2

    def call(self, x):
        if self.data_format == "channels_first":
            return channels_to_first(self.record(channels_to_last(x)))
        return self.record(x)

    def _axes(self, sample):
        """The windows along each axis of space; a count is None where the length is."""
        raise NotImplementedError(f"{type(self).__name__} has no windows")

    def _output(self, x):
        counts = [axis.count for axis in self._axes(x.sample)]
        return TensorSpec((x.shape[0], *counts, x.shape[-1]))

    def _passes(self, sample):
        """The calls that pool one sample.

        A line is a map of one row. A volume is pooled plane by plane, and then along its first axis, where it is a map of
        one column: with windows of 2x2x2, what lies in between is a fourth of it. The first maximum still wins.
        """
        axes, c = self._axes(sample), sample[-1]
        if len(axes) == 1:
            return [_pass((1, *sample), [STILL, *axes])]
        if len(axes) == 2:
            return [_pass(sample, axes)]
        first, *others = axes
        passes = [_pass(sample[1:], others)._replace(maps=sample[0])]
        if first != Axis(sample[0], 1, 1, 0):
            passes.append(_pass((sample[0], 1, math.prod(axis.count for axis in others) * c), [first, STILL]))
        return passes

    def memory(self, x):
        y = self._output(x)
        if None in y.sample:
            return Memory(y)
        passes = self._passes(x.sample)
        work = {}
        if self.keeps_places:
            work = {f"argmax {k}": per_sample((each.maps, *each.y), "int32") for k, each in enumerate(passes)}
        for each in passes[1:]:
            work |= {"between": per_sample(each.x), "d between": per_sample(each.x)}
        return Memory(y, work)

    def forward(self, emit, x, y, work, *, training, activation=0):
        passes = self._passes(x.shape)
        for k, each in enumerate(passes):
            last = k == len(passes) - 1
            source, target = (work["between"] if k else x), (y if last else work["between"])
            argmax = work[f"argmax {k}"].maps(*each.y) if self.keeps_places and emit.differentiates else None
            self._pool(emit, source.maps(*each.x), target.maps(*each.y), argmax, each, activation if last else 0)

    def backward(self, emit, x, y, dy, dx, work):
        passes = self._passes(x.shape)
        for k, each in reversed(list(enumerate(passes)) if dx else []):
            target, source = (work["d between"] if k else dx), (dy if k == len(passes) - 1 else work["d between"])
            argmax = work[f"argmax {k}"].maps(*each.y) if self.keeps_places else None
            self._spread(emit, source.maps(*each.y), argmax, target.maps(*each.x), each, x, y)

    def _pool(self, emit, x, y, argmax, each, activation):
        """Emit what turns each window into a pixel."""
        raise NotImplementedError(f"{type(self).__name__} has no kernel")

    def _spread(self, emit, dy, argmax, dx, each, x, y):
        """Emit the gradient of `_pool`; `x` and `y` are the layer's own input and output."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient")

    def flops(self, x):
        return self._output(x).size * math.prod(axis.width for axis in self._axes(x.sample))

    def get_config(self):
        return {**super().get_config(), "data_format": self.data_format}


def _pass(x, axes):
    """Adaptive windows along one axis are adaptive along the other, too: a window is as wide as its pixel there."""
    rows, columns = axes
    strides = (rows.stride, columns.stride) if rows.stride and columns.stride else (0, 0)
    window = (rows.width, columns.width, *strides, rows.before, columns.before)
    return Pass(tuple(x), (rows.count, columns.count, x[2]), window)


class BasePooling(SlidingWindows):
    """A window of `pool_size` slides over the axes of space by `strides` (the window's size where None)."""

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(data_format, name=name, **kwargs)
        self.pool_size = modest("pool_size", checks.positive_ints("pool_size", pool_size, self.dimensions))
        strides = self.pool_size if strides is None else strides
        self.strides = modest("strides", checks.positive_ints("strides", strides, self.dimensions))
        self.padding = checks.padding(padding)

    def _axes(self, sample):
        found = [
            shapes.window(size, pool, stride, 1, self.padding)
            for size, pool, stride in zip(sample, self.pool_size, self.strides, strict=False)
        ]
        if any(window.size is not None and window.size < 1 for window in found):
            names = {1: "(steps, channels)", 2: "(rows, columns, channels)", 3: "(three axes of space, channels)"}
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): a window of {self.pool_size} does not fit into the input, so "
                f"the output would be empty. Received: input of shape {tuple(sample)} {names[self.dimensions]}."
            )
        return [
            Axis(window.size, pool, stride, window.before)
            for window, pool, stride in zip(found, self.pool_size, self.strides)
        ]

    def _reads(self, x):
        """Rows and columns of the input, from the first on, that some window sees."""
        return tuple(
            min(length, (axis.count - 1) * axis.stride + axis.width - axis.before)
            for axis, length in zip(self._axes(x.sample), x.sample)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
        }


class BaseAdaptivePooling(SlidingWindows):
    """As many windows as the output has pixels, whatever the input's size: window k of m over a length of w begins at
    floor(k w / m) and ends before ceil((k + 1) w / m).
    """

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(data_format, **kwargs)
        try:
            self.output_size = checks.positive_ints("output_size", output_size, self.dimensions)
        except ValueError as error:
            raise (ValueError if _are_integers(output_size, self.dimensions) else TypeError)(str(error)) from None
        modest("output_size", self.output_size)

    def _axes(self, sample):
        return [
            Axis(count, *((1, 1) if size is None else shapes.adaptive(size, count)), 0)
            for size, count in zip(sample, self.output_size)
        ]

    def get_config(self):
        return {**super().get_config(), "output_size": self.output_size}


def _are_integers(value, count):
    """Whether the kind of a value is right, if not its size."""
    parts = value if isinstance(value, (list, tuple)) else (value,)
    return len(parts) in (1, count) and all(checks.as_integer(part) is not None for part in parts)


class Maximum:
    """A window becomes its largest value. Padding never wins; the first maximum takes the gradient."""

    keeps_places = True
    takes_relu = True

    def _pool(self, emit, x, y, argmax, each, activation):
        emit(kernels.pool.max_forward, x, y, argmax, *each.window, activation != 0, units=each.maps * each.y[0])

    def _spread(self, emit, dy, argmax, dx, each, x, y):
        emit(kernels.pool.max_backward, dy, argmax, dx, *each.window, units=each.maps)


class Average:
    """A window becomes its mean. Padding is not counted."""

    def _pool(self, emit, x, y, argmax, each, activation):
        emit(kernels.pool.average_forward, x, y, *each.window, units=each.maps * each.y[0])

    def _spread(self, emit, dy, argmax, dx, each, x, y):
        emit(kernels.pool.average_backward, dy, dx, *each.window, units=each.maps)
