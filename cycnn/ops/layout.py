"""Operations that only say where elements lie."""

import math

from cycnn import kernels
from cycnn.core import shapes
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, per_sample


class Reshape(Operation):
    """The same elements with another shape of a sample. Costs nothing. A length that is None follows from the input's,
    when these are known."""

    def __init__(self, shape):
        self.shape = tuple(shape)

    def memory(self, x):
        found = self.shape
        if None in found and None not in x.sample:
            found = shapes.reshape(x.sample, [-1 if length is None else length for length in found])
            if found is None:
                raise ValueError(
                    f"A sample must hold as many elements as in its new shape, of which one length may be unknown. "
                    f"Received: a sample of shape {x.sample} for {self.shape}."
                )
        return Memory(TensorSpec((x.shape[0], *found), x.dtype))

    def is_view(self, training):
        return True

    def flops(self, x):
        return 0


class Transpose(Operation):
    """Permute the axes after the sample axis; `axes` counts from 1, as in `layers.Permute`."""

    def __init__(self, axes):
        self.axes = tuple(axes)

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], *(x.shape[a] for a in self.axes)), x.dtype))

    def is_view(self, training):
        return self.axes == tuple(range(1, len(self.axes) + 1))

    def flops(self, x):
        return x.size

    @staticmethod
    def _emit(emit, x, y, axes):
        """The kernel permutes five axes: those that stay neighbours count as one, and ones fill up what is missing."""
        runs = []
        for axis in axes:
            if runs and runs[-1][-1] + 1 == axis:
                runs[-1].append(axis)
            else:
                runs.append([axis])
        there = sorted(runs)
        order = [there.index(run) for run in runs]
        lengths = [math.prod(x.shape[axis - 1] for axis in run) for run in there]
        ones = (1,) * (5 - len(runs))
        y = y.view(*(lengths[k] for k in order), *ones)
        emit(kernels.layout.transpose, x.view(*lengths, *ones), y, *order, *range(len(runs), 5))

    def forward(self, emit, x, y, work, *, training):
        self._emit(emit, x, y, self.axes)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            inverse = [0] * len(self.axes)
            for position, axis in enumerate(self.axes):
                inverse[axis - 1] = position + 1
            self._emit(emit, dy, dx, inverse)


class _Border(Operation):
    """A sample within a border: so many elements before and behind it along each axis.

    The kernels know one border, of rows and columns of pixels. Others take several calls: of one axis each, all axes
    before it being rows and all behind it the pixel; of two axes, where nothing is before them.
    """

    def __init__(self, before, after):
        self.before, self.after = tuple(before), tuple(after)

    def is_view(self, training):
        return not any((*self.before, *self.after))

    def flops(self, x):
        return x.size

    def _frames(self, inner):
        """`(inner, outer, rows above, columns before)` of each call that goes from the inner sample outwards."""
        shape, frames = list(inner), []
        wide = [k for k in range(len(shape)) if self.before[k] or self.after[k]]
        while wide:
            last = wide.pop()
            above = last - 1
            both = bool(wide) and wide[-1] == above and math.prod(shape[:above]) == 1
            behind = math.prod(shape[last + 1 :])
            rows = shape[above] if both else math.prod(shape[:last])
            small = (rows, shape[last], behind)
            for k in (above, last) if both else (last,):
                shape[k] += self.before[k] + self.after[k]
            if both:
                wide.pop()
            large = (shape[above] if both else rows, shape[last], behind)
            frames.append((small, large, self.before[above] if both else 0, self.before[last]))
        return frames

    def _memory(self, output, inner):
        between = {
            f"{prefix}{k}": per_sample(large)
            for prefix in ("between ", "d between ")
            for k, (_, large, _, _) in enumerate(self._frames(inner.sample)[:-1] if None not in inner.sample else ())
        }
        return Memory(output, between)

    def _pad(self, emit, x, y, work, prefix):
        frames = self._frames(x.shape)
        for k, (small, large, top, left) in enumerate(frames):
            target = y if k == len(frames) - 1 else work[f"{prefix}{k}"]
            emit(kernels.layout.pad, x.view(*small), target.view(*large), top, left)
            x = target

    def _crop(self, emit, x, y, work, prefix):
        for k, (small, large, top, left) in reversed(list(enumerate(self._frames(y.shape)))):
            target = work[f"{prefix}{k - 1}"] if k else y
            emit(kernels.layout.crop, x.view(*large), target.view(*small), top, left)
            x = target


class Pad(_Border):
    """Zeros around a sample: `before` and `after` it along each of its axes."""

    @property
    def zeros(self):
        """How many (before, after) it, along each axis."""
        return tuple(zip(self.before, self.after, strict=True))

    def memory(self, x):
        lengths = (length and length + a + b for length, a, b in zip(x.sample, self.before, self.after, strict=True))
        return self._memory(TensorSpec((x.shape[0], *lengths), x.dtype), x)

    def forward(self, emit, x, y, work, *, training):
        self._pad(emit, x, y, work, "between ")

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            self._crop(emit, dy, dx, work, "d between ")


class Crop(_Border):
    """A sample without what is `before` and `after` along each of its axes."""

    def memory(self, x):
        lengths = (length and length - a - b for length, a, b in zip(x.sample, self.before, self.after, strict=True))
        inner = TensorSpec((x.shape[0], *lengths), x.dtype)
        return self._memory(inner, inner)

    def forward(self, emit, x, y, work, *, training):
        self._crop(emit, x, y, work, "between ")

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            self._pad(emit, dy, dx, work, "d between ")


class Join(Operation):
    """Samples one behind the other along an axis, which is counted from 0 behind the sample axis."""

    def __init__(self, axis):
        self.axis = axis

    def memory(self, x):
        shape = list(x[0].sample)
        shape[self.axis] = sum(spec.sample[self.axis] for spec in x)
        return Memory(TensorSpec((None, *shape)))

    def flops(self, x):
        return sum(spec.size for spec in x)

    def _parts(self, xs, y):
        """Each of xs that is there as (rows, columns), where its columns begin in y, and y likewise."""
        rows, first = math.prod(y.shape[: self.axis]), 0
        whole = y.view(rows, y.size // rows)
        for x, length in xs:
            columns = length * math.prod(y.shape[self.axis + 1 :])
            if x is not None:
                yield x.view(rows, columns), whole, first
            first += columns

    def forward(self, emit, x, y, work, *, training):
        for part in self._parts([(part, part.shape[self.axis]) for part in x], y):
            emit(kernels.merge.join, *part)

    def backward(self, emit, x, y, dy, dx, work):
        for part, whole, first in self._parts([(dpart, part.shape[self.axis]) for part, dpart in zip(x, dx)], dy):
            emit(kernels.merge.split, whole, part, first)


class Part(Operation):
    """The elements `start` to `stop` along an axis, which is counted from 0 behind the sample axis."""

    def __init__(self, axis, start, stop):
        self.axis, self.start, self.stop = axis, start, stop

    def memory(self, x):
        shape = list(x.sample)
        shape[self.axis] = self.stop - self.start
        return Memory(TensorSpec((None, *shape)))

    def flops(self, x):
        return x.size

    def _views(self, x, y):
        """x and y as (rows, columns), and where the columns of y begin in x."""
        rows, behind = math.prod(x.shape[: self.axis]), math.prod(x.shape[self.axis + 1 :])
        return x.view(rows, x.size // rows), y.view(rows, y.size // rows), self.start * behind

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.merge.split, *self._views(x, y))

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.layout.zero, dx.view(dx.size))
            whole, part, first = self._views(dx, dy)
            emit(kernels.merge.join, part, whole, first)


class Stack(Operation):
    """Several samples of one shape as one, along a new first axis."""

    def memory(self, x):
        return Memory(TensorSpec((x[0].shape[0], len(x), *x[0].sample), x[0].dtype))

    def flops(self, x):
        return sum(spec.size for spec in x)

    def forward(self, emit, x, y, work, *, training):
        for k, part in enumerate(x):
            emit(kernels.merge.join, part.view(1, part.size), y.view(1, y.size), k * part.size)

    def backward(self, emit, x, y, dy, dx, work):
        for k, part in enumerate(dx):
            if part is not None:
                emit(kernels.merge.split, dy.view(1, dy.size), part.view(1, part.size), k * part.size)


class Resize(Operation):
    """Axes of a sample in other lengths, one after the other: `lengths` has one for each axis.

    Args:
        lengths: of the output's samples.
        linear: whether pixels mix their neighbours; else they are the nearest one.
    """

    def __init__(self, lengths, linear):
        self.lengths, self.linear = tuple(lengths), bool(linear)

    def is_view(self, training):
        return False

    def _steps(self, sample):
        """`(rows, length, out, c)` of each axis that changes. Those that shrink go first."""
        shape, steps = list(sample), []
        axes = [k for k, length in enumerate(self.lengths) if length != sample[k]]
        for k in sorted(axes, key=lambda k: self.lengths[k] / sample[k]):
            steps.append((math.prod(shape[:k]), shape[k], self.lengths[k], math.prod(shape[k + 1 :])))
            shape[k] = self.lengths[k]
        return steps

    def memory(self, x):
        y = TensorSpec((x.shape[0], *self.lengths))
        if None in x.sample:
            return Memory(y)
        steps = self._steps(x.sample)[:-1]
        return Memory(
            y,
            {
                f"{prefix}{k}": per_sample((rows, out, c))
                for prefix in ("between ", "d between ")
                for k, (rows, _, out, c) in enumerate(steps)
            },
        )

    def flops(self, x):
        return 4 * math.prod(self.lengths)

    def forward(self, emit, x, y, work, *, training):
        steps = self._steps(x.shape)
        if not steps:
            emit(kernels.layout.copy, x.view(x.size), y.view(y.size))
        for k, (rows, length, out, c) in enumerate(steps):
            target = y if k == len(steps) - 1 else work[f"between {k}"]
            here = x.view(rows, length, c)
            emit(kernels.layout.resize_forward, here, target.view(rows, out, c), self.linear, units=rows)
            x = target

    def backward(self, emit, x, y, dy, dx, work):
        if dx is None:
            return
        steps = self._steps(dx.shape)
        if not steps:
            emit(kernels.layout.copy, dy.view(dy.size), dx.view(dx.size))
        for k, (rows, length, out, c) in reversed(list(enumerate(steps))):
            target = work[f"d between {k - 1}"] if k else dx
            emit(kernels.layout.resize_backward, dy.view(rows, out, c), target.view(rows, length, c), self.linear)
            dy = target


class Enlarge(Operation):
    """Each pixel of a map (..., c) becomes a block of its copies, `factors` long along the axes of space."""

    def __init__(self, factors):
        self.factors = tuple(factors)

    def memory(self, x):
        lengths = (length and length * factor for length, factor in zip(x.sample, self.factors))
        y = TensorSpec((x.shape[0], *lengths, x.shape[-1]))
        if len(self.factors) < 3 or None in y.sample:
            return Memory(y)
        between = per_sample((*x.sample[:2], *y.sample[2:]))
        return Memory(y, {"between": between, "d between": between})

    def is_view(self, training):
        return set(self.factors) == {1}

    def _steps(self, sample):
        """(small map, large map, window) of each call: the transposed sum-pooling."""
        *lengths, c = sample
        if len(lengths) < 3:
            lengths, factors = [(1,) * (2 - len(v)) + tuple(v) for v in (lengths, self.factors)]
            return [((*lengths, c), (lengths[0] * factors[0], lengths[1] * factors[1], c), factors)]
        (d, h, w), (a, b, f) = lengths, self.factors
        return [  # the map in between is a row's f times as large, not a plane's a * b times
            ((d * h, w, c), (d * h, f * w, c), (1, f)),
            ((d, h, f * w * c), (a * d, b * h, f * w * c), (a, b)),
        ]

    def forward(self, emit, x, y, work, *, training):
        steps = self._steps(x.shape)
        for k, (small, large, window) in enumerate(steps):
            target = y if k == len(steps) - 1 else work["between"]
            emit(kernels.pool.sum_backward, x.view(*small), target.view(*large), *window, *window, 0, 0)
            x = target

    def backward(self, emit, x, y, dy, dx, work):
        steps = self._steps(x.shape) if dx is not None else []
        for k, (small, large, window) in reversed(list(enumerate(steps))):
            target = work["d between"] if k else dx
            here = dy.view(*large)
            emit(kernels.pool.sum_forward, here, target.view(*small), *window, *window, 0, 0, units=small[0])
            dy = target


def channels_to_last(x):
    """(n, c, ...) → (n, ..., c)."""
    return Transpose((*range(2, x.ndim), 1)).record(x)


def channels_to_first(x):
    """(n, ..., c) → (n, c, ...)."""
    return Transpose((x.ndim - 1, *range(1, x.ndim - 1))).record(x)
