"""What all convolution layers share."""

import copy

from cycnn import activations, constraints, initializers, kernels, regularizers
from cycnn.core import checks, shapes
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory, once, per_group, per_sample
from cycnn.layers.convolutional.pooled import Pooled
from cycnn.layers.layer import Layer, global_data_format, modest, serialize
from cycnn.ops.layout import Transpose

# Bytes of a kernel up to which every group of samples adds up its own gradient while the maps are in cache. Above,
# sixteen partial gradients cost more than reading the maps again, and the gradient's tiles are divided over the
# threads instead. Counted, not measured: 16 x 300 kB, written and read once, are about 1 ms of memory traffic a step.
PARTIAL_BYTES = 300_000


class BaseConv(Layer):
    """A convolution of two axes: y = activation(x * kernel + bias), in channels-last layout.

    The plan sees up to five calls: pad, forward, and (training) input gradient, kernel gradient, bias gradient.
    """

    exact_ndim = 4
    takes_activation = True
    _most = (None, None)  # rows and columns of the output that are computed: all

    def __init__(
        self,
        rank,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.rank = rank
        self.filters = checks.positive_int("filters", filters)
        self.kernel_size = modest("kernel_size", checks.positive_ints("kernel_size", kernel_size, rank))
        self.strides = modest("strides", checks.positive_ints("strides", strides, rank))
        self.padding = checks.padding(padding)
        self.data_format = global_data_format(data_format)
        self.dilation_rate = checks.positive_ints("dilation_rate", dilation_rate, rank)
        modest("dilation_rate", [d * k for d, k in zip(self.dilation_rate, self.kernel_size, strict=True)])
        self.groups = checks.positive_int("groups", groups)
        if self.filters % self.groups:
            raise ValueError(f"`filters` must be a multiple of `groups`. Received: filters={filters}, groups={groups}.")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "One of `strides` and `dilation_rate` must be 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.kernel = self.bias = None

    # ------------------------------------------------------------------------------------------ what Keras sees

    def build(self, input_shape):
        channels = input_shape[-1 if self.data_format == "channels_last" else 1]
        if channels % self.groups:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): the number of input channels must be a multiple of `groups`. "
                f"Received: groups={self.groups}, input shape {input_shape} with {channels} channels."
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def call(self, x):
        if self.data_format == "channels_first":
            there, back = Transpose((2, 3, 1)), Transpose((3, 1, 2))
            return back.record(self.activation(self.record(there.record(x))))
        return self.activation(self.record(x))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "activity_regularizer": serialize(self.activity_regularizer),
            "kernel_constraint": serialize(self.kernel_constraint),
            "bias_constraint": serialize(self.bias_constraint),
        }

    # -------------------------------------------------------------------------------------------- what a plan sees

    def _windows(self, sample):
        """The window arithmetic of both axes for one sample's shape (h, w, c)."""
        found = [
            shapes.window(size, kernel, stride, dilation, self.padding)
            for size, kernel, stride, dilation in zip(
                sample, self.kernel_size, self.strides, self.dilation_rate, strict=False
            )
        ]
        if any(window.size is not None and window.size < 1 for window in found):
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}): a kernel of size {self.kernel_size} with dilation "
                f"{self.dilation_rate} does not fit into the input, so the output would be empty. "
                f"Received: input of shape {tuple(sample)} (rows, columns, channels)."
            )
        return [
            window if most is None else window._replace(size=min(window.size, most))
            for window, most in zip(found, self._most, strict=False)
        ]

    def narrowed(self, rows, columns):
        """This convolution, of whose output only the first rows and columns are computed."""
        narrow = copy.copy(self)
        narrow._most = (rows, columns)
        return narrow

    def pooled(self, pool, relu, x):
        """This convolution, a max-pooling and relu (or None) as one operation, or None where that does not pay."""
        return Pooled.join(self, pool, relu, x)

    def memory(self, x):
        h, w, c = x.sample
        if self.kernel is not None and c != self.kernel.shape[2] * self.groups:
            raise ValueError(
                f"Layer {self.name!r} ({type(self).__name__}) was built for {self.kernel.shape[2] * self.groups} input "
                f"channels. Received: input of shape {x.shape} with {c}."
            )
        rows, columns = self._windows(x.sample)
        output = TensorSpec((x.shape[0], rows.size, columns.size, self.filters))
        if None in (h, w):
            return Memory(output)
        kh, kw = self.kernel_size
        padded = (h + rows.before + rows.after, w + columns.before + columns.after, c)
        self._check_size("padded input", padded)
        conv = kernels.conv
        return Memory(
            output,
            {
                "packed": once((conv.packed_size(kh, kw, c // self.groups, self.filters, self.groups),)),
                "padded": per_sample(padded),
                "transposed": once((conv.packed_size(kh, kw, self.filters // self.groups, c, self.groups),)),
                "partial": per_group(
                    (*self.kernel.shape[:3], conv.padded(self.filters) if self.groups == 1 else self.filters)
                ),
                "partial bias": per_group((self.filters,)),
            },
        )

    def flops(self, x):
        rows, columns = self._windows(x.sample)
        kh, kw, c, f = self.kernel.shape
        return 2 * rows.size * columns.size * kh * kw * c * f

    @property
    def _steps(self):
        """Strides and dilations, as the kernels take them."""
        return (*self.strides, *self.dilation_rate)

    def forward(self, emit, x, y, work, *, training, activation=0):
        conv = kernels.conv
        units = conv.pack_units(self.filters, self.groups)
        emit.prepare(conv.pack, self.kernel, work["packed"], self.groups, units=units)
        x = self._pad(emit, x, work)
        emit(
            conv.forward, x, work["packed"], self.bias, y, *self.kernel_size, *self._steps, self.groups, activation,
            units=y.shape[0],
        )  # fmt: skip

    def _pad(self, emit, x, work):
        rows, columns = self._windows(x.shape)
        if not (rows.before or rows.after or columns.before or columns.after):
            return x
        emit(kernels.layout.pad, x, work["padded"], rows.before, columns.before)
        return work["padded"]

    def backward(self, emit, x, y, dy, dx, work):
        conv = kernels.conv
        kernel, bias = emit.gradient(self.kernel), emit.gradient(self.bias)
        vertical, columns = self._windows(x.shape)
        if bias:
            pixels = dy.view(dy.shape[0] * dy.shape[1], dy.shape[2])
            emit.sums(
                kernels.gemm.backward_bias, pixels, work["partial bias"], units=kernels.gemm.bias_units(self.filters)
            )
            emit.whole(kernels.update.reduce, work["partial bias"], bias, units=emit.blocks(bias.size))
        if kernel:
            padded = work["padded"] if work["padded"].shape != x.shape else x
            kh, kw, channels, filters = kernel.shape
            units = conv.kernel_units(kh, kw, channels, filters, self.dilation_rate[1], self.groups)
            if kernel.storage.size <= PARTIAL_BYTES:
                emit.sums(conv.backward_kernel, padded, dy, work["partial"], *self._steps, self.groups, units=units)
                rows, partial = kh * kw * channels, work["partial"]
                emit.whole(
                    kernels.update.reduce_rows,
                    partial.view(rows, partial.shape[3]),
                    kernel.view(rows, filters),
                    units=rows,
                )
            else:
                emit.whole(conv.backward_kernel, padded, dy, kernel, *self._steps, self.groups, units=units)
        if dx:
            emit.prepare(
                conv.pack_transposed, self.kernel, work["transposed"], self.groups,
                units=conv.pack_units(x.shape[2], self.groups),
            )  # fmt: skip
            emit(
                conv.backward_input, dy, work["transposed"], dx, *self.kernel_size, *self._steps,
                vertical.before, columns.before, self.groups, units=conv.input_units(x.shape[0], dy.shape[1]),
            )  # fmt: skip
