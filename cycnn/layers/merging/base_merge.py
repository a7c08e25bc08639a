"""What the layers of several inputs share."""

import functools
import math

from cycnn import kernels, ops
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation
from cycnn.layers.layer import Layer
from cycnn.ops.layout import Reshape


class Repeat(Operation):
    """A sample (a, 1, b) becomes (a, count, b): the same values `count` times."""

    def __init__(self, before, count, behind):
        self.before, self.count, self.behind = before, count, behind

    def memory(self, x):
        return Memory(TensorSpec((x.shape[0], self.before, self.count, self.behind)))

    def forward(self, emit, x, y, work, *, training):
        emit(kernels.merge.repeat, x.view(self.before, self.behind), y)

    def backward(self, emit, x, y, dy, dx, work):
        if dx is not None:
            emit(kernels.merge.repeat_backward, dy, None, dx.view(self.before, self.behind))


def broadcast(x, sample):
    """A symbolic tensor whose samples have the shape `sample`, by NumPy's rules: axes of length 1, or missing in front,
    are repeated."""
    shape = [1] * (len(sample) - len(x.shape) + 1) + list(x.shape[1:])
    if None in shape or None in sample:
        return x  # shapes without lengths are never run
    axis = len(sample)
    while axis > 0:
        first = axis
        while first and shape[first - 1] == 1 and sample[first - 1] != 1:
            first -= 1
        if first < axis:  # axes that lie together are repeated together
            count = math.prod(sample[first:axis])
            x = Repeat(math.prod(shape[:first]), count, math.prod(sample[axis:])).record(x)
            axis = first
        else:
            axis -= 1
    return x if x.shape[1:] == tuple(sample) else Reshape(sample).record(x)


class BaseMerge(Layer):
    """Base of the layers that combine their inputs element by element."""

    supports_masking = True

    def _check_shapes(self, shapes):
        """Refuse what is no list of shapes of one kind; returns them without the sample axis."""
        if not isinstance(shapes, (list, tuple)) or not all(isinstance(shape, (list, tuple)) for shape in shapes):
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}) should be called on a list of inputs. Received: "
                f"input_shape={shapes} (not a list of shapes)."
            )
        return [tuple(shape[1:]) for shape in shapes]

    def _output_sample(self, samples):
        """The shape to which all samples are broadcast."""
        rank = max(map(len, samples))
        padded = [(1,) * (rank - len(sample)) + sample for sample in samples]
        found = []
        for lengths in zip(*padded):
            different = {length for length in lengths if length not in (1, None)}
            if len(different) > 1:
                raise ValueError(
                    f"Layer {self.name!r} ({type(self).__name__}): inputs have incompatible shapes; axes counted from the "
                    f"last one must be equal, or 1. Received: samples of shapes {samples}."
                )
            found.append(different.pop() if different else None if None in lengths else 1)
        return tuple(found)

    def build(self, input_shape):
        """Check the shapes."""
        self._output_sample(self._check_shapes(input_shape))
        self.built = True

    def call(self, inputs):
        samples = self._check_shapes([x.shape for x in inputs] if isinstance(inputs, (list, tuple)) else inputs)
        if len(inputs) == 1:
            return inputs[0]
        sample = self._output_sample(samples)
        return self.record(tuple(broadcast(x, sample) for x in inputs))

    def memory(self, x):
        return Memory(TensorSpec(x[0].shape))

    def compute_mask(self, inputs, mask=None):
        """Steps count that count in some input; without a mask of each there is none."""
        if not isinstance(mask, (list, tuple)) or any(found is None for found in mask):
            return None
        return functools.reduce(ops.logical_or, mask)

    kind = None  # of `kernels.merge.combine`

    def _emit(self, emit, a, b, y, kind=None, activation=0):
        emit(kernels.merge.combine, a, b, y, kernels.merge.KINDS[kind or self.kind], activation)

    def forward(self, emit, x, y, work, *, training):
        self._emit(emit, x[0], x[1], y)
        for another in x[2:]:
            self._emit(emit, y, another, y)
