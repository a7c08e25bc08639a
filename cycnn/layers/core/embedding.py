"""Embedding: a vector for each whole number."""

import warnings

from cycnn import constraints, initializers, kernels, ops, regularizers
from cycnn.core import checks
from cycnn.core.registry import export
from cycnn.core.spec import TensorSpec
from cycnn.engine.graph import Memory
from cycnn.layers.layer import Layer, serialize


@export("keras.layers")
class Embedding(Layer):
    """Row x of a table, for each number x of the input: vectors of words, say, that are learned.

    Args:
        input_dim: integer: rows of the table; numbers go from 0 to `input_dim - 1`, others give NaN.
        output_dim: integer: length of a vector.
        embeddings_initializer: name, object or function.
        embeddings_regularizer: penalty added to the loss, or None.
        embeddings_constraint: projection after each update, or None.
        mask_zero: whether 0 stands for nothing: those steps are masked (see `Masking`).
        weights: array of shape (input_dim, output_dim) to begin with, or None.

    Input shape:
        (n, ...), whole numbers below 2**24.

    Output shape:
        (n, ..., output_dim).

    Example:

    ```python
    cycnn.layers.Embedding(1000, 64)(np.zeros((4, 10), int)).shape  # (4, 10, 64)
    ```
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        **kwargs,
    ):
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Embedding: `input_length` says nothing any more; leave it out.", stacklevel=2)
        super().__init__(**kwargs)
        if lora_rank is not None:
            raise ValueError(f"`lora_rank` is not supported. Received: lora_rank={lora_rank}.")
        self.input_dim = checks.positive_int("input_dim", input_dim)
        self.output_dim = checks.positive_int("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = bool(mask_zero)
        self.embeddings = None
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape=None):
        if self.built:
            return
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def _supports_masks(self):
        return self.mask_zero

    def memory(self, x):
        return Memory(TensorSpec((*x.shape, self.output_dim)))

    def flops(self, x):
        return x.size * self.output_dim

    def forward(self, emit, x, y, work, *, training):
        if x.dtype != "float32":
            raise ValueError(
                f"Layer {self.name!r} (Embedding) reads whole numbers from a model's input, or from what kernels computed; "
                f"others must be cast: `ops.cast(x, 'float32')`. Received: dtype={x.dtype}."
            )
        emit(kernels.gather.embed, x.view(x.size), self.embeddings, y.view(x.size, self.output_dim))

    def backward(self, emit, x, y, dy, dx, work):
        gather, table = kernels.gather, emit.gradient(self.embeddings)
        if table:
            dy = dy.view(x.size, self.output_dim)
            emit.whole(gather.embed_backward, x.view(x.size), dy, table, units=gather.PARTS)
        if dx:  # numbers of rows have no gradient
            emit(kernels.layout.zero, dx.view(dx.size))

    def get_config(self):
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": serialize(self.embeddings_initializer),
            "embeddings_regularizer": serialize(self.embeddings_regularizer),
            "activity_regularizer": serialize(self.activity_regularizer),
            "embeddings_constraint": serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
        }
