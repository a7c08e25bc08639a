"""The bytes of messages: as Protocol Buffers has them, there and back."""

import struct

import numpy as np
import pytest

from cycnn.onnx import tensors, wire


def bytes_of(kind, message):
    return b"".join(wire.encode(kind, message))


def test_known_bytes():
    """Those of the specification: 150 as a varint, text with its length, a message within a message."""
    assert bytes_of("OperatorSet", {"version": 150}) == b"\x10\x96\x01"
    assert bytes_of("OperatorSet", {"domain": "testing"}) == b"\x0a\x07testing"
    assert bytes_of("Model", {"opset_import": [{"version": 150}]}) == b"\x42\x03\x10\x96\x01"
    assert bytes_of("Attribute", {"f": 1.5, "i": -1}) == b"\x15\x00\x00\xc0\x3f\x18" + b"\xff" * 9 + b"\x01"


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**31, 2**62, 2**63 - 1, -1, -2, -(2**63)])
def test_integers(number):
    found = wire.decode("Attribute", bytes_of("Attribute", {"i": number, "ints": [number, 7]}))
    assert (found.i, found.ints) == (number, [number, 7])


def test_packed_numbers():
    packed = b"\x42\x03\x96\x01\x05" + b"\x3a\x08" + struct.pack("<2f", 0.5, -2.0)
    found = wire.decode("Attribute", packed)
    assert (found.ints, found.floats) == ([150, 5], [0.5, -2.0])


def test_what_is_not_known_is_skipped():
    unknown = b"\xf8\x3f\x05" + b"\xfd\x3f1234" + b"\xf9\x3f12345678" + b"\xfa\x3f\x02ab"
    found = wire.decode("OperatorSet", unknown + b"\x10\x07")
    assert (found.version, found.domain) == (7, "")


def test_missing_fields_are_empty():
    found = wire.decode("Node", b"")
    assert (found.input, found.name, found.attribute) == ([], "", [])
    assert wire.decode("Model", b"").graph is None


def test_against_onnx():
    """ONNX's own reader finds what was written, ours what its writer wrote."""
    onnx = pytest.importorskip("onnx", reason="judges the bytes")
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = onnx.TensorProto.FromString(bytes_of("Tensor", tensors.write("w", array)))
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(tensor), array)
    node = onnx.helper.make_node(
        "Conv", ["x", "w"], ["y"], name="über", pads=[1, -2], alpha=0.5, mode="same", axes=[1.5, 2.0]
    )
    found = wire.decode("Node", node.SerializeToString())
    assert (found.input, found.output, found.name, found.op_type) == (["x", "w"], ["y"], "über", "Conv")
    values = {each.name: each for each in found.attribute}
    assert values["pads"].ints == [1, -2]
    assert values["alpha"].f == 0.5
    assert bytes(values["mode"].s) == b"same"
    assert values["axes"].floats == [1.5, 2.0]


DTYPES = [
    "float32",
    "float64",
    "float16",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "bool",
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3)])
def test_arrays(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    found = tensors.read(wire.decode("Tensor", bytes_of("Tensor", tensors.write("w", array))))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    "fields",
    [
        {"dims": [2], "data_type": 1, "float_data": [0.5, -1.0]},
        {"dims": [2], "data_type": 7, "int64_data": [0, -1]},
        {"dims": [2], "data_type": 11, "double_data": [0.5, -1.0]},
        {"dims": [2], "data_type": 3, "int32_data": [0, -1]},
    ],
)
def test_arrays_in_fields_of_their_type(fields):
    found = tensors.read(wire.decode("Tensor", bytes_of("Tensor", fields)))
    assert found.tolist() == next(value for name, value in fields.items() if name.endswith("_data"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dims": [3], "data_type": 1, "raw_data": b"1234"}, "has 1 numbers"),
        ({"dims": [1], "data_type": 1, "raw_data": b"12345"}, "has 5 bytes of float32"),
        ({"dims": [-1], "data_type": 1, "raw_data": b"1234"}, r"has the shape \[-1\]"),
        ({"dims": [1 << 62, 4], "data_type": 1, "raw_data": b"1234"}, "has 1 numbers"),
        ({"dims": [1], "data_type": 8}, "has the type 8"),
        ({"dims": [1], "data_type": 1, "data_location": 1}, "lies in another file"),
    ],
)
def test_damaged_arrays(fields, message):
    with pytest.raises(wire.Damaged, match=message):
        tensors.read(wire.decode("Tensor", bytes_of("Tensor", fields)))


@pytest.mark.parametrize(
    "content",
    [
        b"\x0a\x7f12",
        b"\x10",
        b"\x10" + b"\xff" * 11,
        b"\x0b",
        b"\x0a\x02\xff\xfe",
        b"\x08\x05",
        b"\x0a" + b"\xff" * 9 + b"\x01",
    ],
)
def test_damaged_bytes(content):
    with pytest.raises(wire.Damaged):
        wire.decode("OperatorSet", content)
