"""Convolutions as operations: a kernel of weights slides over sequences (w, c), maps (h, w, c) or volumes (d, h, w, c).

    Convolution             sums over window and channels                  kernel (places..., c / groups, f)
    TransposedConvolution   the gradient of one, as forward                kernel (places..., f, c)
    DepthwiseConvolution    sums over the window, each channel for itself  kernel (places..., c, multiplier)

The kernels of this package know maps and volumes. A sequence is a map of one row: shapes are *lifted* before a call.
"""

import copy
import math

from cycnn import kernels
from cycnn.core import shapes
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, Operation, once, per_group, per_sample, per_thread
from cycnn.ops.algorithms import (
    GAIN,
    has_narrow_groups,
    turns_kernel_gradient,
    winograd_kernel_tile,
    winograd_tile,
)
from cycnn.ops.grouped import NarrowGroups
from cycnn.ops.layout import Pad

# Bytes of a kernel up to which every group of samples adds up its own gradient while the maps are in cache. Above,
# sixteen partial gradients cost more than reading the maps again, and the gradient's tiles are divided over the
# threads instead. Counted, not measured: 16 x 300 kB, written and read once, are about 1 ms of memory traffic a step.
PARTIAL_BYTES = 300_000
AXES = {1: "steps", 2: "rows, columns", 3: "planes, rows, columns"}


class Sliding(Operation):
    """What convolutions share: geometry, bias, and an activation in the epilogue.

    Args:
        kernel, bias: variables; the bias may be None.
        strides, dilation: tuples, one number for each axis of space.
        padding: as in `shapes.window`.
        owner: whose errors these are.

    Attributes:
        places, strides, dilation: of the window, lifted.
        around: zeros (before, after) x along each axis of space, lifted; besides those of the padding.
    """

    takes_activation = True
    keeps_gradient = True
    packs_kernel = True

    def __init__(self, kernel, bias, strides, dilation, padding, owner="A convolution"):
        self.kernel, self.bias, self.padding, self.owner = kernel, bias, padding, owner
        self.variables = tuple(v for v in (kernel, bias) if v is not None)
        self.rank = len(strides)
        ones = (1,) * (2 - self.rank)
        self.places = (*ones, *kernel.shape[: self.rank])
        self.strides, self.dilation = (*ones, *strides), (*ones, *dilation)
        self.around = ((0, 0),) * len(self.places)

    @property
    def by_channel(self):
        """The kernel's shape as (rows, output channels, weights of each in a row)."""
        return (math.prod(self.kernel.shape[:-1]), self.kernel.shape[-1], 1)

    def with_weights(self, kernel, bias):
        """This operation with buffers in the place of its variables."""
        other = copy.copy(self)
        other.kernel, other.bias = kernel, bias
        return other

    def within(self, zeros):
        """This operation with zeros around its input, (before, after) it along each axis; None where it has none of its own
        along one of them."""
        *places, channels = zeros
        if any(channels) or len(places) != self.rank:
            return None
        other = copy.copy(self)
        other.around = (*((0, 0),) * (len(self.places) - self.rank), *places)
        return other

    @property
    def large(self):
        """Whether the kernel is too large for partial gradients of groups of samples."""
        return 4 * math.prod(self.kernel.shape) > PARTIAL_BYTES

    def _at_once(self, emit, x, dy):
        """Whether the kernel's gradient is made of all samples at a time: where a partial gradient of each group, written
        and read again, is more memory than the group's maps. Where this was measured (a 3 x 3 kernel of 64 channels and
        filters, maps of 5 x 5, batch 64) a step took 8 % less time."""
        return self.large or math.prod(self.kernel.shape) > emit.group * (x.size + dy.size)

    @property
    def steps(self):
        """Strides and dilations, as kernels take them."""
        return (*self.strides, *self.dilation)

    def _lift(self, shape):
        """The shape of a sample, or of a kernel, with at least two axes of space."""
        return (*(1,) * (2 - self.rank), *shape)

    def _lifted(self, buffer):
        return buffer.view(*self._lift(buffer.shape))

    def _verb(self, name):
        """A kernel of `conv`, for maps or for volumes."""
        return getattr(kernels.conv, f"{name}_3d" if self.rank == 3 else name)

    def _rows(self):
        """The kernel's shape as `conv.pack` takes it: (kh, kw, ., .), where planes are rows."""
        return (math.prod(self.places[:-1]), self.places[-1], *self.kernel.shape[-2:])

    def _check(self, x, channels):
        if x.shape[-1] != channels:
            raise ValueError(
                f"{self.owner} was built for {channels} input channels. "
                f"Received: input of shape {x.shape} with {x.shape[-1]}."
            )

    def windows(self, sample):
        """The window arithmetic of each axis of space, lifted, for one sample's shape."""
        found = []
        axes = zip(self._lift(sample), self.around, self.places, self.strides, self.dilation, strict=False)
        for size, (before, after), *of_window in axes:
            window = shapes.window(size and before + size + after, *of_window, self.padding)
            found.append(window._replace(before=before + window.before, after=window.after + after))
        if any(window.size is not None and window.size < 1 for window in found):
            raise ValueError(
                f"{self.owner}: a kernel of size {self.kernel.shape[: self.rank]} with dilation "
                f"{self.dilation[-self.rank :]} does not fit into the input, so the output would be empty. "
                f"Received: input of shape {tuple(sample)} ({AXES[self.rank]}, channels)."
            )
        return found

    def _output(self, x, filters):
        """Spec of the output."""
        sizes = [window.size for window in self.windows(x.sample)]
        return TensorSpec((x.shape[0], *sizes[-self.rank :], filters))

    def _bias_gradient(self, emit, dy, work):
        gradient = emit.gradient(self.bias)
        if gradient:
            filters = dy.shape[-1]
            pixels = dy.view(dy.size // filters, filters)
            emit.sums(kernels.gemm.backward_bias, pixels, work["partial bias"], units=kernels.gemm.bias_units(filters))
            emit.whole(kernels.update.reduce, work["partial bias"], gradient, units=emit.blocks(filters))

    def _kernel_gradient(self, emit, gradient, x, dy, work, groups=1):
        """The gradient of a kernel (places..., c, f), from a padded x and dy, lifted."""
        rows, columns, channels, filters = self._rows()
        units = kernels.conv.kernel_units(rows, columns, channels, filters, self.dilation[-1], groups)
        verb, room = self._verb("backward_kernel"), work["kernel room"]
        if self._at_once(emit, x, dy):
            emit.whole(verb, x, dy, self._lifted(gradient), room, *self.steps, groups, units=units)
            return
        if "turned" in work and x.shape[:-1] == dy.shape[:-1]:  # not of a map that is computed in part
            turned, units = work["turned"], kernels.conv.kernel_units(rows, columns, filters, channels, 1, 1)
            emit.sums(verb, dy, x, turned, room, *self.steps, groups, units=units)
            # Filter by filter, as gradients from winners lie.
            partial, whole = turned.view(filters, 1, turned.shape[-1]), gradient.view(1, channels, filters)
            emit.whole(kernels.winners.reduce, partial, whole, units=filters)
            return
        emit.sums(verb, x, dy, work["partial"], room, *self.steps, groups, units=units)
        self._reduce(emit, work["partial"], gradient)

    @staticmethod
    def _reduce(emit, partial, gradient):
        """The sum of the groups' kernel gradients, without the room for missing filters."""
        filters = gradient.shape[-1]
        count = gradient.size // filters
        emit.whole(
            kernels.update.reduce_rows,
            partial.view(count, partial.shape[-1]),
            gradient.view(count, filters),
            units=count,
        )

    def _kernel_memory(self, groups):
        """Memory for a group's kernel gradient, with room for the missing filters of the last block, and that in which
        maps are copied. `turned`, (filters, channels), is there where it is computed so, from dy and x."""
        channels, filters = self.kernel.shape[-2:]
        columns = kernels.conv.padded(filters) if groups == 1 else filters
        room = kernels.conv.kernel_workspace(channels * groups, filters, self.strides[-1], groups)
        memory = {"partial": per_group((*self.places, channels, columns))}
        if groups == 1 and math.prod((*self.places, *self.strides)) == 1 and turns_kernel_gradient(channels, filters):
            memory["turned"] = per_group((*self.places, filters, kernels.conv.padded(channels)))
            room = max(room, kernels.conv.kernel_workspace(filters, channels, 1, 1))
        return {**memory, "kernel room": per_thread((room,))}


class Convolution(Sliding):
    """y = activation(bias + x * kernel).

    A plan sees up to five calls: pad, forward, and (training) input gradient, kernel gradient, bias gradient.
    """

    _most = (None, None)  # rows and columns of the output that are computed: all

    def __init__(self, kernel, bias, strides, dilation, padding, groups=1, owner="A convolution"):
        super().__init__(kernel, bias, strides, dilation, padding, owner)
        self.groups = groups
        self.filters = kernel.shape[-1]

    def windows(self, sample):
        found = super().windows(sample)
        if self.rank > 2:
            return found
        return [
            window if most is None else window._replace(size=min(window.size, most))
            for window, most in zip(found, self._most, strict=True)
        ]

    def narrowed(self, rows, columns):
        """This convolution, of whose output only the first rows and columns are computed."""
        narrow = copy.copy(self)
        narrow._most = (rows, columns)
        return narrow

    def border(self, sample):
        """The `Pad` that this convolution begins with, of a lifted sample."""
        windows = self.windows(sample)
        return Pad([*(w.before for w in windows), 0], [*(w.after for w in windows), 0])

    def padded(self, x):
        """Spec of the padded input, lifted."""
        return self.border(x.sample).output_spec(TensorSpec((x.shape[0], *self._lift(x.sample))))

    def memory(self, x):
        self._check(x, self.kernel.shape[-2] * self.groups)
        output = self._output(x, self.filters)
        if None in x.sample:
            return Memory(output)
        if self._narrow:
            return Memory(output, {**self._narrow.memory(), "partial bias": per_group((self.filters,))})
        conv, (rows, columns, channels, filters) = kernels.conv, self._rows()
        border = self.border(x.sample)
        needs = border.memory(TensorSpec((x.shape[0], *self._lift(x.sample))))
        return Memory(
            output,
            {
                **needs.workspace,
                "padded": per_sample(needs.output.sample),
                "packed": once((conv.packed_size(rows, columns, channels, filters, self.groups),)),
                "transposed": once((conv.transposed_size(rows, columns, channels, filters, self.groups),)),
                **self._kernel_memory(self.groups),
                "partial bias": per_group((self.filters,)),
                **self._winograd_memory(x.shape[-1]),
            },
        )

    def _winograd_memory(self, channels):
        """Transformed kernels and rooms for the transformed maps, for each tile."""
        winograd, f, found = kernels.winograd, self.filters, {}
        for tile in GAIN if self._fits_winograd else ():
            found |= {
                f"packed {tile}": once((winograd.packed_size(channels, f, tile),)),
                f"transposed {tile}": once((winograd.packed_size(f, channels, tile),)),
                f"points {tile}": per_thread((winograd.workspace_size(channels, tile),)),
                f"d points {tile}": per_thread((winograd.workspace_size(f, tile),)),
            }
        return found | ({"kernel points": per_thread((winograd.KERNEL_WORKSPACE,))} if found else {})

    @property
    def _narrow(self):
        """The calls for groups narrower than a vector, None where they are not."""
        channels, filters = self.kernel.shape[-2], self.filters // self.groups
        fits = self.rank < 3 and self.groups > 1 and has_narrow_groups(channels, filters)
        return NarrowGroups(self, self.groups, channels, filters) if fits else None

    @property
    def _fits_winograd(self):
        return self.rank == 2 and self.places == (3, 3) and self.steps == (1, 1, 1, 1) and self.groups == 1

    def _tile(self, emit, computed, channels, seen=None):
        """Winograd's tile for the map that is computed, 0 for the direct way."""
        return winograd_tile(*computed.shape[:2], channels, self.filters, emit, seen) if self._fits_winograd else 0

    def flops(self, x):
        return 2 * self._output(x, self.filters).size * math.prod(self.kernel.shape[:-1])

    def pad(self, emit, x, work):
        """Emit the padding; returns the lifted buffer that holds the padded input: x itself, where there is none."""
        border = self.border(x.shape)
        if not border.is_view(False):
            border.forward(emit, self._lifted(x), work["padded"], work, training=False)
        return self.seen(x, work)

    def seen(self, x, work):
        """Where `pad` left the padded input."""
        return self._lifted(x) if self.border(x.shape).is_view(False) else work["padded"]

    def seen_again(self, emit, x, y, work):
        """The padded input behind `forward`, which left nothing padded where Winograd's algorithm pads as it reads."""
        return self.pad(emit, x, work) if self._tile(emit, y, x.shape[-1]) else self.seen(x, work)

    def forward(self, emit, x, y, work, *, training, activation=0):
        if self._narrow:
            self._narrow.forward(emit, x, y, work, activation)
            return
        tile = self._tile(emit, y, x.shape[-1])
        if tile:
            winograd, packed = kernels.winograd, work[f"packed {tile}"]
            emit.prepare(winograd.pack, self.kernel, packed, tile, units=winograd.pack_units(x.shape[2], self.filters))
            before = [window.before for window in self.windows(x.shape)]
            emit(
                winograd.forward, x, packed, self.bias, y, work[f"points {tile}"], tile, *before, activation,
                units=winograd.forward_units(*y.shape[:2], tile), weights=packed,
            )  # fmt: skip
            return
        conv, y = kernels.conv, self._lifted(y)
        units = conv.pack_units(self.filters, self.groups)
        emit.prepare(conv.pack, emit.flat(self.kernel).view(*self._rows()), work["packed"], self.groups, units=units)
        emit(
            self._verb("forward"), self.pad(emit, x, work), work["packed"], self.bias, y, *self.places, *self.steps,
            self.groups, activation, units=math.prod(y.shape[:-2]), weights=work["packed"],
        )  # fmt: skip

    def backward(self, emit, x, y, dy, dx, work):
        dy = self._lifted(dy)
        self._bias_gradient(emit, dy, work)
        gradient = emit.gradient(self.kernel)
        if gradient:
            self.kernel_gradient(emit, gradient, x, dy, work)
        if dx:
            self.input_gradient(emit, x, dy, dx, work)

    def kernel_tile(self, emit, x, dy):
        """Winograd's tile for the gradient of the kernel, and how many times as fast as directly it is computed."""
        if not self._fits_winograd:
            return 0, 1
        samples = emit.capacity if self._at_once(emit, x, dy) else emit.group
        return winograd_kernel_tile(*dy.shape[:2], x.shape[-1], self.filters, samples)

    def kernel_gradient(self, emit, gradient, x, dy, work):
        """Emit the gradient of the kernel from x, not padded, and dy, lifted."""
        if self._narrow:
            self._narrow.kernel_gradient(emit, gradient, x, dy, work)
            return
        tile, _ = self.kernel_tile(emit, x, dy)
        if not tile:
            self._kernel_gradient(emit, gradient, self.seen_again(emit, x, dy, work), dy, work, self.groups)
            return
        winograd, before = kernels.winograd, [window.before for window in self.windows(x.shape)]
        at_once = self._at_once(emit, x, dy)
        (emit.whole if at_once else emit.sums)(
            winograd.backward_kernel, x, dy, gradient if at_once else work["partial"], work["kernel points"], tile,
            *before, units=winograd.kernel_units(x.shape[-1], self.filters),
        )  # fmt: skip
        if not at_once:
            self._reduce(emit, work["partial"], gradient)

    def input_gradient(self, emit, x, dy, dx, work):
        """Emit the gradient of x from dy, lifted."""
        if self._narrow:
            self._narrow.input_gradient(emit, x, dy, dx, work)
            return
        conv, before = kernels.conv, [window.before for window in self.windows(x.shape)]
        tile = self._tile(emit, dx, x.shape[-1], math.prod(dy.shape[:-1]))
        if tile:
            winograd, packed = kernels.winograd, work[f"transposed {tile}"]
            units = winograd.pack_units(self.filters, x.shape[2])
            emit.prepare(winograd.pack_transposed, self.kernel, packed, tile, units=units)
            emit(
                winograd.backward_input, dy, packed, dx, work[f"d points {tile}"], tile, *before,
                units=winograd.forward_units(*dx.shape[:2], tile), weights=packed,
            )  # fmt: skip
            return
        dx = self._lifted(dx)
        emit.prepare(
            conv.pack_transposed, emit.flat(self.kernel).view(*self._rows()), work["transposed"], self.groups,
            units=conv.pack_units(x.shape[-1], self.groups),
        )  # fmt: skip
        emit(
            self._verb("backward_input"), dy, work["transposed"], dx, *self.places, *self.steps, *before, self.groups,
            units=conv.input_units(math.prod(dx.shape[:-2]), dy.shape[-2]), weights=work["transposed"],
        )  # fmt: skip


class TransposedConvolution(Sliding):
    """y = activation(bias + the input gradient, for dy = x, of a convolution of something as large as y).

    So its own input gradient is that convolution of dy, and its kernel gradient is the convolution's, x and dy swapped.

    Args:
        output_padding: tuple or None; see `shapes.transposed`.
    """

    within = None  # zeros around x are no padding of its

    def __init__(self, kernel, bias, strides, dilation, padding, output_padding=None, owner="A transposed convolution"):
        super().__init__(kernel, bias, strides, dilation, padding, owner)
        self.filters = kernel.shape[-2]
        self.output_padding = (*(None,) * (2 - self.rank), *(output_padding or (None,) * self.rank))

    @property
    def by_channel(self):
        return (math.prod(self.places), *self.kernel.shape[-2:])

    def windows(self, sample):
        found = [
            shapes.transposed(size, kernel, stride, dilation, self.padding, more)
            for size, kernel, stride, dilation, more in zip(
                self._lift(sample), self.places, self.strides, self.dilation, self.output_padding, strict=False
            )
        ]
        if any(window.size is not None and window.size < 1 for window in found):
            raise ValueError(
                f"{self.owner}: the output would be empty. "
                f"Received: input of shape {tuple(sample)} ({AXES[self.rank]}, channels)."
            )
        return found

    def border(self, sample):
        """The `Pad` that dy needs before the convolution which gives dx: it puts back what was cut off."""
        windows = self.windows(sample)
        return Pad([*(w.before for w in windows), 0], [*(max(0, w.after) for w in windows), 0])

    def padded(self, x):
        """Spec of the padded gradient of the output, lifted."""
        y = self._output(x, self.filters)
        return self.border(x.sample).output_spec(TensorSpec((x.shape[0], *self._lift(y.sample))))

    def memory(self, x):
        self._check(x, self.kernel.shape[-1])
        output = self._output(x, self.filters)
        if None in x.sample:
            return Memory(output)
        conv, (rows, columns, filters, channels) = kernels.conv, self._rows()
        needs = self.border(x.sample).memory(TensorSpec((x.shape[0], *self._lift(output.sample))))
        return Memory(
            output,
            {
                **needs.workspace,
                "padded": per_sample(needs.output.sample),
                "packed": once((conv.packed_size(rows, columns, filters, channels, 1),)),
                "transposed": once((conv.transposed_size(rows, columns, filters, channels, 1),)),
                **self._kernel_memory(1),
                "partial bias": per_group((filters,)),
            },
        )

    def flops(self, x):
        return 2 * x.size * math.prod(self.kernel.shape[:-1])

    def forward(self, emit, x, y, work, *, training, activation=0):
        conv, windows = kernels.conv, self.windows(x.shape)
        x, y = self._lifted(x), self._lifted(y)
        emit.prepare(
            conv.pack_transposed, emit.flat(self.kernel).view(*self._rows()), work["transposed"], 1,
            units=conv.pack_units(self.filters, 1),
        )  # fmt: skip
        emit(
            self._verb("forward_transposed"), x, work["transposed"], self.bias, y, *self.places, *self.steps,
            *(window.before for window in windows), 1, activation,
            units=conv.input_units(math.prod(y.shape[:-2]), x.shape[-2]),
        )  # fmt: skip

    def backward(self, emit, x, y, dy, dx, work):
        conv, border, gradient = kernels.conv, self.border(x.shape), emit.gradient(self.kernel)
        x, dy = self._lifted(x), self._lifted(dy)
        self._bias_gradient(emit, dy, work)
        if (dx or gradient) and not border.is_view(True):
            border.forward(emit, dy, work["padded"], work, training=True)
            dy = work["padded"]
        if gradient:
            self._kernel_gradient(emit, gradient, dy, x, work)
        if dx:
            dx = self._lifted(dx)
            units = conv.pack_units(x.shape[-1], 1)
            emit.prepare(conv.pack, emit.flat(self.kernel).view(*self._rows()), work["packed"], 1, units=units)
            emit(
                self._verb("forward"), dy, work["packed"], None, dx, *self.places, *self.steps, 1, 0,
                units=math.prod(dx.shape[:-2]),
            )  # fmt: skip


class DepthwiseConvolution(Sliding):
    """y = activation(bias + each channel of x * its own kernels). Sequences and maps; nothing is padded in memory."""

    packs_kernel = False

    @property
    def by_channel(self):
        return (math.prod(self.places), math.prod(self.kernel.shape[-2:]), 1)

    def padded(self, x):
        """Spec of the input, lifted: nothing is padded."""
        return TensorSpec((x.shape[0], *self._lift(x.sample)))

    @property
    def _narrow(self):
        """With a multiplier, this is a convolution with one channel a group; else None."""
        channels, multiplier = self.kernel.shape[-2:]
        return NarrowGroups(self, channels, 1, multiplier) if multiplier > 1 else None

    def memory(self, x):
        channels, multiplier = self.kernel.shape[-2:]
        self._check(x, channels)
        partial = {"partial": per_group((*self.places, channels))}
        return Memory(
            self._output(x, channels * multiplier),
            {
                **(self._narrow.memory() if self._narrow else partial),
                "partial bias": per_group((channels * multiplier,)),
            },
        )

    def flops(self, x):
        channels, multiplier = self.kernel.shape[-2:]
        return 2 * self._output(x, channels * multiplier).size * math.prod(self.places)

    def _geometry(self, sample):
        """What the kernels take: strides, dilations, and the zeros above and before the input."""
        return (*self.steps, *(window.before for window in self.windows(sample)))

    def _window(self, emit):
        """The kernel (rows, columns, channels)."""
        return emit.flat(self.kernel).view(*self.places, self.kernel.shape[-2])

    def forward(self, emit, x, y, work, *, training, activation=0):
        if self._narrow:
            self._narrow.forward(emit, x, y, work, activation)
            return
        geometry, y = self._geometry(x.shape), self._lifted(y)
        emit(
            kernels.depthwise.forward, self._lifted(x), self._window(emit), self.bias, y, *geometry, activation,
            units=y.shape[0],
        )  # fmt: skip

    def backward(self, emit, x, y, dy, dx, work):
        depthwise, geometry, narrow = kernels.depthwise, self._geometry(x.shape), self._narrow
        dy, gradient = self._lifted(dy), emit.gradient(self.kernel)
        self._bias_gradient(emit, dy, work)
        if narrow:
            if gradient:
                narrow.kernel_gradient(emit, gradient, x, dy, work)
            if dx:
                narrow.input_gradient(emit, x, dy, dx, work)
            return
        x = self._lifted(x)
        if gradient:
            units = depthwise.kernel_units(dy.shape[-1])
            emit.sums(depthwise.backward_kernel, x, dy, work["partial"], *geometry, units=units)
            emit.whole(
                kernels.update.reduce, work["partial"].view(gradient.size), gradient.view(gradient.size),
                units=emit.blocks(gradient.size),
            )  # fmt: skip
        if dx:
            emit(depthwise.backward_input, dy, self._window(emit), self._lifted(dx), *geometry)
