"""ONNX's messages as bytes; how, `core.protobuf` knows.

Reference:
    github.com/onnx/onnx, onnx/onnx.proto (the numbers in `MESSAGES`).
"""

from cycnn.core.protobuf import Damaged as Damaged
from cycnn.core.protobuf import Schema

# Message -> field -> (number, type, whether there may be several). What is not here is skipped when a file is read.
MESSAGES = {
    "Model": {
        "ir_version": (1, "int", False),
        "producer_name": (2, "text", False),
        "producer_version": (3, "text", False),
        "doc_string": (6, "text", False),
        "graph": (7, "Graph", False),
        "opset_import": (8, "OperatorSet", True),
        "functions": (25, "bytes", True),
    },
    "OperatorSet": {"domain": (1, "text", False), "version": (2, "int", False)},
    "Graph": {
        "node": (1, "Node", True),
        "name": (2, "text", False),
        "initializer": (5, "Tensor", True),
        "input": (11, "ValueInfo", True),
        "output": (12, "ValueInfo", True),
    },
    "Node": {
        "input": (1, "text", True),
        "output": (2, "text", True),
        "name": (3, "text", False),
        "op_type": (4, "text", False),
        "attribute": (5, "Attribute", True),
        "domain": (7, "text", False),
    },
    "Attribute": {
        "name": (1, "text", False),
        "f": (2, "float", False),
        "i": (3, "int", False),
        "s": (4, "bytes", False),
        "t": (5, "Tensor", False),
        "floats": (7, "float", True),
        "ints": (8, "int", True),
        "strings": (9, "bytes", True),
        "type": (20, "int", False),
    },
    "Tensor": {
        "dims": (1, "int", True),
        "data_type": (2, "int", False),
        "float_data": (4, "float", True),
        "int32_data": (5, "int", True),
        "int64_data": (7, "int", True),
        "name": (8, "text", False),
        "raw_data": (9, "bytes", False),
        "double_data": (10, "double", True),
        "data_location": (14, "int", False),
    },
    "ValueInfo": {"name": (1, "text", False), "type": (2, "Type", False)},
    "Type": {"tensor_type": (1, "TensorType", False)},
    "TensorType": {"elem_type": (1, "int", False), "shape": (2, "Shape", False)},
    "Shape": {"dim": (1, "Dimension", True)},
    "Dimension": {"dim_value": (1, "int", False), "dim_param": (2, "text", False)},
}
_SCHEMA = Schema(MESSAGES)
encode, decode = _SCHEMA.encode, _SCHEMA.decode
