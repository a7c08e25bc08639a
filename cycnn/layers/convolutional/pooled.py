"""A convolution, max-pooling and relu as one operation of a plan, without the map between them."""

from cycnn import kernels
from cycnn.engine.graph import Memory, Operation, per_sample
from cycnn.ops.convolution import Convolution


class Pooled(Operation):
    """What `Conv2D` and `MaxPooling2D` compute one after the other, and relu behind them.

    Where the gradient of the input is wanted, the map's gradient is made after all, and the convolution's backward takes
    it from there.

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
        """The operation for an input of this spec, or None where the kernels do not fit: they take windows side by side,
        small convolution kernels, and one group."""
        kh, kw, c, f = conv.kernel.shape
        between = conv.output_spec(x)
        (h, w), (oh, ow) = between.sample[:2], pool.output_spec(between).sample[:2]
        window, (first, *more) = (h // oh, w // ow), pool._passes(between.sample)
        if more or first.window != (*window, *window, 0, 0) or (oh * window[0], ow * window[1]) != (h, w):
            return None
        if conv.groups > 1 or not kernels.pooled.fits(kh * kw * c, f, *window):
            return None
        return cls(conv, pool, relu, window)

    def memory(self, x):
        between = self.conv.memory(x)
        y = self.pool.output_spec(between.output)
        work = {"map": per_sample(between.output.sample), "argmax": per_sample(y.sample, "int32")}
        return Memory(y, {**between.workspace, **work})

    def flops(self, x):
        return self.conv.flops(x)

    def forward(self, emit, x, y, work, *, training):
        conv = self.conv
        emit.prepare(kernels.conv.pack, conv.kernel, work["packed"], 1, units=kernels.conv.pack_units(conv.filters, 1))
        argmax = work["argmax"] if emit.differentiates else None
        emit(
            kernels.pooled.forward, conv.pad(emit, x, work), work["packed"], conv.bias, y, argmax, *conv.places,
            *conv.steps, *self.window, self.relu is not None, units=y.shape[0],
        )  # fmt: skip

    def backward(self, emit, x, y, dy, dx, work):
        conv, (kh, kw, c, f) = self.conv, self.conv.kernel.shape
        if self.relu:
            self.relu.backward(emit, None, y, dy, dy, None)
        if dx:
            window = *self.window, *self.window, 0, 0
            emit(kernels.pool.max_backward, dy, work["argmax"], work["map"], *window)
            conv.backward(emit, x, None, work["map"], dx, work)
            return
        conv._bias_gradient(emit, dy, work)  # each element of dy went to one pixel, so the sums are the same
        kernel = emit.gradient(conv.kernel)
        if kernel:
            emit.sums(
                kernels.pooled.backward_kernel, conv.seen(x, work), dy, work["argmax"], work["partial"], *conv.steps,
                *self.window, units=kernels.pooled.kernel_units(kh, kw, c, f, conv.dilation[1]),
            )  # fmt: skip
            conv._reduce(emit, work["partial"], kernel)


class PoolableConvolution(Convolution):
    """A convolution that knows how to go together with the pooling behind it."""

    def pooled(self, pool, relu, x):
        """This convolution, a max-pooling and relu (or None) as one operation, or None where that does not pay."""
        return Pooled.join(self, pool, relu, x) if self.rank == 2 else None
