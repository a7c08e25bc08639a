"""A convolution whose groups are narrower than a vector: calls of `kernels.grouped`. Nothing is padded in memory."""

import math

from cycnn import kernels
from cycnn.engine.graph import once, per_group, per_thread


class NarrowGroups:
    """What such a convolution asks of a plan.

    Args:
        operation: `convolution.Sliding` over sequences or maps, whose kernel, bias and geometry these are.
        groups: number of groups.
        channels, filters: of a group.
    """

    def __init__(self, operation, groups, channels, filters):
        self.operation, self.groups = operation, groups
        self.channels, self.filters = channels, filters

    @property
    def _shape(self):
        """The kernel's, lifted: (kh, kw, channels of a group, all filters)."""
        return (*self.operation.places, self.channels, self.groups * self.filters)

    def _kernel(self, emit):
        return emit.flat(self.operation.kernel).view(*self._shape)

    def _geometry(self, x):
        """Strides, dilations, and the zeros above and before the input."""
        return (*self.operation.steps, *(window.before for window in self.operation.windows(x.shape)))

    def memory(self):
        """Packed kernels, rooms and partial sums."""
        grouped, places, steps = kernels.grouped, self.operation.places, self.operation.steps
        _, columns, _, dilation = steps
        return {
            "packed": once((grouped.packed_size(*self._shape),)),
            "transposed": once((grouped.packed_size(*places, self.filters, self.groups * self.channels),)),
            "room": per_thread((grouped.forward_room(self.channels, *places, *steps),)),
            "input room": per_thread((grouped.input_room(self.filters, *places, *steps),)),
            "kernel room": per_thread((grouped.kernel_room(self.channels, places[-1], columns, dilation),)),
            "partial": per_group(self._shape),
        }

    def forward(self, emit, x, y, work, activation):
        """y from x, both lifted by the operation."""
        operation, grouped, packed = self.operation, kernels.grouped, work["packed"]
        geometry, units = self._geometry(x), grouped.pack_units(self.groups * self.filters)
        emit.prepare(grouped.pack, self._kernel(emit), packed, units=units)
        x, y = operation._lifted(x), operation._lifted(y)
        emit(
            grouped.forward, x, packed, operation.bias, y, work["room"], *operation.places, *geometry, self.groups,
            activation, units=y.shape[0], weights=packed,
        )  # fmt: skip

    def kernel_gradient(self, emit, gradient, x, dy, work):
        """The gradient of the kernel from x and dy, lifted."""
        operation, grouped, geometry = self.operation, kernels.grouped, self._geometry(x)
        units, x = grouped.kernel_units(self.groups * self.filters), operation._lifted(x)
        arguments = (work["kernel room"], *geometry, self.groups)
        if operation.large:
            emit.whole(grouped.backward_kernel, x, dy, gradient.view(*self._shape), *arguments, units=units)
            return
        emit.sums(grouped.backward_kernel, x, dy, work["partial"], *arguments, units=units)
        size = math.prod(self._shape)
        emit.whole(kernels.update.reduce, work["partial"].view(size), gradient.view(size), units=emit.blocks(size))

    def input_gradient(self, emit, x, dy, dx, work):
        """The gradient of x from dy, lifted."""
        operation, grouped, packed = self.operation, kernels.grouped, work["transposed"]
        geometry, units = self._geometry(x), grouped.pack_units(self.groups * self.channels)
        emit.prepare(grouped.pack_transposed, self._kernel(emit), packed, self.groups, units=units)
        dx = operation._lifted(dx)
        emit(
            grouped.backward_input, dy, packed, dx, work["input room"], *operation.places, *geometry, self.groups,
            units=dx.shape[0], weights=packed,
        )  # fmt: skip
