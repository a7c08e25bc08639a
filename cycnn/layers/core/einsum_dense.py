"""EinsumDense: a product with a tensor, in Einstein's notation."""

import math
import re

from cycnn import activations, constraints, initializers, ops, regularizers
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.initializers.random_initializers import VarianceScaling
from cycnn.layers.core.base_product import BaseProduct
from cycnn.layers.layer import serialize


@export("keras.layers")
class EinsumDense(BaseProduct):
    """y = activation(einsum(equation, x, kernel) + bias).

    Where the equation is a matrix product, x's last axes with the kernel's first ones, it costs what `Dense` costs; other
    equations are computed by NumPy.

    Args:
        equation: like `"abc,cd->abd"`: letters of the axes of x (the first one counts samples), the kernel and y;
            `...` at the beginning, or at the end, of x's and y's stands for further axes.
        output_shape: integer or tuple: y's lengths behind the sample axis, without those of `...`; None for a length that
            x has.
        activation: name, function or None.
        bias_axes: letters of the axes along which the bias differs; None: no bias.
        kernel_initializer, bias_initializer: name, object or function.
        kernel_regularizer, bias_regularizer: penalty added to the loss, or None.
        kernel_constraint, bias_constraint: projection after each update, or None.

    Example:

    ```python
    cycnn.layers.EinsumDense("abc,cd->abd", (None, 64), bias_axes="d")(np.zeros((4, 32, 128))).shape  # (4, 32, 64)
    ```
    """

    min_ndim = 2

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if lora_rank is not None:
            raise ValueError(f"`lora_rank` is not supported. Received: lora_rank={lora_rank}.")
        pattern = r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?"
        found = re.fullmatch(pattern, equation) if isinstance(equation, str) else None
        left, x, right, kernel, y_left, y, y_right = found.groups() if found else (None,) * 7
        if not found or (left, right) != (y_left, y_right) or (left and right):
            raise ValueError(
                "`equation` must have the form 'x,kernel->y', '...x,kernel->...y' or 'x...,kernel->y...'. "
                f"Received: equation={equation!r}."
            )
        if any(c not in x + kernel for c in y) or any(c not in x + y for c in kernel):
            raise ValueError(
                "`equation`: every letter of y must stand in x or in the kernel, and every letter of the kernel in x or in y. "
                f"Received: equation={equation!r}."
            )
        self.equation = equation
        self._letters, self._elided = (x, kernel, y), (bool(left), bool(right))
        shape = output_shape if isinstance(output_shape, (list, tuple)) else (output_shape,)
        self.partial_output_shape = tuple(shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        if bias_axes is not None and any(c not in y for c in bias_axes):
            raise ValueError(f"`bias_axes` must be letters of the output, {y!r}. Received: bias_axes={bias_axes!r}.")
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def _lengths(self, shape):
        """The lengths of the letters, by x's shape and the output's; and x's axes that have none."""
        (x, _, y), (left, right) = self._letters, self._elided
        extra = len(shape) - len(x)
        if extra < 0 or (extra and not (left or right)):
            raise ValueError(
                f"Layer {self.name!r} (EinsumDense): the input must have the axes of {self.equation!r}. "
                f"Received: input of shape {tuple(shape)}."
            )
        middle = shape[:extra] if left else shape[len(shape) - extra :] if extra else ()
        named = shape[extra:] if left else shape[: len(shape) - extra]
        lengths = dict(zip(x, named))
        told = self.partial_output_shape
        letters = y if left and extra else y[1:]  # the first letter of y counts samples, unless `...` does
        for c, length in zip(letters, told):
            if length is not None and lengths.setdefault(c, length) not in (length, None):
                raise ValueError(
                    f"Layer {self.name!r} (EinsumDense): `output_shape` must agree with the input along {c!r}. "
                    f"Received: output_shape={told}, input of shape {tuple(shape)}."
                )
        if len(letters) != len(told) or any(c not in lengths for c in y):
            raise ValueError(
                f"Layer {self.name!r} (EinsumDense): `output_shape` must have a length for each of {letters!r}; only those of "
                f"the input's axes may be None. Received: output_shape={told}."
            )
        return lengths, tuple(middle)

    def build(self, input_shape):
        lengths, middle = self._lengths(input_shape)
        _, letters, y = self._letters
        initializer = self.kernel_initializer
        if isinstance(initializer, VarianceScaling) and initializer.input_axes is None:
            axes = {"input_axes": [k for k, c in enumerate(letters) if c not in y]}
            axes["output_axes"] = [k for k, c in enumerate(letters) if c in y]
            initializer = type(initializer).from_config({**initializer.get_config(), "seed": initializer.seed, **axes})
        self.kernel = self.add_weight(
            name="kernel",
            shape=tuple(lengths[c] for c in letters),
            initializer=initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.bias_axes is not None:
            places = y[min(y.index(c) for c in self.bias_axes) :]
            ones = (1,) * (len(middle) if self._elided[1] else 0)
            self.bias = self.add_weight(
                name="bias",
                shape=(*(lengths[c] if c in self.bias_axes else 1 for c in places), *ones),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def _is_product(self):
        """Whether the equation is a matrix product of x's last axes, and the bias differs along all of the new ones."""
        x, kernel, y = self._letters
        new = "".join(c for c in kernel if c not in x)
        summed = kernel[: len(kernel) - len(new)]
        kept = x[: len(x) - len(summed)]
        plain = new and summed and kernel == summed + new and x == kept + summed and y == kept + new
        return bool(plain) and not self._elided[1] and set(self.bias_axes or new) == set(new)

    def call(self, x):
        if self._is_product():
            return activations.get(self.activation)(self.record(x))
        y = ops.einsum(self.equation, x, self.kernel)
        return activations.get(self.activation)(y if self.bias is None else ops.add(y, self.bias))

    def memory(self, x):
        lengths, middle = self._lengths(x.shape)
        letters, kernel, y = self._letters
        if any(lengths[c] != length for c, length in zip(kernel, self.kernel.shape)):
            raise ValueError(
                f"Layer {self.name!r} (EinsumDense) was built for a kernel of shape {self.kernel.shape}. "
                f"Received: input of shape {x.shape}."
            )
        new = [lengths[c] for c in kernel if c not in letters]
        f = math.prod(new)
        output = TensorSpec((*middle, *(lengths[c] for c in y)))
        return self._product_memory(output, math.prod(self.kernel.shape) // f, f)

    def get_config(self):
        return {
            **super().get_config(),
            "equation": self.equation,
            "output_shape": self.partial_output_shape,
            "activation": activations.serialize(self.activation),
            "bias_axes": self.bias_axes,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "activity_regularizer": serialize(self.activity_regularizer),
            "kernel_constraint": serialize(self.kernel_constraint),
            "bias_constraint": serialize(self.bias_constraint),
        }
