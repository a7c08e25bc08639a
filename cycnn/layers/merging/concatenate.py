"""Concatenate: the inputs side by side."""

import math

from cycnn import kernels, ops
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.merging.base_merge import BaseMerge


@export("keras.layers")
class Concatenate(BaseMerge):
    """The inputs, one behind the other along an axis.

    Args:
        axis: integer; the sample axis (0) is not possible.

    Input shape:
        List of tensors whose lengths are equal but for this axis.

    Output shape:
        Theirs, with the sum of the lengths at this axis.

    Example:

    ```python
    cycnn.layers.Concatenate()([np.ones((2, 3, 3, 4)), np.ones((2, 3, 3, 8))]).shape  # (2, 3, 3, 12)
    ```
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = checks.as_integer(axis)
        if self.axis is None:
            raise checks.refuse("axis", "an integer", axis)

    def _place(self, shape):
        """The axis, counted from 0 behind the sample axis."""
        rank = len(shape)
        if not (-rank < self.axis < rank) or self.axis == 0:
            raise ValueError(
                f"Layer {self.name!r} (Concatenate): `axis` must be one of the {rank - 1} axes behind the sample axis. "
                f"Received: axis={self.axis} for inputs of shape {tuple(shape)}."
            )
        return self.axis % rank - 1

    def _output_sample(self, samples):
        at = self._place((None, *samples[0]))
        kept = []
        for k, lengths in enumerate(zip(*samples)):
            different = {length for length in lengths if length is not None}
            if k == at:
                kept.append(None if None in lengths else sum(lengths))
            elif len(different) <= 1:
                kept.append(different.pop() if different else None)
        if len(kept) != len(samples[0]) or len({len(sample) for sample in samples}) > 1:
            raise ValueError(
                f"Layer {self.name!r} (Concatenate) requires inputs with matching shapes except for the concatenation axis "
                f"{self.axis}. Received: samples of shapes {samples}."
            )
        return tuple(kept)

    def call(self, inputs):
        samples = self._check_shapes([x.shape for x in inputs] if isinstance(inputs, (list, tuple)) else inputs)
        self._output_sample(samples)
        return inputs[0] if len(inputs) == 1 else self.record(tuple(inputs))

    def memory(self, x):
        return Memory(TensorSpec((None, *self._output_sample([spec.sample for spec in x]))))

    def _parts(self, xs, y):
        """Each input as (rows, columns) with where its columns begin in y, and y likewise."""
        at = self._place((None, *y.shape))
        rows, first = math.prod(y.shape[:at]), 0
        parts = []
        for x in xs:
            columns = x and x.size // rows
            parts.append((x and x.view(rows, columns), first))
            first += columns or 0
        return parts, y.view(rows, y.size // rows)

    def forward(self, emit, x, y, work, *, training):
        parts, y = self._parts(x, y)
        for part, first in parts:
            emit(kernels.merge.join, part, y, first)

    def backward(self, emit, x, y, dy, dx, work):
        parts, dy = self._parts(x, dy)
        for (part, first), gradient in zip(parts, dx):
            if gradient is not None:
                emit(kernels.merge.split, dy, gradient.view(*part.shape), first)

    def compute_mask(self, inputs, mask=None):
        """The masks side by side, as wide as the inputs; a step counts where one of its values does."""
        if not isinstance(mask, (list, tuple)) or all(found is None for found in mask):
            return None
        masks = []
        for x, found in zip(inputs, mask, strict=True):
            if found is None:
                found = ops.ones_like(x, "bool")
            elif found.ndim < x.ndim:
                found = ops.logical_or(ops.expand_dims(found, -1), ops.zeros_like(x, "bool"))
            masks.append(found)
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


@export("keras.layers")
def concatenate(inputs, axis=-1, **kwargs):
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis, **kwargs)(inputs)
