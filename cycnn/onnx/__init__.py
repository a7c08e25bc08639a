"""Models as ONNX files, and back: for other runtimes, and from other frameworks. Nothing has to be installed for it.

    exporter     a model's graph → a file: operation by operation
    operations   what each operation is in ONNX
    functions    what each function of `cycnn.ops` is, that has no kernel
    builder      the nodes, and the order in which the axes of each tensor are stored
    importer     a file → symbolic inputs and outputs: node by node
    operators    what each of ONNX's operators is here
    tensors      arrays in files
    wire         the bytes: Protocol Buffers

Both directions put off transposing: our maps are (n, h, w, c), ONNX's (n, c, h, w). A `Value` is a tensor with the
order in which its axes are stored; what treats each element alone keeps that order, and a convolution asks for its own.
So an exported network has one `Transpose` before its first convolution, and often none behind.
"""

from cycnn.onnx.exporter import OPSETS, export_model
from cycnn.onnx.importer import read_model

__all__ = ["OPSETS", "export_model", "read_model"]
