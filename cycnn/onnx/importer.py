"""An ONNX file as a graph of layers."""

import math
import os
from typing import NamedTuple

import numpy as np

from cycnn import layers
from cycnn.core import checks
from cycnn.engine.graph import SymbolicTensor
from cycnn.onnx import operators, tensors, wire
from cycnn.onnx.builder import channels_second
from cycnn.saving import paths

OLDEST = 13  # opset: before, axes were attributes


class Value(NamedTuple):
    """A tensor of the file: ours, and where it has each axis of the file's."""

    tensor: SymbolicTensor
    axes: tuple

    @property
    def shape(self):
        """In the file; the first length, of the batch, is None."""
        return tuple(self.tensor.shape[axis] for axis in self.axes)

    @property
    def ndim(self):
        return len(self.axes)

    @property
    def is_line(self):
        """Whether a sample has one axis that is longer than 1, so that its elements have one order."""
        return sum(length != 1 for length in self.shape[1:]) <= 1


def read_model(source, channels_last=False, input_shape=None):
    """The layers of an ONNX file.

    Args:
        source: path of a file, or its bytes.
        channels_last: whether inputs and outputs that are maps (n, c, ...) in the file are (n, ..., c) here.
        input_shape: shape of a sample of the only input, as in the file; None: as the file says.

    Returns:
        `(inputs, outputs)`: lists of symbolic tensors.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged or of an older kind, or has an operator that is not supported; the message names the
            operator and its node.
    """
    content, what = _content(source)
    try:
        model = wire.decode("Model", content)
        if model.graph is None or not model.graph.node:
            raise wire.Damaged("it holds no graph")
        versions = {entry.domain: entry.version for entry in model.opset_import}
        if versions.get("", versions.get("ai.onnx", 0)) < OLDEST:
            raise ValueError(
                f"An ONNX file must have opset {OLDEST} or later; `onnx.version_converter` converts older ones. "
                f"Received: {what} with opset {versions.get('', 0)}."
            )
        return Importer(model.graph, what).read(channels_last, input_shape)
    except (wire.Damaged, RecursionError) as error:
        raise paths.damaged(what, str(error)) from None


def _content(source):
    """`(bytes, name for errors)`."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return source, "bytes"
    path = paths.text(source)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There must be a file to load. Received: {path!r}, where there is none.")
    with open(path, "rb") as file:
        return file.read(), path


class Importer:
    """Values by name, while the nodes of a graph are read.

    Attributes:
        values: name -> `Value`, or array of a constant. A constant that is a shape has -1 for the batch.
        batch: its length, where the file has a fixed one.
        makers, consumers: name -> the node that computes it, the nodes that read it.
    """

    def __init__(self, graph, what):
        self.graph, self.what = graph, what
        self.values = {"": None}
        self.batch = None
        self.makers = {name: node for node in graph.node for name in node.output}
        self.consumers = {}
        self._moved = {}  # (id of a tensor, axes) -> tensor
        self._names = set()
        for node in graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self._outputs = {output.name for output in graph.output}

    # ------------------------------------------------------------------------------------------------------- reading

    def read(self, channels_last, input_shape):
        """`(inputs, outputs)`."""
        for tensor in self.graph.initializer:
            self.values[tensor.name] = tensors.read(tensor)
        entries = [entry for entry in self.graph.input if entry.name not in self.values]
        if input_shape is not None and len(entries) != 1:
            raise ValueError(f"`input_shape` goes with one input. Received: a file with {len(entries)}.")
        inputs = [self._input(entry, channels_last, input_shape) for entry in entries]
        for node in self.graph.node:
            if node.op_type == "Constant":
                self._run(node)
        for node in self.graph.node:
            if node.output[0] not in self.values:
                self._run(node)
        outputs = []
        for output in self.graph.output:
            value = self.values.get(output.name)
            if not isinstance(value, Value):
                raise wire.Damaged(f"its output {output.name!r} is not computed from its inputs")
            outputs.append(self.last(value) if channels_last and value.ndim > 2 else self.plain(value))
        return inputs, outputs

    def _input(self, entry, channels_last, input_shape):
        kind = entry.type and entry.type.tensor_type
        if not kind or kind.shape is None or not kind.shape.dim:
            raise wire.Damaged(f"the shape of the input {entry.name!r} is not in it")
        self.batch, *sample = (dim.dim_value or None for dim in kind.shape.dim)
        sample = sample if input_shape is None else list(checks.shape("input_shape", input_shape))
        if None in sample:
            raise ValueError(
                "The lengths of a sample must be known: give `input_shape`. "
                f"Received: {self.what}, whose input {entry.name!r} has samples of shape {tuple(sample)}."
            )
        axes = channels_second(len(sample) + 1)
        moved = channels_last and len(sample) > 1
        dtype, _ = tensors.DTYPES.get(kind.elem_type, ("float32", None))
        dtype = "float32" if np.dtype(dtype).kind == "f" else dtype
        shape = (*sample[1:], sample[0]) if moved else sample
        tensor = layers.Input(tuple(shape), dtype=dtype, name=self.name(entry.name))
        back = (0, len(axes) - 1, *range(1, len(axes) - 1))
        self.values[entry.name] = Value(tensor, back if moved else tuple(range(len(axes))))
        return tensor

    def _run(self, node):
        what = f"Operator {node.op_type!r} (node {node.name or node.output[0]!r})"
        function = operators.TABLE.get(node.op_type) if node.domain in ("", "ai.onnx") else None
        if function is None:
            domain = f" of the domain {node.domain!r}" if node.domain else ""
            raise ValueError(f"{what}{domain} is not supported. Received: {self.what}.")
        missing = [name for name in node.input if name not in self.values]
        if missing:
            raise wire.Damaged(f"the input {missing[0]!r} of the node {node.name!r} is not computed before it")
        attributes = {each.name: _value_of(each) for each in node.attribute}
        try:
            found = function(self, node, attributes, *(self.values[name] for name in node.input))
        except operators.Unsupported as reason:
            raise ValueError(f"{what} is not supported with {reason}. Received: {self.what}.") from None
        except (TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
            raise wire.Damaged(
                f"the node {node.name!r} ({node.op_type}) has not the inputs of its kind ({error})"
            ) from error
        several = isinstance(found, tuple) and not isinstance(found, Value)
        for name, value in zip(node.output, found if several else [found]):
            self.values[name] = np.asarray(value) if isinstance(value, np.generic) else value

    def name(self, wanted):
        """A layer's name like a name of the file that nobody has yet."""
        name = (wanted or "node").strip("/").replace("/", "_")
        found, number = name, 0
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    def follower(self, node, kind):
        """The node of this kind that alone reads a node's only result, or None."""
        readers = self.consumers.get(node.output[0], [])
        alone = len(readers) == 1 and node.output[0] not in self._outputs
        return readers[0] if alone and readers[0].op_type == kind else None

    # -------------------------------------------------------------------------------------------------------- layout

    def stored(self, value, axes):
        """Our tensor of a value with the file's axes in these places."""
        if value.axes == tuple(axes):
            return value.tensor
        key = (id(value.tensor), value.axes, tuple(axes))
        if key not in self._moved:
            order = [0] * value.ndim
            for axis, place in enumerate(axes):
                order[place] = value.axes[axis]
            if value.is_line:
                moved = layers.Reshape([value.tensor.shape[axis] for axis in order[1:]])
            else:
                moved = layers.Permute(order[1:])
            self._moved[key] = value.tensor, moved(value.tensor)  # the first stays, and its id with it
        return self._moved[key][1]

    def plain(self, value):
        """Our tensor in the file's order."""
        return self.stored(value, range(value.ndim))

    def last(self, value):
        """Our tensor of (n, c, ...) with its channels last."""
        return self.stored(value, self.last_axes(value.ndim))

    @staticmethod
    def last_axes(ndim):
        """Where (n, ..., c) has the axes of (n, c, ...)."""
        return (0, ndim - 1, *range(1, ndim - 1)) if ndim > 1 else (0,)

    def elements(self, value):
        """Our tensor of a value, in whatever order suits those who need the number of its elements alone."""
        return value.tensor if value.is_line else self.plain(value)

    def spread(self, array, axes):
        """A constant that broadcasts to the file's axes, as it broadcasts to ours; a number, where it is one."""
        if array.size == 1:
            return array.reshape(()).item()
        if array.ndim > len(axes) or (array.ndim == len(axes) and array.shape[0] != 1):
            raise operators.Unsupported(f"a constant of shape {array.shape} beside a tensor with {len(axes)} axes")
        array = array.reshape((1,) * (len(axes) - array.ndim) + array.shape)
        return np.ascontiguousarray(np.transpose(array, np.argsort(axes)))

    def together(self, values):
        """Operands that broadcast, in one order; and that order."""
        ranks = [value.ndim for value in values if isinstance(value, Value)]
        rank = max(ranks)
        if min(ranks) < rank:
            raise operators.Unsupported(f"tensors of different ranks, {ranks}")
        axes = next(
            (v.axes for v in values if isinstance(v, Value) and v.axes != tuple(range(rank))), tuple(range(rank))
        )
        return [self.stored(v, axes) if isinstance(v, Value) else self.spread(v, axes) for v in values], axes

    def length(self, value):
        """How many elements a sample has."""
        return math.prod(value.shape[1:])


def _value_of(attribute):
    """The value of an attribute, as its type says."""
    kinds = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
    if attribute.type not in kinds:
        raise wire.Damaged(f"the attribute {attribute.name!r} has the type {attribute.type}, a graph or none")
    value = getattr(attribute, kinds[attribute.type])
    if attribute.type == 3:
        return bytes(value).decode()
    return tensors.read(value) if attribute.type == 4 else value
