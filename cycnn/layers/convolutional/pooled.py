"""A convolution, max-pooling and relu as one operation of a plan.

Of each window of the pooling one pixel takes the gradient. Knowing both layers, a plan can compute with these alone
(`kernels.winners`), and where the convolution's kernel is small, never write the map between them (`kernels.pooled`).
"""

import copy

from cycnn import config, kernels
from cycnn.engine.graph import Memory, Operation, once, per_group, per_sample, per_thread
from cycnn.ops.algorithms import LEAST_GAIN
from cycnn.ops.convolution import Convolution

# Multiply-adds of a cycle in the direct gradients: of 32 on AVX-512, measured for 1 to 256 channels.
DIRECT = 24
BAND = 8192  # floats of dx that lie in the first-level cache: above, `winners.backward_input` loses


class Pooled(Operation):
    """What `Conv2D` and `MaxPooling2D` compute one after the other, and relu behind them.

    Forward is one call band by band, or a convolution and a pooling. The gradients of the kernel and of the input are
    made from the winners of the windows, from bands, or from the gradient of the whole map: what costs least.

    Args:
        conv: the convolution, of maps.
        pool: the layer.
        relu: the activation behind them, or None.
        window: rows and columns that are pooled.
    """

    def __init__(self, conv, pool, relu, window):
        self.conv, self.pool, self.relu, self.window = conv, pool, relu, window
        self.variables = conv.variables

    @classmethod
    def join(cls, conv, pool, relu, x):
        """The operation for an input of this spec, or None where the kernels do not fit (they take windows side by side,
        and one group) or nothing is won."""
        between = conv.output_spec(x)
        (h, w), (oh, ow) = between.sample[:2], pool.output_spec(between).sample[:2]
        window, (first, *more) = (h // oh, w // ow), pool._passes(between.sample)
        if more or first.window != (*window, *window, 0, 0) or (oh * window[0], ow * window[1]) != (h, w):
            return None
        joined = cls(conv, pool, relu, window)
        return joined if conv.groups == 1 and (joined.banded or joined._wins(rounded=False)) else None

    @property
    def banded(self):
        """Whether the convolution's kernel is so small that the map need not be written."""
        kh, kw, c, f = self.conv.kernel.shape
        return kernels.pooled.fits(kh * kw * c, f, *self.window)

    def _wins(self, rounded, gain=1):
        """Whether the kernel's gradient, or the input's (`rounded`), costs less from the winners than from all pixels,
        where these are `gain` times as fast as directly."""
        (kh, kw, c, f), (ph, pw) = self.conv.kernel.shape, self.window
        direct = ph * pw * kh * kw * c * kernels.conv.padded(f) / f / DIRECT
        return kernels.winners.fits(ph, pw) and kernels.winners.cycles(kh, kw, c, rounded) * gain < direct

    def _winograd_gain(self, sample):
        """How many times as fast Winograd's algorithm along rows is, for an output of this shape; 0: it does not fit."""
        kh, kw, c, f = self.conv.kernel.shape
        return kernels.pooled.winograd_gain(sample[1], c, f, kh, kw, *self.conv.steps, *self.window)

    def with_weights(self, kernel, bias):
        """This operation with buffers in the place of its variables."""
        other = copy.copy(self)
        other.conv = self.conv.with_weights(kernel, bias)
        return other

    def memory(self, x):
        conv, winners = self.conv, kernels.winners
        between = conv.memory(x)
        y = self.pool.output_spec(between.output)
        (kh, kw, c, f), (_, w, _), (oh, ow, _) = conv.kernel.shape, conv.padded(x).sample, y.sample
        (sh, sw, dh, dw), (ph, pw) = conv.steps, self.window
        band = winners.workspace_size(oh, ow, c, kh, kw, sh, sw, dh, dw, ph, pw)
        work = {
            "map": per_sample(between.output.sample),
            "argmax": per_sample(y.sample, "int32"),
            "filters": (once if conv.large else per_group)((f, kh, kw, winners.pixel(c))),
            "staged": per_thread((winners.kernel_workspace_size(w, c, oh, ow, kh, sh, dh, ph),)),
            "by filter": once((winners.packed_size(kh, kw, c, f),)),
            "band": per_thread((band,)),
        }
        if self._winograd_gain(y.sample):
            work["points"] = once((kernels.pooled.winograd_size(kh, c, f),))
        return Memory(y, {**between.workspace, **work})

    def flops(self, x):
        return self.conv.flops(x)

    def forward(self, emit, x, y, work, *, training):
        conv, relu = self.conv, self.relu is not None
        argmax = work["argmax"] if emit.differentiates else None
        if not self.banded:
            conv.forward(emit, x, work["map"], work, training=training)
            emit(kernels.pool.max_forward, work["map"], y, argmax, *self._windows, relu, units=y.shape[0])
            return
        pooled, packed = kernels.pooled, work.get("points")
        if packed and config.fast_convolutions() and self._winograd_gain(y.shape) >= LEAST_GAIN:
            (kh, _, c, _), (sh, _, dh, _) = conv.kernel.shape, conv.steps
            emit.prepare(pooled.pack_winograd, conv.kernel, packed, units=kh * c)
            emit(
                pooled.forward_winograd, conv.pad(emit, x, work), packed, conv.bias, y, argmax, kh, sh, dh, relu,
                units=y.shape[0],
            )  # fmt: skip
            return
        emit.prepare(kernels.conv.pack, conv.kernel, work["packed"], 1, units=kernels.conv.pack_units(conv.filters, 1))
        emit(
            pooled.forward, conv.pad(emit, x, work), work["packed"], conv.bias, y, argmax, *conv.places,
            *conv.steps, *self.window, relu, units=y.shape[0],
        )  # fmt: skip

    @property
    def _windows(self):
        """The windows as kernels of `pool` take them: size, stride, padding."""
        return (*self.window, *self.window, 0, 0)

    def backward(self, emit, x, y, dy, dx, work):
        conv, gradient = self.conv, emit.gradient(self.conv.kernel)
        if self.relu:
            self.relu.backward(emit, None, y, dy, dy, None)
        conv._bias_gradient(emit, dy, work)  # each element of dy goes to one pixel, so the sums are the same
        band = work["band"].size <= BAND and not (dx and conv._tile(emit, dx, x.shape[-1], y.size // y.shape[-1]))
        gain = 1 if self.banded else conv.kernel_tile(emit, x, work["map"])[1]
        by_winners = gradient and self._wins(rounded=False, gain=gain), dx and band and self._wins(rounded=True)
        if (dx and not by_winners[1]) or (gradient and not by_winners[0] and not self.banded):
            emit(kernels.pool.max_backward, dy, work["argmax"], work["map"], *self._windows)
        if gradient and not (by_winners[0] or self.banded):
            conv.kernel_gradient(emit, gradient, x, work["map"], work)
        elif gradient:
            padded = conv.seen(x, work) if self.banded else conv.seen_again(emit, x, work["map"], work)
            by = self._kernel_by_winners if by_winners[0] else self._kernel_by_bands
            by(emit, gradient, padded, dy, work)
        if by_winners[1]:
            self._input_by_winners(emit, x, dy, dx, work)
        elif dx:
            conv.input_gradient(emit, x, work["map"], dx, work)

    def _kernel_by_winners(self, emit, gradient, padded, dy, work):
        (kh, kw, c, f), filters = self.conv.kernel.shape, work["filters"]
        (emit.whole if self.conv.large else emit.sums)(
            kernels.winners.backward_kernel, padded, dy, work["argmax"], filters, work["staged"], *self.conv.steps,
            *self.window, units=f,
        )  # fmt: skip
        taps = kh * kw
        partial, whole = filters.view(f, taps, filters.shape[-1]), gradient.view(taps, c, f)
        emit.whole(kernels.winners.reduce, partial, whole, units=f)

    def _kernel_by_bands(self, emit, gradient, padded, dy, work):
        kh, kw, c, f = self.conv.kernel.shape
        emit.sums(
            kernels.pooled.backward_kernel, padded, dy, work["argmax"], work["partial"], *self.conv.steps, *self.window,
            units=kernels.pooled.kernel_units(kh, kw, c, f, self.conv.dilation[1]),
        )  # fmt: skip
        self.conv._reduce(emit, work["partial"], gradient)

    def _input_by_winners(self, emit, x, dy, dx, work):
        conv = self.conv
        emit.prepare(kernels.winners.pack, conv.kernel, work["by filter"], units=conv.filters)
        before = [window.before for window in conv.windows(x.shape)]
        emit(
            kernels.winners.backward_input, dy, work["argmax"], work["by filter"], dx, work["band"], *conv.places,
            *conv.steps, *self.window, *before,
        )  # fmt: skip


class PoolableConvolution(Convolution):
    """A convolution that knows how to go together with the pooling behind it."""

    def pooled(self, pool, relu, x):
        """This convolution, a max-pooling and relu (or None) as one operation, or None where that does not pay."""
        return Pooled.join(self, pool, relu, x) if self.rank == 2 else None
