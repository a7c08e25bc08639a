"""A graph of ONNX nodes under construction.

A `Value` remembers in which order the axes of a tensor are stored, so that nothing is transposed before it must be: a
convolution wants its channels second, what is done to each element takes any order, and a `Transpose` of the model is
only another order. Where one must be made after all, it is made once: equal nodes are one node.

    Input (n, h, w, c) ─ Transpose ─ Conv ─ Relu ─ MaxPool ─ Conv ─ ... ─ GlobalAveragePool ─ Reshape (n, c) ─ Gemm
"""

from typing import NamedTuple

import numpy as np

from cycnn.onnx import tensors

CODES = {"float": 1, "int": 2, "text": 3, "floats": 6, "ints": 7}  # AttributeProto.AttributeType


class Value(NamedTuple):
    """A tensor of the graph.

    Attributes:
        name: of the tensor as it is stored.
        axes: where each axis of the model's tensor is stored.
        shape: of the model's tensor; the first length, of the batch, is None.
        dtype: NumPy's name of the type.
    """

    name: str
    axes: tuple
    shape: tuple
    dtype: str = "float32"

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def is_plain(self):
        """Whether the axes are stored in the model's order."""
        return self.axes == tuple(range(self.ndim))


def channels_second(ndim):
    """The axes of (n, ..., c) stored as (n, c, ...)."""
    return (0, *range(2, ndim), 1) if ndim > 1 else tuple(range(ndim))


class Builder:
    """Nodes, constants and names. Its methods add a node and return the name of its result, or a `Value`.

    Attributes:
        scope: what new nodes are named after: the layer that is being exported.
        nodes: the messages, in running order.
        borders: result of a Pad with zeros -> what it was made from, `{axis as stored: (before, after)}`.
    """

    def __init__(self, opset):
        self.opset, self.scope = opset, "model"
        self.nodes, self.borders = [], {}
        self._made = {}  # (kind, inputs, attributes) -> names of the outputs
        self._constants = {}  # name -> array
        self._known = {}  # contents of a constant, or variable and form -> name
        self._names = set()
        self._source = {}  # what a Reshape made -> what it was made from

    # ------------------------------------------------------------------------------------------------------- names

    def unique(self, name):
        """The name, or with a number where it is taken."""
        found, number = name, 0
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    # ------------------------------------------------------------------------------------------------------- nodes

    def node(self, kind, *inputs, outputs=1, **attributes):
        """A node, or the one that is there already for the same inputs and attributes.

        Args:
            kind: ONNX's operator.
            inputs: names of tensors, or arrays and numbers; "" for one that is left out.
            outputs: how many results.
            attributes: integers, floats, texts, or tuples of integers or of floats; None for those that are left out.

        Returns:
            The name of the result, or a tuple of them.
        """
        inputs = tuple(each if isinstance(each, str) else self.constant(each) for each in inputs)
        attributes = {name: value for name, value in attributes.items() if value is not None}
        key = (kind, inputs, outputs, tuple(sorted(attributes.items())))
        if key not in self._made:
            name = self.unique(f"{self.scope}/{kind}")
            names = (name, *(self.unique(f"{name}:{k}") for k in range(1, outputs)))
            self._made[key] = names
            self.nodes.append(
                {
                    "input": inputs,
                    "output": names,
                    "name": name,
                    "op_type": kind,
                    "attribute": [_attribute(*item) for item in attributes.items()],
                }
            )
        return self._made[key] if outputs > 1 else self._made[key][0]

    def constant(self, array, name=None):
        """The name of a constant tensor. Numbers become float32."""
        array = np.asarray(array, np.float32 if isinstance(array, float) else None)
        key = (array.dtype.name, array.shape, array.tobytes()) if array.nbytes <= 1 << 12 else None
        if key in self._known:
            return self._known[key]
        found = self.unique(name or f"{self.scope}/constant")
        self._constants[found] = array
        if key is not None:
            self._known[key] = found
        return found

    def integers(self, *numbers):
        """The name of a constant vector of whole numbers: axes, shapes."""
        return self.constant(np.array(numbers, np.int64))

    def weight(self, variable, form="", change=lambda array: array):
        """The name of a variable's values, changed in a way that `form` names."""
        key = (id(variable), form)
        if key not in self._known:
            found = self.unique(variable.path)
            self._constants[found] = np.ascontiguousarray(change(variable.value))
            self._known[key] = found
        return self._known[key]

    def finished(self, outputs):
        """`(nodes, constants)` that the named outputs depend on."""
        needed, nodes = set(outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node["output"]):
                needed.update(node["input"])
                nodes.append(node)
        return nodes[::-1], {name: array for name, array in self._constants.items() if name in needed}

    # ------------------------------------------------------------------------------------------------------ layout

    def stored(self, x, axes):
        """The name of a value's tensor with its axes stored like this."""
        if x.axes == tuple(axes):
            return x.name
        perm = [0] * x.ndim
        for axis in range(x.ndim):
            perm[axes[axis]] = x.axes[axis]
        return self.node("Transpose", x.name, perm=tuple(perm))

    def plain(self, x):
        """The name of a value's tensor in the model's order."""
        return self.stored(x, range(x.ndim))

    def elements(self, x):
        """The name of a value's tensor with its elements in the model's order, whatever the order of its axes is."""
        return x.name if sum(length != 1 for length in x.shape[1:]) <= 1 else self.plain(x)

    def reshape(self, name, lengths):
        """A tensor whose samples have other lengths."""
        name = self._source.get(name, name)
        found = self.node("Reshape", name, self.integers(-1, *lengths))
        self._source[found] = name
        return found

    def cast(self, x, dtype):
        """A value as another type."""
        if x.dtype == dtype:
            return x
        return x._replace(name=self.node("Cast", x.name, to=tensors.NUMBERS[dtype]), dtype=dtype)

    def together(self, values, shape, dtype=None):
        """Names of operands that broadcast to a shape as NumPy does, all stored in one order; and that order.

        Args:
            values: `Value`s, arrays and numbers.
            shape: of the result.
            dtype: their type; None: as they are.
        """
        rank = len(shape)
        full = [v for v in values if isinstance(v, Value) and v.ndim == rank]
        lower = any(isinstance(v, Value) and v.ndim < rank for v in values)
        axes = next((v.axes for v in full if not v.is_plain and not lower), tuple(range(rank)))
        names = []
        for value in values:
            if isinstance(value, Value):
                value = value if dtype is None else self.cast(value, dtype)
                names.append(self.stored(value, axes) if value.ndim == rank else self.plain(value))
            else:
                names.append(self.constant(self.spread(np.asarray(value, dtype), axes)))
        return names, axes

    @staticmethod
    def spread(array, axes):
        """An array that broadcasts to the model's axes, as it broadcasts to them stored like this."""
        if array.ndim == 0 or tuple(axes) == tuple(range(len(axes))):
            return array
        array = array.reshape((1,) * (len(axes) - array.ndim) + array.shape)
        return np.ascontiguousarray(np.transpose(array, np.argsort(axes)))


class Unmapped(Exception):
    """What has no counterpart in ONNX; the exporter says where it is."""


def _attribute(name, value):
    """The message of an attribute."""
    if isinstance(value, str):
        return {"name": name, "s": value.encode(), "type": CODES["text"]}
    if isinstance(value, tuple):
        kind = "floats" if any(isinstance(each, float) for each in value) else "ints"
        return {"name": name, kind: value, "type": CODES[kind]}
    kind = "float" if isinstance(value, float) else "int"
    return {"name": name, kind[0]: value, "type": CODES[kind]}
