"""Event files, which TensorBoard draws: scalars, histograms, images, graphs, configurations of models.

A file is a row of records (`framed`), each an `Event` with one summary: a tag, a tensor, and the name of the plugin that
draws it. Tensors are in the form of TensorFlow 2: a scalar has no axis, a histogram (30, 3) edges and counts, images are
texts: width, height, then a PNG each.

References:
    tensorflow/core/lib/io/record_writer.h (records), tensorflow/core/util/event.proto,
    tensorflow/core/framework/{summary,tensor,graph,node_def,attr_value}.proto (the numbers in `MESSAGES`),
    tensorboard/plugins/{scalar,histogram,image}/metadata.py;
    RFC 3720, appendix B.4 (CRC-32C).
"""

import itertools
import os
import socket
import struct
import time
import zlib

import numpy as np

from cycnn.core.protobuf import Schema

MESSAGES = Schema({
    "Event": {
        "wall_time": (1, "double", False),
        "step": (2, "int", False),
        "file_version": (3, "text", False),
        "graph_def": (4, "Graph", False),
        "summary": (5, "Summary", False),
    },
    "Summary": {"value": (1, "Value", True)},
    "Value": {"tag": (1, "text", False), "tensor": (8, "Tensor", False), "metadata": (9, "Metadata", False)},
    "Metadata": {"plugin_data": (1, "PluginData", False)},
    "PluginData": {"plugin_name": (1, "text", False), "content": (2, "bytes", False)},
    "Tensor": {
        "dtype": (1, "int", False),
        "tensor_shape": (2, "Shape", False),
        "tensor_content": (4, "bytes", False),
        "string_val": (8, "bytes", True),
    },
    "Shape": {"dim": (2, "Dimension", True)},
    "Dimension": {"size": (1, "int", False)},
    "Graph": {"node": (1, "Node", True)},
    "Node": {
        "name": (1, "text", False),
        "op": (2, "text", False),
        "input": (3, "text", True),
        "attr": (5, "Attribute", True),
    },
    "Attribute": {"key": (1, "text", False), "value": (2, "AttributeValue", False)},
    "AttributeValue": {"list": (1, "Shapes", False)},
    "Shapes": {"shape": (7, "Shape", True)},
})  # fmt: skip
NUMBERS = {"float32": 1, "float64": 2}  # of TensorFlow's types
TEXT = 7
BUCKETS = 30  # of a histogram, as TensorFlow's
PATIENCE = 1.0  # seconds that an event may wait until it is written

_numbers = itertools.count()


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def masked_crc(data):
    """The CRC-32C of some bytes, rotated and shifted so that records may hold records."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def framed(data):
    """A record: its length in bytes (8), the checksum of the length (4), the bytes, their checksum (4)."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, struct.pack("<I", masked_crc(length)), data, struct.pack("<I", masked_crc(data))))


class EventFile:
    """A file of events in a folder. It appears with the first event, and is open only while something is written.

    Args:
        folder: path; made where it is missing.
    """

    def __init__(self, folder):
        now = time.time()
        self.path = os.path.join(
            folder, f"events.out.tfevents.{int(now)}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.v2"
        )
        self._waiting, self._written = [], time.monotonic()
        self._event(wall_time=now, file_version="brain.Event:2")

    def scalar(self, tag, value, step):
        """A number, kept as float32."""
        self._array(tag, np.float32(value), step, "scalars")

    def histogram(self, tag, values, step):
        """How many of some numbers lie in each of 30 intervals of one width, (30, 3): left edge, right edge, count."""
        values = np.asarray(values, np.float64)
        values = values[np.isfinite(values)]
        if not values.size:
            edges, counts = np.zeros(BUCKETS + 1), np.zeros(BUCKETS)
        elif values.min() == values.max():
            edges, counts = np.full(BUCKETS + 1, values[0]), np.eye(BUCKETS)[-1] * values.size
        else:
            counts, edges = np.histogram(values, BUCKETS)
        self._array(tag, np.stack([edges[:-1], edges[1:], counts], 1), step, "histograms")

    def images(self, tag, images, step):
        """Pictures of one size: uint8 (n, height, width, 1, 3 or 4)."""
        _, height, width, _ = images.shape
        self._texts(tag, [b"%d" % width, b"%d" % height, *map(png, images)], (len(images) + 2,), step, "images")

    def model(self, text, step=0):
        """The configuration of a Sequential or functional model as JSON: TensorBoard's conceptual graph."""
        self._texts("keras", [text.encode()], (), step, "graph_keras_model", b"1")

    def graph(self, nodes):
        """A graph.

        Args:
            nodes: list of (name, operation, names of the inputs, shape with None for unknown axes).
        """
        written = []
        for name, operation, inputs, shape in nodes:
            shapes = {"list": {"shape": [_shape(shape)]}}
            attributes = [{"key": "_output_shapes", "value": shapes}]
            written.append({"name": name, "op": operation, "input": inputs, "attr": attributes})
        self._event(wall_time=time.time(), graph_def={"node": written})

    def flush(self):
        """Write what waits."""
        if self._waiting:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path, "ab") as file:
                file.writelines(self._waiting)
        self._waiting, self._written = [], time.monotonic()

    def _array(self, tag, array, step, plugin):
        data = array.astype(array.dtype.newbyteorder("<")).tobytes()
        tensor = {"dtype": NUMBERS[array.dtype.name], "tensor_shape": _shape(array.shape), "tensor_content": data}
        self._summary(tag, tensor, step, plugin)

    def _texts(self, tag, texts, shape, step, plugin, content=b""):
        tensor = {"dtype": TEXT, "tensor_shape": _shape(shape), "string_val": texts}
        self._summary(tag, tensor, step, plugin, content)

    def _summary(self, tag, tensor, step, plugin, content=b""):
        metadata = {"plugin_data": {"plugin_name": plugin, "content": content}}
        value = {"tag": tag, "tensor": tensor, "metadata": metadata}
        self._event(wall_time=time.time(), step=step, summary={"value": [value]})

    def _event(self, **fields):
        self._waiting.append(framed(b"".join(MESSAGES.encode("Event", fields))))
        if time.monotonic() - self._written > PATIENCE:
            self.flush()


def _shape(shape):
    return {"dim": [{"size": -1 if size is None else size} for size in shape]}


def png(image):
    """The PNG of a uint8 picture (height, width, 1, 3 or 4): grey, RGB or RGBA, rows unfiltered.

    Reference: "Portable Network Graphics", www.w3.org/TR/png.
    """
    height, width, channels = image.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">2I5B", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
