"""What the layers that multiply by a matrix share."""

from cycnn.layers.layer import Layer
from cycnn.ops.product import ByMatrix


class BaseProduct(ByMatrix, Layer):
    """y = x @ kernel + bias. A leaf makes the weights, and its `memory` is `_product_memory`."""
