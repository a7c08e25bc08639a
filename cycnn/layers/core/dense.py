"""Dense: a product with a matrix."""

import copy

from cycnn import activations, constraints, initializers, regularizers
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.layers.core.base_product import BaseProduct
from cycnn.layers.layer import serialize


@export("keras.layers")
class Dense(BaseProduct):
    """y = activation(x @ kernel + bias), over the last axis of an input of any rank.

    Args:
        units: size of the output's last axis.
        activation: name, function or None.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: name, object or function.
        kernel_regularizer, bias_regularizer: penalty added to the loss, or None.
        kernel_constraint, bias_constraint: projection after each update, or None.

    Input shape:
        (n, ..., k).

    Output shape:
        (n, ..., units).

    Example:

    ```python
    cycnn.layers.Dense(10)(np.zeros((4, 64))).shape  # (4, 10)
    ```
    """

    supports_masking = True
    min_ndim = 2
    packs_kernel = True

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        if lora_rank is not None:
            raise ValueError(f"`lora_rank` is not supported. Received: lora_rank={lora_rank}.")
        self.units = checks.positive_int("units", units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.kernel = self.bias = None

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    @property
    def by_channel(self):
        """The kernel's shape as (rows, output channels, weights of each in a row)."""
        return (*self.kernel.shape, 1)

    def with_weights(self, kernel, bias):
        """This operation with buffers in the place of its variables."""
        other = copy.copy(self)
        vars(other).update(kernel=kernel, bias=bias)  # they are no attributes of a layer
        return other

    def call(self, x):
        return activations.get(self.activation)(self.record(x))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "kernel_constraint": serialize(self.kernel_constraint),
            "bias_constraint": serialize(self.bias_constraint),
        }

    def memory(self, x):
        if x.shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"Layer {self.name!r} (Dense) was built for inputs whose last axis has {self.kernel.shape[0]} entries. "
                f"Received: input of shape {x.shape}."
            )
        return self._product_memory(TensorSpec((*x.shape[:-1], self.units)), *self.kernel.shape)
