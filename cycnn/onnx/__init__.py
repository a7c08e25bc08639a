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

What ONNX Runtime computes from a file is what the model does, to 1e-5 of the largest output for each layer. A deep network
multiplies rounding, in either of the two: measured from the same network in float64, as shares of the largest output,

                                                        here    ONNX Runtime    between them
    EfficientNetB0, 96x96, calibrated normalization   3.8e-6          2.8e-6          3.9e-6
    EfficientNetB7, the same (816 layers)             1.3e-5          1.3e-5          1.4e-5
    ResNet50, 64x64, the same                         7.3e-5          4.1e-5          7.4e-5
      without fast convolutions                       4.4e-5          4.4e-5 (without its fusions)

(random weights, normalization's statistics those of eight random images). More digits take `set_fast_convolutions(False)`,
and no more than float32 has.
"""

from cycnn.onnx.exporter import OPSETS, export_model
from cycnn.onnx.importer import read_model

__all__ = ["OPSETS", "export_model", "read_model"]
