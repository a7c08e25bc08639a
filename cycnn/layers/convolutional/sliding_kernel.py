"""What all layers whose kernels slide share."""

from cycnn import activations, constraints, initializers, regularizers
from cycnn.core import checks
from cycnn.core.spec import TensorSpec
from cycnn.layers.layer import Layer, global_data_format, modest, serialize
from cycnn.ops.layout import channels_to_first, channels_to_last

SERIALIZED = ("_initializer", "_regularizer", "_constraint")  # endings of arguments that are objects


class SlidingKernel(Layer):
    """Base of the convolution layers, over one, two or three axes of space (`rank`).

    A family gives `arguments`, `_build` and `_operation`, one of `cycnn.ops.convolution`.
    """

    arguments = ()  # what stands in a config, in Keras's order
    paddings = ("valid", "same")

    def __init__(
        self,
        rank,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        activation,
        use_bias,
        bias_initializer,
        bias_regularizer,
        activity_regularizer,
        bias_constraint,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.rank = rank
        self.exact_ndim = rank + 2
        self.kernel_size = modest("kernel_size", checks.positive_ints("kernel_size", kernel_size, rank))
        self.strides = modest("strides", checks.positive_ints("strides", strides, rank))
        self.padding = checks.one_of("padding", padding, self.paddings)
        self.data_format = global_data_format(data_format)
        self.dilation_rate = checks.positive_ints("dilation_rate", dilation_rate, rank)
        modest("dilation_rate", [d * k for d, k in zip(self.dilation_rate, self.kernel_size, strict=True)])
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.bias_initializer = initializers.get(bias_initializer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.bias_constraint = constraints.get(bias_constraint)
        self.kernel = self.bias = None

    def _set_kernel(self, prefix, initializer, regularizer, constraint):
        """Store the arguments about the kernel of this prefix: `"kernel"`, `"depthwise"`."""
        setattr(self, f"{prefix}_initializer", initializers.get(initializer))
        setattr(self, f"{prefix}_regularizer", regularizers.get(regularizer))
        setattr(self, f"{prefix}_constraint", constraints.get(constraint))

    def _add_weight(self, name, shape, prefix):
        """A weight whose initializer, regularizer and constraint are the arguments with this prefix."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{prefix}_initializer"),
            regularizer=getattr(self, f"{prefix}_regularizer"),
            constraint=getattr(self, f"{prefix}_constraint"),
        )

    def _add_bias(self, filters):
        if self.use_bias:
            self.bias = self._add_weight("bias", (filters,), "bias")

    def _refuse_strides_and_dilation(self):
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "One of `strides` and `dilation_rate` must be 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}."
            )

    @property
    def _owner(self):
        """What errors call this layer."""
        return f"Layer {self.name!r} ({type(self).__name__})"

    def _geometry(self):
        """Strides, dilation and padding, as operations take them."""
        return self.strides, self.dilation_rate, self.padding

    def _build(self, channels):
        """Make the weights, for so many input channels."""
        raise NotImplementedError(f"{type(self).__name__} has no weights")

    def _operation(self):
        """The operation whose window slides over the input."""
        raise NotImplementedError(f"{type(self).__name__} has no operation")

    def build(self, input_shape):
        first = self.data_format == "channels_first"
        sample = (*input_shape[2:], input_shape[1]) if first else input_shape[1:]
        if sample[-1] is None:
            self._refuse_input("a known number of channels, on which its weights depend", f"shape={tuple(input_shape)}")
        self._build(sample[-1])
        try:
            self._operation().output_spec(TensorSpec((None, *sample)))
        except ValueError:
            self._unbuild()
            raise
        self.built = True

    def _convolve(self, x):
        """The output before the activation, for channels-last input."""
        operation = self._operation()
        if None not in x.spec.sample:
            self._check_size("padded input", operation.padded(x.spec).sample)
        return operation.record(x)

    def call(self, x):
        if self.data_format == "channels_first":
            return channels_to_first(activations.get(self.activation)(self._convolve(channels_to_last(x))))
        return activations.get(self.activation)(self._convolve(x))

    def get_config(self):
        def value(name):
            argument = getattr(self, name)
            if name == "activation":
                return activations.serialize(argument)
            return serialize(argument) if name.endswith(SERIALIZED) else argument

        return {**super().get_config(), **{name: value(name) for name in self.arguments}}
