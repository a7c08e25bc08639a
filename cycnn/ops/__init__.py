"""Stateless operations, on symbolic tensors and on arrays.

    elementwise     activations that act on each element alone
    softmax         over the last axis
    layout          transpose, reshape: where elements lie
    arrays          what users pass as arrays: numbers or a refusal

Layers and activations are written with them. Called with symbolic tensors they record a node of the graph; called with
arrays they run at once, through the kernels' Python doors.
"""

from cycnn.ops.elementwise import Elementwise
from cycnn.ops.layout import Reshape, Transpose
from cycnn.ops.softmax import LogSoftmax, Softmax

__all__ = ["Elementwise", "LogSoftmax", "Reshape", "Softmax", "Transpose"]
